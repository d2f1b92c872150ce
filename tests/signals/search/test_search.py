"""A search: what it tries, what it leaves, and how it goes on."""

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import polars as pl
import pytest

from quantsig.data.errors import ConfigError, UsageError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import assign
from quantsig.data.storage.locks import locked
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.layout import SEAL
from quantsig.signals.ledger import read_ledger
from quantsig.signals.models import MODELS
from quantsig.signals.runs import find_runs, open_run
from quantsig.signals.search.search import JOURNAL, SearchSettings, TriedPlan, search
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import build, planted_frame

pytestmark = pytest.mark.xdist_group("search")
SPACE = {"optimiser.learning_rate": [1e-4, 1e-2]}
PLAN = Plan(train=TrainSettings(model="small", epochs=1, batch_size=64, seed=3, save_minutes=1e-9))
LONGER = replace(PLAN, train=replace(PLAN.train, epochs=3))


class CrashError(Exception):
    """The power went."""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small planted set."""
    return build(planted_frame(cells=350), tmp_path_factory.mktemp("search") / "samples")


def run_search(
    samples: SampleSet, out: Path, trials: int, plan: Plan = PLAN, **more: Any
) -> list[TriedPlan]:
    callbacks, space = more.pop("callbacks", Callbacks()), more.pop("space", SPACE)
    launch = Launch(callbacks=callbacks, on=more.pop("on", HERE))
    settings = SearchSettings(space=space, trials=trials, **more)
    return search(samples, out, plan, SplitSpec(), settings, launch=launch)


def worth(tried: list[TriedPlan]) -> list[tuple[int, str, float | None, Mapping[str, Any]]]:
    return [(one.number, one.state, one.value, one.settings) for one in tried]


@pytest.fixture(scope="module")
def whole(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search of three trials that was never interrupted."""
    out = tmp_path_factory.mktemp("whole") / "runs" / "rates"
    run_search(samples, out, 3)
    return out


def test_each_trial_is_a_run_judged_by_validation(samples: SampleSet, whole: Path) -> None:
    """Its value is the best of its metrics; the table begins with the best trial."""
    tried = run_search(samples, whole, 3)
    values = [one.value for one in tried if one.value is not None]
    assert values == sorted(values, reverse=True)
    assert len(values) == 3
    for one in tried:
        assert one.run
        run = open_run(whole / one.run)
        reached = run.metrics().filter(split="validation")["average_precision"].max()
        assert one.value == reached
        assert run.config()["optimiser"]["learning_rate"] == one.settings["optimiser.learning_rate"]
        assert 1e-4 <= one.settings["optimiser.learning_rate"] <= 1e-2


def test_every_trial_counts_in_both_ledgers(whole: Path) -> None:
    """In that of the search, where its runs are, and in that of the runs around it."""
    for folder in (whole, whole.parent):
        lines = [line for line in read_ledger(folder) if line["event"] == "search_trial"]
        assert [line["trial"] for line in lines] == [0, 1, 2]
        assert len({line["trial_id"] for line in lines}) == 3
    trained = [line["trial_id"] for line in read_ledger(whole) if line["event"] == "training"]
    assert sorted(trained) == sorted(run.record.trial_id for run in find_runs(whole).runs)


def test_the_same_search_again_does_what_is_missing(
    samples: SampleSet, whole: Path, tmp_path: Path
) -> None:
    """Two trials and then one more are the three of one go."""
    out = tmp_path / "runs" / "rates"
    run_search(samples, out, 2)
    assert worth(run_search(samples, out, 3)) == worth(run_search(samples, whole, 3))


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_a_trial_that_was_cut_short_goes_on(
    samples: SampleSet, whole: Path, tmp_path: Path, share: float
) -> None:
    """In the middle of a training or at its end, half a line in the journal included."""

    def crash(done: int, total: int) -> None:
        if done >= (1.0 + share) * total / 3:  # of the second trial
            raise CrashError

    out = tmp_path / "runs" / "rates"
    with pytest.raises(CrashError):
        run_search(samples, out, 3, callbacks=Callbacks(progress=crash))
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"op_code": 6, "tri')
    (out / f"{JOURNAL}.lock").symlink_to(out / JOURNAL)
    assert worth(run_search(samples, out, 3)) == worth(run_search(samples, whole, 3))
    assert len([line for line in read_ledger(out) if line["event"] == "search_trial"]) == 3


def test_a_run_that_was_written_but_not_counted_is_not_trained_again(
    samples: SampleSet, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ended between the run and the ledger."""
    out = tmp_path / "runs" / "rates"
    with monkeypatch.context() as patch:
        patch.setattr("quantsig.signals.search.search.append_ledger", Mock(side_effect=CrashError))
        with pytest.raises(CrashError):
            run_search(samples, out, 3)
    before = (out / "trial-000" / "run.json").read_bytes()
    assert worth(run_search(samples, out, 3)) == worth(run_search(samples, whole, 3))
    assert (out / "trial-000" / "run.json").read_bytes() == before


def test_a_trial_that_falls_behind_is_given_up(samples: SampleSet, tmp_path: Path) -> None:
    """It counts, with its last value and no folder, in the ledger without a value."""
    out, told = tmp_path / "runs" / "rates", list[str]()
    tried = run_search(
        samples,
        out,
        5,
        LONGER,
        space={"optimiser.learning_rate": [1e-9, 3e-3, 4e-3]},
        compare_after_trials=1,
        callbacks=Callbacks(tell=told.append),
    )
    pruned = [one for one in tried if one.state == "pruned"]
    assert pruned
    assert all(one.run is None and one.epochs < 3 for one in pruned)
    done = [f"trial-{one.number:03d}" for one in tried if one.state == "done"]
    folders = [path.name for path in out.iterdir() if path.is_dir()]
    assert sorted(folders) == sorted(done)
    values = {
        line["trial"]: line["value"] for line in read_ledger(out) if line["event"] == "search_trial"
    }
    assert len(values) == 5
    assert all(values[one.number] is None for one in pruned)
    assert sum("pruned" in line for line in told) == len(pruned)


def test_labels_of_calibration_and_test_choose_nothing(
    samples: SampleSet, whole: Path, tmp_path: Path
) -> None:
    """With those labels reversed in time the trials are the same."""
    split = assign(samples.index, SplitSpec())
    column = pl.col("label")
    mixed = samples.index.with_columns(
        pl.when(split.is_in(["calibration", "test"]))
        .then(column.reverse().over(split))
        .otherwise(column)
        .alias("label")
    )
    assert not mixed["label"].equals(samples.index["label"])
    other = SampleSet(path=samples.path, manifest=samples.manifest, index=mixed)
    tried = run_search(other, tmp_path / "search", 3)
    assert worth(tried) == worth(run_search(samples, whole, 3))


def test_a_combination_that_cannot_be_trained_does_not_end_the_search(
    samples: SampleSet, tmp_path: Path
) -> None:
    """Seven epochs of warm-up need more than seven epochs: it failed, says why, and counts."""
    space = {"schedule.name": ["warmup_epochs"], "schedule.warmup_epochs": [7]}
    (tried,) = run_search(samples, tmp_path / "search", 1, space=space)
    assert (tried.state, tried.value, tried.run) == ("failed", None, None)
    assert "warmup_epochs" in tried.why
    assert [path.name for path in (tmp_path / "search").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("objective", ["loss", "f1", "expectancy"])
def test_any_figure_of_validation_can_judge(
    samples: SampleSet, tmp_path: Path, objective: str
) -> None:
    """It chooses the epoch too, and a loss is better where it is lower."""
    (tried,) = run_search(samples, tmp_path / "search", 1, LONGER, objective=objective)
    rows = open_run(tmp_path / "search" / "trial-000").metrics().filter(split="validation")
    best = rows[objective].min() if objective == "loss" else rows[objective].max()
    assert tried.value == best


def test_another_search_in_the_same_folder_is_refused(samples: SampleSet, whole: Path) -> None:
    """Other settings would make the table compare what cannot be compared."""
    with pytest.raises(UsageError, match="holds a search with other"):
        run_search(samples, whole, 3, LONGER)


def test_a_folder_with_something_else_is_refused(samples: SampleSet, tmp_path: Path) -> None:
    """Nothing is written into it."""
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match="holds no search"):
        run_search(samples, tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_two_processes_do_not_search_in_one_folder(samples: SampleSet, whole: Path) -> None:
    """The second is told to wait."""
    with locked(whole), pytest.raises(UsageError, match="another process"):
        run_search(samples, whole, 3)


def no_trials(samples: SampleSet, out: Path) -> None:
    run_search(samples, out, 0)


def unknown_objective(samples: SampleSet, out: Path) -> None:
    run_search(samples, out, 1, objective="f2")


def unknown_model(samples: SampleSet, out: Path) -> None:
    run_search(samples, out, 1, space={"train.model": ["small", "resnet19"]})


def impossible_value(samples: SampleSet, out: Path) -> None:
    run_search(samples, out, 1, space={"optimiser.momentum": [0.5, 1.5]})


def losses_by_loss(samples: SampleSet, out: Path) -> None:
    run_search(samples, out, 1, space={"loss.focal_gamma": [1.0, 3.0]}, objective="loss")


def several_seeds(samples: SampleSet, out: Path) -> None:
    run_search(samples, out, 1, replace(PLAN, train=replace(PLAN.train, seeds=3)))


def nothing_to_learn_by_steps(samples: SampleSet, out: Path) -> None:
    linear = replace(PLAN, train=replace(PLAN.train, model="logistic"))
    run_search(samples, out, 1, linear, space={})


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (no_trials, "0 trials"),
        (unknown_objective, 'unknown figure "f2"'),
        (unknown_model, 'unknown model "resnet19"'),
        (impossible_value, "momentum"),
        (losses_by_loss, "cannot be compared"),
        (several_seeds, "3 seeds"),
        (nothing_to_learn_by_steps, "learns at once"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_first_trial(
    samples: SampleSet, tmp_path: Path, wrong: Callable[[SampleSet, Path], None], what: str
) -> None:
    """Nothing is written."""
    with pytest.raises(ConfigError, match=what):
        wrong(samples, tmp_path / "search")
    assert list(tmp_path.iterdir()) == []


def test_the_models_that_are_proposed_instead_exist(samples: SampleSet, tmp_path: Path) -> None:
    """A remedy that is followed to the letter works."""
    with pytest.raises(ConfigError) as caught:
        nothing_to_learn_by_steps(samples, tmp_path / "search")
    assert set(re.findall(r'"(\w+)"', caught.value.remedy)) <= set(MODELS)
    assert '["logistic", "boosting"]' in caught.value.remedy


def test_without_optuna_the_error_names_the_extra(
    samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra, not a dependency."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError) as caught:
        run_search(samples, tmp_path / "search", 1)
    assert "quantsig[search]" in caught.value.remedy


FOUR = {"optimiser.learning_rate": [1e-5, 1e-2], "train.batch_size": [32, 64]}
AT_ONCE: Mapping[str, Any] = {"together": 3, "space": FOUR, "compare_after_trials": 1}


@pytest.fixture(scope="module")
def at_once(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search whose trials are tried three at once, by this process alone."""
    out = tmp_path_factory.mktemp("at_once") / "runs" / "rates"
    run_search(samples, out, 5, **AT_ONCE)
    return out


def left_by(out: Path) -> dict[str, bytes]:
    """The files of its runs that do not say when they were made."""
    kept = {"config.toml", "predictions.parquet", "metrics.parquet", "model.safetensors"}
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.name in kept
    }


def told_by(runs: Path) -> list[tuple[str, str]]:
    return [(line["event"], line["trial_id"]) for line in read_ledger(runs)]


def test_trials_at_once_are_the_same_whoever_trains_them(
    samples: SampleSet, at_once: Path, tmp_path: Path
) -> None:
    """Two workers leave the same runs, and ledgers in the same order, as one process."""
    out = tmp_path / "runs" / "rates"
    found = run_search(samples, out, 5, on=Workers(count=2), **AT_ONCE)
    assert worth(found) == worth(run_search(samples, at_once, 5, **AT_ONCE))
    assert left_by(out) == left_by(at_once)
    for one, other in ((out, at_once), (out.parent, at_once.parent)):
        assert told_by(one) == told_by(other)
    assert [run.path.name for run in find_runs(out).runs if not (run.path / SEAL).is_file()] == []


def test_more_trials_begin_in_the_middle_of_those_at_once(
    samples: SampleSet, at_once: Path, tmp_path: Path
) -> None:
    """Four and then one more are the five of one go: the fifth knows nothing of the fourth."""
    out = tmp_path / "runs" / "rates"
    run_search(samples, out, 4, **AT_ONCE)
    again = run_search(samples, out, 5, **AT_ONCE)
    assert worth(again) == worth(run_search(samples, at_once, 5, **AT_ONCE))


def test_another_number_at_once_is_another_search(samples: SampleSet, whole: Path) -> None:
    """Its trials would be chosen from others."""
    with pytest.raises(UsageError, match="trials at once"):
        run_search(samples, whole, 4, together=2)


def test_a_database_keeps_the_study_of_one_folder(
    samples: SampleSet, whole: Path, tmp_path: Path
) -> None:
    """The trials are those of a search that keeps a file, and the same call goes on."""
    out, address = tmp_path / "runs" / "rates", f"sqlite:///{tmp_path}/studies.db"
    run_search(samples, out, 1, storage=address)
    tried = run_search(samples, out, 2, storage=address)
    expected = [one for one in worth(run_search(samples, whole, 3)) if one[0] < 2]
    assert sorted(worth(tried)) == sorted(expected)
    assert not (out / JOURNAL).exists()
    with pytest.raises(UsageError, match="is kept elsewhere"):
        run_search(samples, out, 2)
    with pytest.raises(UsageError, match="is kept elsewhere"):
        run_search(samples, whole, 3, storage=address)


def test_a_study_in_a_database_belongs_to_what_lies_in_the_folder(
    samples: SampleSet, tmp_path: Path
) -> None:
    """One that is moved goes on, one that lacks a run is refused, a new one begins anew."""
    at, address = tmp_path / "runs" / "rates", f"sqlite:///{tmp_path}/studies.db"
    quick: dict[str, Any] = {"space": {"train.model": ["logistic"]}, "storage": address}
    run_search(samples, at, 1, **quick)
    moved = at.rename(tmp_path / "moved")
    before = (moved / "trial-000" / "run.json").stat().st_mtime_ns
    assert [one.run for one in run_search(samples, moved, 1, **quick)] == ["trial-000"]
    assert (moved / "trial-000" / "run.json").stat().st_mtime_ns == before
    assert [one.run for one in run_search(samples, at, 1, **quick)] == ["trial-000"]
    assert (at / "trial-000" / "run.json").is_file()  # though the database knew one
    shutil.rmtree(moved / "trial-000")
    with pytest.raises(UsageError, match="lacks its run"):
        run_search(samples, moved, 1, **quick)
