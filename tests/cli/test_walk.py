"""`quantsig walk`."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantsig.data.bars import write_bars
from quantsig.data.samples import imports
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import documents, parquet
from quantsig.signals.run_record import SampleSource
from quantsig.signals.runs import open_run
from quantsig.signals.thresholds.walked_rows import misfit
from quantsig.signals.training import folds as trained_folds
from quantsig.signals.walk_record import read_walk_record
from tests.backtest.walked import two_symbol_set
from tests.cli.conftest import Quantsig, typed_in
from tests.data.samples.legacy_files import packed, pickled
from tests.data.samples.test_imports import START, ReadHere, bars

pytestmark = pytest.mark.xdist_group("walk_verb")
QUICK = ("--model", "logistic", "--folds", 2, "--set", "train.loss=weighted_cross_entropy")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two symbols with the planted pattern."""
    return two_symbol_set(tmp_path_factory.mktemp("set") / "samples").path


def test_a_walk_shows_its_folds_its_figures_and_a_verdict(quantsig: Quantsig, built: Path) -> None:
    """A row a fold, then one strategy; the folder comes last, and a second time is refused."""
    answer = quantsig("walk", built, *QUICK)
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].split()[:3] == ["fold", "from", "to"]
    assert [line.split()[0] for line in lines[1:3]] == ["1", "2"]
    shown = {line.rpartition("  ")[0].strip() for line in lines}
    assert {"folds", "sharpe", "total return", "folds without threshold"} <= shown
    folder = Path(lines[-1])
    assert folder.name.startswith("walk-logistic-anchored-2-")
    assert "splits.test" in answer.err
    assert (folder / "report.html").is_file()
    again = quantsig("walk", built, *QUICK)
    assert again.code == 2
    assert len(again.complaint) == 3
    (folder / "report.html").unlink()  # as where it stopped before its page
    assert quantsig("walk", built, *QUICK).code == 0
    assert (folder / "report.html").is_file()
    listed = quantsig("runs", "list")
    assert (listed.code, listed.out) == (0, "no runs in runs\n")
    assert listed.complaint == [f"walk: {folder}"]
    assert quantsig("backtest").code == 3  # the latest run is no walk
    assert quantsig("backtest", folder).complaint[0] == "this is not a run folder."


def test_the_report_of_a_walk_is_written_again(quantsig: Quantsig, built: Path) -> None:
    """In another language, by the verb that writes that of a run; a latest run is not asked for."""
    document = quantsig("walk", built, *QUICK, "--lang", "zh", "--json").document
    page = Path(document["report"])
    assert '<html lang="zh">' in page.read_text("utf-8")
    answer = quantsig("report", document["folder"])
    assert (answer.code, answer.out) == (0, f"{page}\n")
    assert '<html lang="en">' in page.read_text("utf-8")


def test_the_document_holds_folds_figures_and_statistics(quantsig: Quantsig, built: Path) -> None:
    """What is printed as JSON is what was written."""
    document = quantsig("walk", built, *QUICK, "--rolling", "--json").document
    assert document["schema"] == "quantsig.walk/1"
    written = documents.read_json(Path(document["folder"]) / "walk.json")
    assert written["figures"] == document["figures"]
    assert written["folds"] == document["folds"]
    assert document["scheme"] == "rolling"
    assert document["stats"] == documents.read_json(Path(document["folder"]) / "stats.json")
    equity = parquet.read_parquet(Path(document["folder"]) / "equity.parquet")["equity"]
    assert document["figures"]["total_return"] == pytest.approx(equity[-1] - 1)


def test_paths_are_shown_with_their_spread(quantsig: Quantsig, built: Path) -> None:
    """Two of four stretches are six folds and three paths."""
    words = ("--combinatorial", "--blocks", 4, "--tested", 2, "--model", "logistic")
    answer = quantsig("walk", built, *words, "--threshold", 0.5)
    assert answer.code == 0, answer.err
    lines = [line.split() for line in answer.out.splitlines()]
    assert lines[0][:2] == ["fold", "stretches"]
    figures = [line for line in lines if line[:1] in (["Sharpe"], ["return"], ["drawdown"])]
    assert [line[0] for line in figures] == ["Sharpe", "return", "drawdown"]
    assert ["paths", "3"] in lines


def test_no_threshold_in_any_fold_is_a_failed_check(quantsig: Quantsig, built: Path) -> None:
    """The walk is written and shown all the same."""
    answer = quantsig("walk", built, *QUICK, "--precision", 0.99)
    assert answer.code == 4
    assert "no fold has a threshold" in "\n".join(answer.complaint[-3:])
    assert "no evidence of an edge" in answer.out
    assert list(Path("runs").glob("walk-*/stats.json"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--precision", 0.6, "--recall", 0.5), 2, "--precision and --recall are different rules"),
        (("--confidence", 0.6), 2, "goes with --precision"),
        (("--precision", 1.5), 2, "--precision"),
        (("--blocks", 4), 2, "--blocks goes with --combinatorial"),
        (("--combinatorial", "--rolling", "--folds", 3), 2, "--folds goes without --combinatorial"),
        (("--embargo", "five days"), 2, "--embargo"),
        (("--folds", 0), 3, "folds.folds"),
        (("--folds", 5000), 3, "too few"),
        (("--combinatorial", "--blocks", 3, "--tested", 3), 3, "folds.tested"),
        (("--model", "resnet55"), 3, "resnet50"),
        (("--set", "backtest.fee_bps=-1"), 3, "fee_bps"),
    ],
)
def test_what_is_wrong_is_told_in_three_lines(
    quantsig: Quantsig, built: Path, words: tuple[object, ...], code: int, said: str
) -> None:
    """Before anything is trained or written."""
    answer = quantsig("walk", built, *words)
    assert answer.code == code, answer.err
    assert len(answer.complaint) == 3
    assert said in "\n".join(answer.complaint)
    assert not Path("runs").exists()


def test_an_embargo_takes_rows_away(quantsig: Quantsig, built: Path) -> None:
    """A day of quarter hours is more than the label's reach."""
    documents = [
        quantsig("walk", built, *QUICK, *more, "--threshold", 0.5, "--json").document
        for more in ((), ("--embargo", "1d"))
    ]
    ends = [one["folds"][0]["parts"]["calibration"]["label_end"] for one in documents]
    starts = pl.Series([one["folds"][0]["parts"]["test"]["start"] for one in documents])
    assert starts[0] == starts[1]
    apart = starts.str.to_datetime() - pl.Series(ends).str.to_datetime()
    assert apart[0] < timedelta(days=1) < apart[1]


def imported(quantsig: Quantsig, *words: object) -> None:
    """Pictures of two hundred days of one symbol, in the set `set`."""
    folder = Path("old")
    folder.mkdir()
    for day in range(200):
        name = f"AAPL_{START + timedelta(days=day):%Y%m%d}.zst"
        (folder / name).write_bytes(packed(pickled(day, float(day % 3 == 0))))
    assert quantsig("samples", "import", "old", "--out", "set", *words).code == 0


def test_imported_pictures_with_bars_are_walked_through(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they look back on is not known; only paths, which learn from later rows, need it."""
    monkeypatch.setattr(imports, "ReadingProcesses", ReadHere)
    write_bars(Path("bars.parquet"), bars("AAPL", 210).bars)
    words = ("--pattern", "{symbol}_{time}", "--bars", "bars.parquet", "--horizon-bars", 2)
    imported(quantsig, *words)
    small = ("set", "--model", "small", "--epochs", 1)
    answer = quantsig("walk", *small, "--folds", 1, "--threshold", 0.1, "--json")
    assert answer.code == 0, answer.err
    assert answer.document["figures"]["trades"] > 0
    crossing = quantsig("walk", *small, "--combinatorial", "--blocks", 3, "--tested", 1)
    assert crossing.code == 3
    assert "embargo" in crossing.complaint[-1]


def test_imported_pictures_without_times_or_bars_are_refused(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three lines, and nothing is written."""
    monkeypatch.setattr(imports, "ReadingProcesses", ReadHere)
    imported(quantsig)
    answer = quantsig("walk", "set", "--model", "small")
    assert (answer.code, len(answer.complaint)) == (3, 3)
    assert "200 of 200 labelled samples have no decision_time" in answer.complaint[0]
    assert not Path("runs").exists()


@pytest.fixture(scope="module")
def both_made(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and a walk of its samples and settings, side by side."""
    folder = tmp_path_factory.mktemp("both")
    words = ("--model", "logistic", "--set", "train.loss=weighted_cross_entropy")
    typed_in(folder, ("train", built, *words, "--out", "runs/one"), ("walk", built, *QUICK))
    return folder


@pytest.fixture
def both(both_made: Path, own_folder: Path) -> tuple[Path, Path]:
    """A copy of them."""
    shutil.copytree(both_made / "runs", own_folder / "runs")
    (walked,) = Path("runs").glob("walk-*")
    return Path("runs/one"), walked


def test_a_threshold_is_chosen_on_the_rows_of_a_walk(
    quantsig: Quantsig, both: tuple[Path, Path]
) -> None:
    """All tested rows of all folds, by the models that never saw them; the run's table stays."""
    run, folder = both
    own = quantsig("thresholds", run, "--recall", 0.5, "--json").document
    answer = quantsig("thresholds", run, "--recall", 0.5, "--on", "walk", "--json")
    assert answer.code == 0, answer.err
    choice = answer.document["choice"]
    places = [folder / "folds" / fold / "predictions.parquet" for fold in ("00", "01")]
    tested = pl.concat(map(parquet.read_parquet, places))
    chosen = tested.filter(pl.col("probability") >= choice["threshold"])
    assert choice["on"]["walk_id"] == folder.name
    assert choice["on"]["samples"] == choice["walk"]["samples"] == tested.height
    assert tested.height > 2 * own["choice"]["calibration"]["samples"]
    assert choice["walk"]["signals"] == chosen.height
    assert choice["walk"]["precision"] == pytest.approx((chosen["label"] == 1).mean())
    assert choice["calibration"]["samples"] == own["choice"]["calibration"]["samples"]
    assert choice["trial_id"] != own["choice"]["trial_id"]
    assert "that it is as good is not shown" in answer.err
    kept = parquet.read_parquet(run / "thresholds.parquet")
    assert kept.to_dicts() == own["rows"]
    assert quantsig("report", run).code == 0
    assert folder.name in (run / "report.html").read_text("utf-8")


def test_a_promise_counts_the_stretches_of_the_walk(
    quantsig: Quantsig, both: tuple[Path, Path]
) -> None:
    """The planted pattern is promised on the walk, named by its folder."""
    run, folder = both
    answer = quantsig("thresholds", run, "--precision", 0.6, "--on", folder, "--json")
    assert answer.code == 0, answer.err
    assert answer.document["choice"]["promise"]["windows"] > 20
    assert answer.document["on"]["folds"] == 2


def test_a_run_without_calibration_chooses_on_a_walk(
    quantsig: Quantsig, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By probabilities as the run gives them, raw; so they are where a walk of before fitted."""
    bare = (*QUICK[:2], *QUICK[4:], "--set", "splits.calibration=0", "--set", "splits.test=0.3")
    run = Path("runs/bare")
    words = ("train", built, *bare, "--out", run, "--no-baselines")
    assert (answer := quantsig(*words)).code == 0, answer.err
    answer = quantsig("walk", built, *bare, *QUICK[2:4], "--json")
    folder = Path(answer.document["folder"])
    folds = sorted(folder.glob("folds/*/predictions.parquet"))
    tested = pl.concat(map(parquet.read_parquet, folds))
    choosing = ("thresholds", run, "--recall", 0.5, "--on", "walk", "--json")
    answer = quantsig(*choosing)
    assert answer.code == 0, answer.err
    choice = answer.document["choice"]
    raw = 1 / (1 + (-tested["score"]).exp())
    assert raw.equals(tested["probability"])
    assert choice["walk"]["signals"] == (raw >= choice["threshold"]).sum()
    assert choice["calibration"]["samples"] == 0

    def fitted(place: Path) -> pl.DataFrame:
        return trained_folds.tested_rows(place).with_columns(pl.col("probability") / 2)

    monkeypatch.setattr("quantsig.signals.thresholds.walked_rows.tested_rows", fitted)
    assert quantsig(*choosing).document["choice"]["threshold"] == choice["threshold"]
    assert quantsig("signals", run, "--threshold", choice["threshold"]).code == 0
    assert quantsig("report", run).code == 0


def test_a_walk_of_other_settings_is_refused(
    quantsig: Quantsig, both: tuple[Path, Path], built: Path
) -> None:
    """It is said what differs, and how to walk."""
    run, _ = both
    walked = quantsig("walk", built, *QUICK, "--seed", 5, "--json").document
    answer = quantsig("thresholds", run, "--on", walked["folder"])
    assert answer.code == 3
    what, where, remedy = answer.complaint[-3:]
    assert "another train.seed than the run" in what
    assert walked["folder"] in where
    assert "quantsig walk" in remedy
    assert quantsig("thresholds", run, "--on", "elsewhere").complaint[-3] == (
        "there is no finished walk."
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"samples": SampleSource(path="", fingerprint="another")}, "other samples"),
        ({"splits": SplitSpec(train=0.5, test=0.25)}, "other splits"),
        ({"test_split": "opened"}, "locked test split"),
        ({"scheme": "combinatorial"}, "several times"),
    ],
)
def test_a_walk_that_does_not_fit_is_refused(
    both: tuple[Path, Path], changed: dict[str, Any], reason: str
) -> None:
    """Each for its own reason; the walk itself fits."""
    run, folder = open_run(both[0]), both[1]
    record = read_walk_record(folder / "walk.json")
    assert misfit(run, record) == ""
    assert reason in misfit(run, replace(record, **changed))
