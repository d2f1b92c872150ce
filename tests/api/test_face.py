"""`import quantsig as qs`: its names, the README's lines, and the same files as the verbs."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import quantsig as qs
from quantsig.cli.app import main
from quantsig.data.demo.planted import planted_bars
from quantsig.data.errors import CheckFailed, ConfigError, UsageError
from quantsig.data.storage.checksums import sha256_of
from quantsig.signals.layout import PREDICTIONS, SIGNALS, THRESHOLDS
from quantsig.signals.training.tracking.trackers import TRACKERS
from tests.signals.training.tracking.trackers.test_trackers import KeptTracker

pytestmark = pytest.mark.xdist_group("face")

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
(LINES,) = (
    block
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    if "import quantsig as qs" in block
)
PUBLIC = {
    "BacktestResult",
    "Classifier",
    "ForwardResult",
    "SweepResult",
    "WalkResult",
    "build_samples",
    "choose_threshold",
    "judge_scores",
    "open_run",
    "open_samples",
    "read_bars",
    "read_news",
    "recalibrate",
    "run_backtest",
    "run_forward",
    "run_sweep",
    "run_walk",
    "threshold_table",
    "train",
    "write_report",
    "Workers",
    "ensemble",
    "write_signals",
}
CHART = {"samples.height": 16, "samples.width": 32, "samples.timeframes": [1, 2]}
SETTINGS = """
[bars]
source = "bars.csv"
bar_label = "close"
[samples]
preset = "small"
stride_bars = 5
height = 16
width = 32
timeframes = [1, 2]
[train]
model = "logistic"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Planted bars as a CSV file."""
    folder = tmp_path_factory.mktemp("face")
    planted_bars(900, seed=1).bars.drop("adjustment").write_csv(folder / "bars.csv")
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> dict[str, Any]:
    """The names that the README's lines leave behind."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(compile(LINES, "README.md", "exec"), names)
    return names


def test_the_names_are_pinned() -> None:
    """What is public is public on purpose, completes, and is there."""
    assert set(qs.__all__) == set(qs.HOMES) == set(dir(qs)) == PUBLIC
    assert all(callable(getattr(qs, name)) for name in PUBLIC)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = qs.nothing


def test_an_import_loads_nothing() -> None:
    """No library but Python's own, and no room."""
    code = "import sys; old = set(sys.modules); import quantsig; print(*set(sys.modules) - old)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    own = [name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names]
    assert own == ["quantsig"]


def test_ten_lines_from_bars_to_report(done: dict[str, Any], folder: Path) -> None:
    """The README's block runs as it stands there."""
    assert len([line for line in LINES.splitlines() if line.startswith(("bars", "samples"))]) == 2
    assert done["page"] == Path("runs/first/report.html")
    assert (folder / done["page"]).stat().st_size > 1e6
    assert done["result"].trades.height == done["result"].figures["trades"] > 0
    assert {"split", "signal", "probability"} <= set(done["signals"].columns)


def test_vectorbt_has_the_same_account(done: dict[str, Any], folder: Path) -> None:
    """Its value at each close is the equity of the backtest, its trades are ours."""
    result = done["result"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        book, equity, trades = result.vectorbt(), result.equity, result.trades
    value = book.value()
    at = {time.value // 1000: row for row, time in enumerate(value.index)}
    rows = [at[moment] for moment in equity["timestamp"].dt.epoch("us")]
    np.testing.assert_allclose(value.to_numpy()[rows], equity["equity"].to_numpy(), atol=1e-9)
    assert len(book.trades.records) == trades.height
    np.testing.assert_allclose(
        np.sort(book.trades.records["pnl"]), np.sort(trades["profit"].to_numpy()), atol=1e-12
    )


def test_a_figure_has_colours(done: dict[str, Any], folder: Path) -> None:
    """Outside the page there is no style sheet that names could be looked up in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        plain = done["result"].figure("backtest").to_json()
        named = done["result"].report().section("backtest").figures[0].drawing.to_json()
        html = done["result"]._repr_html_()
    assert "var(--" in named
    assert "var(--" not in plain
    assert "#0072b2" in plain
    assert "<table>" in html
    assert "trades, return" in repr(done["result"])


def test_a_run_goes_on_into_the_future(done: dict[str, Any], folder: Path) -> None:
    """The newest bar is decided on, in a journal beside the run, with a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = qs.run_forward(done["run"], done["bars"], fee_bps=5)
        assert result.decisions.height == 1
        assert result.call.terms.execution["fee_bps"] == 5
        assert result.page.is_file()
        again = qs.run_forward(done["run"], done["bars"], fee_bps=5)
        assert (again.decisions.height, again.signals.height) == (0, 0)


def test_the_same_call_again_makes_nothing_again(done: dict[str, Any], folder: Path) -> None:
    """A cell of a notebook may be run twice; what would be other is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        files = [file for file in Path("runs/first").rglob("*") if file.is_file()]
        before = {file: file.stat().st_mtime_ns for file in files}
        run = qs.train(done["samples"], "runs/first", model="logistic")
        result = qs.run_backtest(run, fee_bps=1)
        assert {file: file.stat().st_mtime_ns for file in before} == before
        assert result.figures == done["result"].figures
        with pytest.raises(UsageError):
            qs.train(done["samples"], "runs/first", model="majority")
        with pytest.raises(UsageError):
            qs.run_backtest(run, fee_bps=9)


def test_the_verbs_write_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same settings from the command line and from Python: the same trial, the same bytes."""
    frame = planted_bars(400, seed=1).bars.drop("adjustment")
    made = {}
    for way in ("verbs", "python"):
        (tmp_path / way).mkdir()
        monkeypatch.chdir(tmp_path / way)
        frame.write_csv("bars.csv")
        if way == "python":
            bars = qs.read_bars("bars.csv", bar_label="close")
            samples = qs.build_samples(
                bars, "samples", preset="small", stride_bars=5, settings=CHART
            )
            run = qs.train(samples, "runs/one", model="logistic")
            qs.threshold_table(run)
            qs.choose_threshold(run, threshold=0.4)
            qs.write_signals(run)
        else:
            Path("quantsig.toml").write_text(SETTINGS)
            for words in ("samples build", "train --out runs/one", "thresholds runs/one"):
                monkeypatch.setattr(sys, "argv", ["quantsig", *words.split()])
                assert main() == 0
            words = "signals runs/one --threshold 0.4"
            monkeypatch.setattr(sys, "argv", ["quantsig", *words.split()])
            assert main() == 0
        run = qs.open_run("runs/one")
        files = (PREDICTIONS, THRESHOLDS, SIGNALS)
        made[way] = (run.record.trial_id, *(sha256_of(run.path / name) for name in files))
    assert made["python"] == made["verbs"]


def test_scores_of_any_model_are_judged_from_a_frame(
    done: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    """A run's own scores, handed over as a frame: the same figures from calibration to profit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run, bars = done["run"], done["bars"]
        known = run.samples().index["sample_id", "symbol", "decision_time"]
        scores = (
            run.predictions()
            .join(known, on="sample_id")
            .select("symbol", "score", "split", decision_time="decision_time")
        )
        judged = qs.judge_scores(scores, bars, tmp_path / "judged", kind="score", label="rise")
        qs.choose_threshold(judged, threshold=done["choice"].threshold)
        qs.write_signals(judged)
        own, theirs = done["result"].figures, qs.run_backtest(judged, fee_bps=1).figures
    for name in ("trades", "total_return", "sharpe", "win_rate"):
        assert theirs[name] == pytest.approx(own[name], rel=1e-12)


def test_frames_of_any_library_are_bars() -> None:
    """The same bars from a frame of polars, pandas and arrow."""
    frame = planted_bars(60, seed=1).bars.drop("adjustment")
    read = [
        qs.read_bars(given, bar_label="close").bars
        for given in (frame, frame.to_pandas(), frame.to_arrow())
    ]
    assert read[0].height == frame.height
    assert all(other.equals(read[0]) for other in read)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda run: qs.train(run, "x", settings={"train.modle": 1}), ConfigError, "train.model"),
        (lambda run: qs.train(run, "x", epochs=-1), ConfigError, "train.epochs"),
        (lambda _: qs.read_bars(pl.DataFrame(), zone="UTC"), ConfigError, "bars.zone"),
        (lambda run: qs.choose_threshold(run, recall=0.5, top_k=3), UsageError, "different rules"),
        (lambda run: qs.choose_threshold(run, confidence=0.9), UsageError, "`precision`"),
        (lambda run: qs.choose_threshold(run, precision=0.999999), CheckFailed, "precision"),
    ],
)
def test_what_makes_no_sense_is_told_in_three_lines(
    call: Any, error: type[Exception], said: str, done: dict[str, Any], folder: Path
) -> None:
    """As the verbs tell it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with pytest.raises(error) as caught:
            call(done["run"])
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


def test_trackers_follow_a_training_and_its_report(
    done: dict[str, Any], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epochs and best figures of the training, then the figures and the page of the backtest."""
    kept = KeptTracker()
    monkeypatch.setitem(TRACKERS, "tensorboard", lambda run, config: kept)
    monkeypatch.chdir(folder)
    run = qs.train(
        done["samples"],
        tmp_path / "runs/followed",
        model="logistic",
        baselines=False,
        settings={"train.track": ["tensorboard"]},
    )
    assert run.record.trial_id == done["run"].record.trial_id
    loss = run.metrics().filter(split="validation")["loss"][0]
    assert ("loss/validation", loss, 1) in kept.points
    page = qs.write_report(run)
    assert kept.told[0][0]["best.epoch"] == 1
    assert kept.told[1] == ({}, [page])
