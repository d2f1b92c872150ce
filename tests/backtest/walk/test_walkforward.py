"""A walk never sees ahead, is one strategy, goes on where it was cut short, and counts once."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.walk import walkforward
from quantsig.backtest.walk.plan import WalkSettings, plan_walk
from quantsig.data.errors import DataError, UsageError
from quantsig.data.folds import PARTS, WalkForward
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import cut_times
from quantsig.data.storage import atomic, checksums
from quantsig.signals.layout import SEAL
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import find_runs, unfinished_runs, unfinished_walks
from quantsig.signals.seal import SEALED
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training import folds as folds_module
from quantsig.signals.training.fit import fit_setup
from quantsig.signals.training.settings import TrainSettings
from tests.backtest.walked import PLAN, THREE, Walked, two_symbol_set, two_symbols, walk
from tests.planted import build

pytestmark = pytest.mark.xdist_group("walk")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """Two symbols with the planted pattern."""
    return two_symbol_set(tmp_path_factory.mktemp("set") / "samples")


@pytest.fixture(scope="module")
def walked(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """A walk in three folds."""
    return walk(samples, tmp_path_factory.mktemp("runs"))


@pytest.fixture
def runs(walked: Walked, tmp_path: Path) -> Path:
    """A folder of runs with the trained folds of that walk, as another walk left them."""
    other = tmp_path / "walk-other"
    shutil.copytree(walked.path / "folds", other / "folds")
    shutil.copy(walked.path / "walk.json", other)
    return tmp_path


def test_every_part_ends_before_the_next_begins(walked: Walked) -> None:
    """Brute force over rows: no label reaches into the part after it, to the test of its fold."""
    index = walked.samples.index
    for fold in walked.folds:
        parts = [index.filter(pl.col("sample_id").is_in(fold.ids[name])) for name in PARTS]
        for before, after in pairwise(parts):
            for ended in before["label_end"]:
                assert (ended < after["decision_time"]).all()


def test_tests_follow_each_other(walked: Walked) -> None:
    """Every row after the first half is tested once, and those of a fold before the next's."""
    tested = [fold.test for fold in walked.folds]
    rows = walked.frame("signals.parquet")
    assert rows["sample_id"].to_list() == np.concatenate(tested).tolist()
    assert rows["sample_id"].is_unique().all()
    assert rows["decision_time"].is_sorted()


def later_changed(bars: pl.DataFrame, moment: Any) -> pl.DataFrame:
    """Bars that double after a moment, mirrored, with other volumes."""
    late = pl.col("timestamp") > moment
    turned = {"open": "open", "close": "close", "high": "low", "low": "high"}
    return bars.with_columns(
        *(
            pl.when(late).then(1.0 / pl.col(other) * 3e4).otherwise(pl.col(name)).alias(name)
            for name, other in turned.items()
        ),
        volume=pl.when(late).then(pl.col("volume") * 7 + 1).otherwise("volume"),
    )


@pytest.mark.parametrize(("fold", "part", "share"), [(0, "test", 0.5), (2, "calibration", 1.0)])
def test_bars_after_a_moment_change_nothing_before_it(
    walked: Walked, tmp_path: Path, fold: int, part: str, share: float
) -> None:
    """Whatever the market does later: same folds, calibrators, thresholds, probabilities, trades.

    The moment lies in the middle of the first test, and at the last end of a label that the last
    fold's calibration rows have.
    """
    ids = walked.folds[fold].ids[part]
    row = walked.samples.index.row(int(ids[int(share * (len(ids) - 1))]), named=True)
    moment = row["decision_time"] if part == "test" else row["label_end"]
    other = walk(build(later_changed(two_symbols(), moment), tmp_path / "samples"), tmp_path)
    for mine, theirs in zip(walked.document["folds"], other.document["folds"], strict=True):
        assert mine["parts"] == theirs["parts"]
        if mine["parts"]["calibration"]["label_end"] <= moment.isoformat():
            assert mine["calibrator"] == theirs["calibrator"]
            assert mine["choice"] == theirs["choice"]
    known = pl.col("decision_time") <= moment
    said = ("sample_id", "score", "probability", "threshold", "signal")
    mine, theirs = (one.frame("signals.parquet").filter(known) for one in (walked, other))
    assert mine.select(said).equals(theirs.select(said))
    assert mine["signal"].any()
    ended = pl.col("exit_time") <= moment
    mine, theirs = (one.frame("trades.parquet").filter(ended) for one in (walked, other))
    assert mine.height > 5
    assert mine.drop("trade_id").equals(theirs.drop("trade_id"))
    assert not other.frame("equity.parquet").equals(walked.frame("equity.parquet"))


def test_the_equity_is_that_of_a_hand_stitched_backtest(walked: Walked) -> None:
    """Two accounts of half the money, all of it in every trade: a loop over bars of its own."""
    cost, horizon = 1e-4, 5  # fee and slippage a side
    rows = walked.frame("signals.parquet").filter("signal")
    end = walked.frame("signals.parquet")["label_end"].max()
    total, trades = 0.0, 0
    for symbol in ("A", "B"):
        bars = two_symbols().filter(pl.col("symbol") == symbol, pl.col("timestamp") <= end)
        place = {time: bar for bar, time in enumerate(bars["timestamp"])}
        account, free = 0.5, 0
        for time in rows.filter(pl.col("symbol") == symbol)["decision_time"]:
            entry = place[time] + 1
            if entry < free or entry >= bars.height:
                continue
            free = entry + horizon
            price = bars["open"][free] if free < bars.height else bars["close"][-1]
            paid = bars["open"][entry] * (1 + cost)
            account *= 1 + (price * (1 - cost) ** 2 - paid * (1 + cost)) / (paid * (1 + cost))
            trades += 1
        total += account
    equity = walked.frame("equity.parquet")["equity"]
    assert equity[-1] == pytest.approx(total, abs=1e-9)
    assert walked.document["figures"]["trades"] == trades > 50


def test_the_folds_returns_multiply_to_the_total(walked: Walked) -> None:
    """And their trades add up; a trade belongs to the fold that decided it."""
    tests = [fold["test"] for fold in walked.document["folds"]]
    figures = walked.document["figures"]
    assert np.prod([1 + test["return"] for test in tests]) == pytest.approx(
        1 + figures["total_return"], abs=1e-12
    )
    assert sum(test["trades"] for test in tests) == figures["trades"]
    earned = walked.frame("trades.parquet")["return"].sum()
    assert sum(test["trades"] * test["expectancy"] for test in tests) == pytest.approx(earned)


def test_the_folds_figures_are_those_of_their_rows(walked: Walked) -> None:
    """Precision and base rate counted by hand."""
    rows = walked.frame("signals.parquet").filter(pl.col("fold") == 1)
    given = rows.filter("signal")
    test = walked.document["folds"][1]["test"]
    assert test["base_rate"] == (rows["label"] == 1).mean()
    assert test["precision"] == (given["label"] == 1).mean()
    assert test["signals"] == given.height


def test_the_locked_test_split_stays_locked(walked: Walked) -> None:
    """No label of any row reaches it, and the ledger knows of no opening."""
    cut = cut_times(walked.samples.index, SplitSpec())[-1]
    assert (walked.frame("signals.parquet")["label_end"] < cut).all()
    assert walked.frame("equity.parquet")["timestamp"].max() < cut  # type: ignore[operator]
    assert walked.document["test_split"] == "locked"
    assert [line["event"] for line in read_ledger(walked.path.parent)] == ["walk"]


def test_an_opened_test_split_is_walked_through_and_written_down(
    samples: SampleSet, tmp_path: Path
) -> None:
    """Once, however often the walk is repeated."""
    settings = WalkSettings(folding=WalkForward(folds=1), open_test=True)
    for _ in range(2):
        done = walk(samples, tmp_path, settings, plan=_model("majority"), force=True)
    last = samples.index.drop_nulls("label")["decision_time"].max()
    assert done.frame("signals.parquet")["decision_time"].max() == last
    lines = [line["event"] for line in read_ledger(tmp_path)]
    assert lines == ["opening", "walk", SEALED]


def test_the_ledger_has_one_line_with_the_sharpe_per_session(walked: Walked) -> None:
    """Times the root of the sessions a year it is the yearly one."""
    (line,) = read_ledger(walked.path.parent)
    figures = walked.document["figures"]
    yearly = line["sharpe"] * figures["periods_per_year"] ** 0.5
    assert yearly == pytest.approx(figures["sharpe"], rel=1e-12)
    assert line["trial_id"] == walked.document["trial_id"]
    assert line["trades"] == figures["trades"]


def test_a_fold_without_a_safe_threshold_does_not_trade(samples: SampleSet, runs: Path) -> None:
    """A precision of 99 % cannot be promised on so few rows; it is counted and said."""
    told: list[str] = []
    settings = WalkSettings(folding=THREE, rule=AskedRule(name="precision", value=0.99))
    done = walk(samples, runs, settings, tell=told.append)
    assert done.document["figures"]["folds_without_threshold"] == 3
    assert done.document["figures"]["trades"] == 0
    assert "no threshold is safe" in done.document["folds"][0]["choice"]["reason"]
    assert [text for text in told if text.startswith("fold 2 does not trade: no threshold")]
    assert (done.frame("equity.parquet")["equity"] == 1.0).all()


def test_another_rule_trains_nothing_again(
    samples: SampleSet, runs: Path, walked: Walked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trained folds of a walk beside it are taken over; a number is what it is."""
    monkeypatch.setattr(folds_module, "fit_setup", None)
    rule = AskedRule(name="number", value=0.5)
    done = walk(samples, runs, WalkSettings(folding=THREE, rule=rule))
    assert [fold["choice"]["threshold"] for fold in done.document["folds"]] == [0.5] * 3
    said = ("sample_id", "score", "probability")
    assert (
        done.frame("signals.parquet")
        .select(said)
        .equals(walked.frame("signals.parquet").select(said))
    )
    assert done.document["trial_id"] != walked.document["trial_id"]


def test_a_damaged_fold_is_not_taken_over(
    samples: SampleSet, runs: Path, walked: Walked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two whole ones are; the third is trained again, to the same numbers.

    A walk beside it whose record is damaged is left alone.
    """
    atomic.write_text(runs / "walk-torn" / "walk.json", "{")
    atomic.write_bytes(runs / "walk-other" / "folds" / "01" / "predictions.parquet", b"?")
    trained = counted(monkeypatch)
    done = walk(samples, runs)
    assert len(trained) == 1
    assert (
        done.frame("signals.parquet")
        .drop("run_id")
        .equals(walked.frame("signals.parquet").drop("run_id"))
    )


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A list that grows with every training."""
    trained: list[Any] = []

    def fit(*args: Any) -> Any:
        trained.append(args)
        return fit_setup(*args)

    monkeypatch.setattr(folds_module, "fit_setup", fit)
    return trained


def contents(walked: Path) -> dict[str, bytes]:
    """Every file of a walk, its record without the times."""
    found = {
        str(path.relative_to(walked)): path.read_bytes()
        for path in sorted(walked.rglob("*"))
        if path.is_file() and path.name != SEAL  # which names a line with its time
    }
    record = json.loads(found["walk.json"])
    for name in ("created", "command"):
        del record[name]
    return found | {"walk.json": json.dumps(record).encode()}


@pytest.mark.parametrize("place", ["fit_setup", "choose_in_fold", "trade_stitched", "seal_folder"])
def test_what_was_cut_short_goes_on(
    samples: SampleSet,
    walked: Walked,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """At each step the second call is cut; what comes of the same walk again is the same bytes."""
    if place == "fit_setup":
        shutil.rmtree(runs / "walk-other")
    module = folds_module if place == "fit_setup" else walkforward
    whole, calls = getattr(module, place), list[object]()

    def cut(*args: Any, **more: Any) -> Any:
        calls.append(args)
        if len(calls) == (2 if place in {"fit_setup", "choose_in_fold"} else 1):
            raise KeyboardInterrupt
        return whole(*args, **more)

    monkeypatch.setattr(module, place, cut)
    with pytest.raises(KeyboardInterrupt):
        walk(samples, runs)
    assert unfinished_walks(runs) == [runs / walked.path.name]
    assert unfinished_runs(runs) == {}
    done = walk(samples, runs)
    assert place != "fit_setup" or len(calls) == 4  # the first fold was kept
    assert contents(done.path) == contents(walked.path)
    assert [line["event"] for line in read_ledger(runs)] == ["walk"]


def test_a_killed_walk_goes_on(samples: SampleSet, walked: Walked, tmp_path: Path) -> None:
    """SIGKILL before the second fold is trained: the first is kept, the bytes are the same."""
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from quantsig.data.samples.store import open_samples\n"
        "from quantsig.signals.training import folds\n"
        "from tests.backtest.walked import walk\n"
        "fit, calls = folds.fit_setup, []\n"
        "def cut(*args):\n"
        "    calls.append(args)\n"
        "    if len(calls) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return fit(*args)\n"
        "folds.fit_setup = cut\n"
        "walk(open_samples(Path(sys.argv[1])), Path(sys.argv[2]))\n"
    )
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{root}"}
    words = [sys.executable, "-c", code, str(samples.path), str(tmp_path)]
    killed = subprocess.run(words, capture_output=True, check=False, env=environment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    (kept,) = tmp_path.glob(".walk-*.part/folds/00/fold.json")
    before = kept.stat().st_mtime_ns
    done = walk(samples, tmp_path)
    assert (done.path / "folds" / "00" / "fold.json").stat().st_mtime_ns == before
    assert contents(done.path) == contents(walked.path)


def test_a_finished_walk_is_not_replaced_without_force(
    samples: SampleSet, walked: Walked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With it every fold is trained again."""
    before = contents(walked.path)
    with pytest.raises(UsageError, match="exists already"):
        walk(samples, walked.path.parent)
    trained = counted(monkeypatch)
    walk(samples, walked.path.parent, force=True)
    assert len(trained) == 3
    assert contents(walked.path) == before


def test_a_walk_is_no_run(walked: Walked) -> None:
    """Neither it nor a fold of it is found among the runs."""
    found = find_runs(walked.path.parent)
    assert found.runs == []
    assert found.unreadable == []


def test_what_was_sealed_before_it_was_cut_short_says_the_same(
    samples: SampleSet, walked: Walked, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seal that is there already is no file of the walk; what is left in its place goes."""
    whole: Any = vars(walkforward)["seal_folder"]

    def cut(*args: Any) -> None:
        whole(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(walkforward, "seal_folder", cut)
    with pytest.raises(KeyboardInterrupt):
        walk(samples, runs)
    monkeypatch.undo()
    done = walk(samples, runs)
    assert done.document["files"] == walked.document["files"]
    (done.path / "key").write_text('{"work": "walk", "made_from": {}}')
    planned = plan_walk(samples, PLAN, SplitSpec(), WalkSettings(folding=THREE), device="cpu")
    made = walkforward.made_before(planned, done.path)
    assert made
    assert made[0].files == walked.document["files"]
    assert not (done.path / "key").exists()


def test_what_is_written_is_what_the_record_says(walked: Walked) -> None:
    """Strict JSON, and the SHA-256 of every file beside it."""
    text = (walked.path / "walk.json").read_text()
    record = json.loads(text, parse_constant=pytest.fail)
    assert set(record["files"]) == {
        "signals.parquet",
        "equity.parquet",
        "trades.parquet",
        "stats.json",
    }
    for name, recorded in record["files"].items():
        checksums.check_sha256(walked.path / name, recorded)
    for fold in record["folds"]:
        assert (walked.path / fold["path"] / "fold.json").is_file()


def test_costs_are_another_trial(samples: SampleSet, runs: Path, walked: Walked) -> None:
    """Ten times the fee earns less with the same probabilities."""
    dear = WalkSettings(folding=THREE, execution=Execution(fee_bps=10))
    done = walk(samples, runs, dear)
    assert done.document["trial_id"] != walked.document["trial_id"]
    assert done.document["figures"]["total_return"] < walked.document["figures"]["total_return"]


def _model(name: str) -> Any:
    return replace(PLAN, train=TrainSettings(model=name, seed=3))


def test_constant_scores_trade_nothing(samples: SampleSet, tmp_path: Path) -> None:
    """A model that says the same of every row gives no signal, whatever the base rate earns."""
    done = walk(samples, tmp_path, plan=_model("majority"))
    reasons = {fold["choice"]["reason"] for fold in done.document["folds"]}
    assert reasons == {"every calibration row has the same probability"}
    assert done.document["stats"]["missing"]["win_rate"] == "no trades"


def test_an_event_that_a_calibration_part_lacks_is_told_before_anything_is_trained(
    samples: SampleSet, walked: Walked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the fold and the part."""
    monkeypatch.setattr(folds_module, "fit_setup", None)
    dull = pl.col("sample_id").is_in(walked.folds[1].calibration.tolist())
    index = samples.index.with_columns(label=pl.when(dull).then(0.0).otherwise("label"))
    with pytest.raises(DataError, match=r"fold 2: the event happens in 0 of the \d+ calibration"):
        walk(replace(samples, index=index), tmp_path)


def test_samples_without_bars_or_times_are_refused(samples: SampleSet, tmp_path: Path) -> None:
    """Imported ones may lack either."""
    bare = replace(samples, manifest=replace(samples.manifest, has_bars=False))
    with pytest.raises(DataError, match="without bars"):
        walk(bare, tmp_path)
    unknown = pl.lit(None, pl.Datetime("us", "UTC"))
    for name in ("decision_time", "label_end"):
        index = samples.index.with_columns(unknown.alias(name))
        with pytest.raises(DataError, match=f"have no {name}"):
            walk(replace(samples, index=index), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_too_many_folds_are_refused(samples: SampleSet, tmp_path: Path) -> None:
    """Before anything is trained or written."""
    with pytest.raises(DataError, match="too few for 5001 stretches"):
        walk(samples, tmp_path, WalkSettings(folding=WalkForward(folds=5000)))
    with pytest.raises(DataError, match="fold 1 has no"):
        walk(samples, tmp_path, WalkSettings(folding=WalkForward(folds=2, first=0.005)))
    assert list(tmp_path.iterdir()) == []
