"""A folder that version 0.1.0 left still opens, verifies, goes on and keeps its names."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from quantsig.cli.config import load
from quantsig.data.samples.store import open_samples
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import open_run
from quantsig.signals.training.fit import train
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from quantsig.signals.training.tracking.record import identity, planned
from tests.cli.conftest import Quantsig, assert_done
from tests.golden.opened import STORED, open_workspace

pytestmark = pytest.mark.xdist_group("golden")
OF_OTHER_CORES = 1e-6  # what 32-bit scores of another kind of processor come to
RUNS = {  # trial_id, as training, choices and all that was made of the run named it
    "first": "63c542502fb5",
    "pair": "7d47fc2a7f3e",
    "pictures": "4809a5ac8a55",
    "steps": "81f78251fb2d",
    "search/trial-000": "6bc169e9d89f",
    "search/trial-001": "d58071faed84",
}
WALKS = ("walk-logistic-anchored-2-1e7b8aeb", "walk-logistic-combinatorial-3-2-56640b34")
CUT_WALK = next(STORED.glob("runs/.walk-*.part")).name.removeprefix(".").removesuffix(".part")


@pytest.fixture
def workspace(own_folder: Path) -> Path:
    """The current folder, with everything that was in the stored one."""
    return open_workspace(own_folder)


@pytest.fixture
def entered(workspace: Path) -> list[dict[str, Any]]:
    """The lines of the ledger as it was."""
    return read_ledger(workspace / "runs")


def stored(name: str) -> pl.DataFrame:
    """A table of the run `first` as it was written."""
    return pl.read_parquet(STORED / "runs" / "first" / name)


@pytest.mark.parametrize(("folder", "samples"), [("samples", 636), ("frames", 120)])
def test_sample_sets_verify(quantsig: Quantsig, workspace: Path, folder: str, samples: int) -> None:
    """Of storage bars and of storage frames: hashes, index, charts."""
    found = assert_done(quantsig("samples", "verify", folder, "--json")).document
    assert found["figures"]["samples"] == samples


def test_runs_are_listed(quantsig: Quantsig, workspace: Path) -> None:
    """All that were finished, the walks, and what was cut short; none cannot be opened."""
    answer = assert_done(quantsig("runs", "list", "--json"))
    assert {row["run"] for row in answer.document["rows"]} == {"first", "pair", "pictures", "steps"}
    for walk in WALKS:
        assert f"walk: runs/{walk}" in answer.err
    assert "not finished: runs/cut" in answer.err
    assert f"not finished: runs/{CUT_WALK}" in answer.err
    assert "cannot be opened" not in answer.err


@pytest.mark.parametrize("run", RUNS)
def test_a_run_is_shown(quantsig: Quantsig, workspace: Path, run: str) -> None:
    """By the name that it had."""
    shown = assert_done(quantsig("runs", "show", f"runs/{run}", "--json")).document
    assert shown["record"]["trial_id"] == RUNS[run]


@pytest.mark.parametrize("run", RUNS)
def test_the_settings_of_a_run_have_the_name_they_had(workspace: Path, run: str) -> None:
    """The same samples, settings and splits are the same trial."""
    opened = open_run(workspace / "runs" / run)
    plan = planned(opened.config())
    assert identity(opened.samples(), plan, opened.splits) == RUNS[run]


def test_the_settings_file_means_what_it_meant(workspace: Path) -> None:
    """The run trained from it has the name that the file's settings have now."""
    settings = load(None, {})
    samples = open_samples(settings.samples.path)
    assert identity(samples, settings.plan, settings.splits) == RUNS["first"]


def test_thresholds_are_those_that_were_kept(quantsig: Quantsig, workspace: Path) -> None:
    """The trade-off of the stored predictions, written again, and its groups."""
    assert_done(quantsig("thresholds", "runs/first"))
    for name in ("thresholds.parquet", "thresholds_by_group.parquet"):
        assert_frame_equal(pl.read_parquet(workspace / "runs/first" / name), stored(name))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (("--threshold", "0.45"), "b029887e986f"),
        (("--recall", "0.9"), "edcdfc43223a"),
        (("--fbeta", "1", "--on", "walk"), "64c19db1ad8b"),
    ],
)
def test_a_choice_made_before_is_not_a_second_trial(
    quantsig: Quantsig,
    workspace: Path,
    entered: list[dict[str, Any]],
    asked: tuple[str, ...],
    named: str,
) -> None:
    """The same question on the same rows is the choice that is there."""
    answer = assert_done(quantsig("thresholds", "runs/first", *asked, "--json")).document
    assert answer["choice"]["trial_id"] == named
    assert read_ledger(workspace / "runs") == entered


def test_signals_are_those_that_were_written(quantsig: Quantsig, workspace: Path) -> None:
    """The stored weights, calibration, choice and second model, applied again."""
    assert_done(quantsig("signals", "runs/first", "--meta", "--force"))
    signals = pl.read_parquet("runs/first/signals.parquet")
    assert_frame_equal(signals, stored("signals.parquet"), abs_tol=OF_OTHER_CORES)


def test_signals_on_given_bars_are_those_that_were_written(
    quantsig: Quantsig, workspace: Path
) -> None:
    """Nothing is trained for it."""
    name = next(path.name for path in (STORED / "runs/first").glob("signals-*.parquet"))
    assert_done(quantsig("signals", "runs/first", "newer.csv", "--meta", "--force"))
    signals = pl.read_parquet(f"runs/first/{name}")
    assert_frame_equal(signals, stored(name), abs_tol=OF_OTHER_CORES)


def test_a_backtest_gives_what_it_gave(
    quantsig: Quantsig, workspace: Path, entered: list[dict[str, Any]]
) -> None:
    """The same trades, and the same strategy in the ledger; with a new report."""
    assert_done(quantsig("backtest", "runs/first", "newer.csv", "--force"))
    trades = pl.read_parquet("runs/first/backtest-bars/trades.parquet")
    assert_frame_equal(trades, stored("backtest-bars/trades.parquet"))
    before = next(line for line in entered if line.get("split") == "bars")
    last = read_ledger(workspace / "runs")[-1]
    settings = last.pop("settings")  # what `verify --repair` makes it again by; later than golden
    assert {**last, "time": None} == {**before, "time": None}
    assert settings["execution"]
    assert Path("runs/first/backtest-bars/report.html").is_file()


def test_a_sweep_gives_what_it_gave(quantsig: Quantsig, workspace: Path) -> None:
    """The same cells under the same name."""
    grid = ("--thresholds", "4", "--stops", "2", "--targets", "2")
    assert_done(quantsig("sweep", "runs/first", *grid, "--force"))
    cells = pl.read_parquet("runs/first/sweep/cells.parquet")
    assert_frame_equal(cells, stored("sweep/cells.parquet"))
    ledger = read_ledger(workspace / "runs")
    names = {line["trial_id"] for line in ledger if line["event"] == "sweep"}
    assert names == {"dd32e79d44f3"}


@pytest.mark.parametrize("folder", ["first", "pictures", "pair", *WALKS])
def test_a_report_is_written(quantsig: Quantsig, workspace: Path, folder: str) -> None:
    """Of runs and walks, from what is stored."""
    assert_done(quantsig("report", f"runs/{folder}"))
    assert Path("runs", folder, "report.html").stat().st_size > 1_000_000


def test_a_walk_that_was_cut_short_goes_on(quantsig: Quantsig, workspace: Path) -> None:
    """Its first fold is not trained again, whatever costs its rule reckons with by now."""
    words = ("--folds", "2", "--set", "train.seed=6", "--set", 'train.best_by=["loss"]')
    answer = assert_done(quantsig("walk", "--out", f"runs/{CUT_WALK}", *words))
    assert "1 of 2 folds are trained already" in answer.err
    assert Path("runs", CUT_WALK, "walk.json").is_file()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (WALKS[0], ("--folds", "2", "--threshold", "0.4")),
        (WALKS[1], ("--combinatorial", "--blocks", "3", "--tested", "2", "--threshold", "0.4")),
    ],
)
def test_a_walk_has_the_name_it_had(
    quantsig: Quantsig, workspace: Path, name: str, words: tuple[str, ...]
) -> None:
    """So it is there already; what it lacks is the page of this version."""
    assert_done(quantsig("walk", *words))
    answer = quantsig("walk", *words)
    assert (answer.code, answer.complaint[-2]) == (2, f"runs/{name}")


def test_a_training_that_was_cut_short_goes_on(workspace: Path) -> None:
    """From the end of its first epoch, of seven steps."""
    settings = load(None, {"train.model": "small", "train.seed": 6, "train.best_by": ["loss"]})
    steps: list[int] = []
    run = train(
        open_samples(settings.samples.path),
        workspace / "runs" / "cut",
        settings.plan,
        settings.splits,
        launch=Launch(
            device="cpu", callbacks=Callbacks(progress=lambda done, total: steps.append(done))
        ),
    )
    assert (min(steps), max(steps)) == (8, 14)
    assert run.metrics()["epoch"].unique().sort().to_list() == [0, 1]


def test_a_finished_training_goes_on_for_longer(quantsig: Quantsig, workspace: Path) -> None:
    """From the state it kept."""
    words = ("--model", "small", "--epochs", "2", "--set", 'train.best_by=["loss"]')
    own = ("--set", "optimiser.name=sgd", "--set", "optimiser.momentum=0")
    assert_done(quantsig("train", "--out", "runs/steps", *words, *own))
    record = json.loads(Path("runs/steps/run.json").read_text())
    assert record["went_on"] == [{"epoch": 1, "step": 7, "epochs_before": 1, "epochs": 2}]


def test_a_search_that_is_done_tries_nothing(quantsig: Quantsig, workspace: Path) -> None:
    """Both its trials have the names they had."""
    words = ("search", "--trials", "2", "--out", "runs/search", "--epochs", "1", "--json")
    rows = assert_done(quantsig(*words)).document["rows"]
    named = {f"search/{row['run']}": row["trial_id"] for row in rows}
    assert named == {name: key for name, key in RUNS.items() if name.startswith("search")}
