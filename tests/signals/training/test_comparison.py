"""Simple models beside a run."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.documents import read_json
from quantsig.signals.training import comparison
from quantsig.signals.training.comparison import COMPARED, compare, write_baselines
from quantsig.signals.training.fit import train
from quantsig.signals.training.problem import find_problem
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from tests.planted import build, planted_frame


def test_each_is_measured_on_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule and the majority are known beforehand; the planted pattern is found by the others.

    Kept in the run, and learnt from at most so many rows, which is said while it goes on.
    """
    monkeypatch.setattr(comparison, "MOST_ROWS", 150)
    samples = build(planted_frame(cells=500), tmp_path / "samples")
    plan = Plan(train=TrainSettings(model="majority"))
    run = train(samples, tmp_path / "run", plan, SplitSpec())
    told: list[str] = []
    done: list[tuple[int, int]] = []
    callbacks = Callbacks(tell=told.append, progress=lambda *now: done.append(now))
    rows = {row["model"]: row for row in write_baselines(run, samples, plan, callbacks)}
    assert tuple(rows) == COMPARED
    assert {row["train_samples"] for row in rows.values()} == {150}
    problem = find_problem(samples, SplitSpec())
    all_rows = len(problem.ids["train"])
    assert told == [f"{name}: learns from 150 of {all_rows} training rows." for name in COMPARED]
    assert done == [(number, len(COMPARED)) for number in range(len(COMPARED))]
    ids = problem.ids["validation"]
    rate = problem.happened[ids].mean()
    assert rows["majority"]["average_precision"] == pytest.approx(rate)
    risen = -samples.scaled_bars(ids)[:, 0, 0]
    expected = average_precision_score(problem.happened[ids], risen.astype(np.float64))
    assert rows["window_direction"]["average_precision"] == pytest.approx(expected)
    assert rows["linear_svm"]["average_precision"] > 3 * rate
    kept = read_json(run.path / "baselines.json")
    assert [row["model"] for row in kept["rows"]] == list(COMPARED)
    assert compare(samples, plan, SplitSpec())["schema"] == "quantsig.baselines/1"


def test_one_of_several_processes_compares_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one, after the others have left: it waits for nobody."""
    samples = build(planted_frame(cells=400), tmp_path / "samples")
    plan = Plan(train=TrainSettings(model="majority"))
    monkeypatch.setattr(comparison, "COMPARED", ("majority",))
    expected = compare(samples, plan, SplitSpec())
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert compare(samples, plan, SplitSpec()) == expected
