"""The number of threads: it decides nothing where a run is deterministic, else it is kept."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.runs import Run
from quantsig.signals.scoring import arithmetic
from quantsig.signals.scoring.scorer import open_scorer, scoring_remark
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, SpeedSettings, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.training.conftest import RESULTS, CrashError, crashing

pytestmark = pytest.mark.xdist_group("threads")
PLAN = Plan(
    train=TrainSettings(model="bars_cnn", epochs=2, batch_size=64, seed=3, save_minutes=1e-9),
    optimiser=OptimiserSettings(learning_rate=1e-3),
)
SAME = SpeedSettings(deterministic=True)


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two cores, whatever there is; torch's threads are put back."""
    monkeypatch.setattr(arithmetic, "cores", lambda: 2)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def trained(
    samples: SampleSet, out: Path, plan: Plan, threads: int, callbacks: Callbacks | None = None
) -> Run:
    """A run whose process was given so many threads."""
    torch.set_num_threads(threads)
    with threadpool_limits(threads, user_api="blas"):
        launch = Launch(device="cpu", callbacks=callbacks or Callbacks())
        return train(samples, out, plan, SplitSpec(), launch)


def contents(run: Run) -> dict[str, bytes]:
    return {name: (run.path / name).read_bytes() for name in RESULTS}


def rescored(run: Run, samples: SampleSet, threads: int) -> set[int]:
    """The threads that a process given so many scores in, to the scores the run was left with."""
    torch.set_num_threads(threads)
    written, scorer, used = run.predictions(), open_scorer(run, "cpu"), set[int]()
    scorer.model.register_forward_pre_hook(lambda *_: used.add(torch.get_num_threads()))
    scores = scorer.scores(samples, written["sample_id"].to_numpy()).long
    assert np.array_equal(scores, written["score"].to_numpy())
    assert torch.get_num_threads() == threads
    return used


class Threads:
    """The threads that steps were taken in."""

    def __init__(self) -> None:
        self.used: set[int] = set()
        self.told: list[str] = []

    @property
    def callbacks(self) -> Callbacks:
        return Callbacks(
            progress=lambda done, total: self.used.add(torch.get_num_threads()),
            tell=self.told.append,
        )


@pytest.mark.parametrize("model", ["bars_cnn", "small", "logistic", "boosting"])
def test_any_number_of_threads_learns_the_same(
    planted: SampleSet, tmp_path: Path, model: str
) -> None:
    """Weights, figures and scores, byte for byte, and so are scores of later."""
    plan = replace(PLAN, train=replace(PLAN.train, model=model), speed=SAME)
    seen = Threads()
    one = trained(planted, tmp_path / "one" / "run", plan, 1)
    two = trained(planted, tmp_path / "two" / "run", plan, 2, seen.callbacks)
    assert contents(one) == contents(two)
    assert one.record.threads == two.record.threads == 1
    assert seen.used <= {1}  # models that are fitted at once take no steps
    assert rescored(one, planted, 2) == {1}


def test_it_is_no_other_trial(planted: SampleSet, tmp_path: Path) -> None:
    """How a number is rounded is no strategy."""
    plain = trained(planted, tmp_path / "plain", PLAN, 1)
    same = trained(planted, tmp_path / "same", replace(PLAN, speed=SAME), 1)
    assert plain.record.trial_id == same.record.trial_id


def test_scores_come_in_the_threads_of_the_training(planted: SampleSet, tmp_path: Path) -> None:
    """Two were used and are noted, so one that is given later changes nothing."""
    run = trained(planted, tmp_path / "run", PLAN, 2)
    assert run.record.threads == 2
    assert rescored(run, planted, 1) == {2}
    assert scoring_remark(run, "cpu") is None


def test_fewer_cores_are_told(
    planted: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is one, two threads would only wait for each other."""
    run = trained(planted, tmp_path / "run", PLAN, 2)
    monkeypatch.setattr(arithmetic, "cores", lambda: 1)
    assert open_scorer(run, "cpu").arithmetic_threads == 1
    assert "in 2 threads; here there are cores for 1" in (scoring_remark(run, "cpu") or "")


def cut_short(samples: SampleSet, out: Path) -> None:
    """Begun in two threads, and stopped in the second epoch."""
    with pytest.raises(CrashError):
        trained(samples, out, PLAN, 2, Callbacks(progress=crashing(9)))


def test_a_training_goes_on_in_its_own_threads(planted: SampleSet, tmp_path: Path) -> None:
    """As if it had never been cut short, though the process was given one."""
    whole = trained(planted, tmp_path / "whole" / "run", PLAN, 2)
    cut_short(planted, tmp_path / "run")
    seen = Threads()
    again = trained(planted, tmp_path / "run", PLAN, 1, seen.callbacks)
    assert contents(again) == contents(whole)
    assert again.record.threads == 2
    assert seen.used == {2}
    assert not any("threads" in text for text in seen.told)


def test_going_on_in_others_is_told(
    planted: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a core less it is the same but for rounding."""
    cut_short(planted, tmp_path / "run")
    monkeypatch.setattr(arithmetic, "cores", lambda: 1)
    seen = Threads()
    again = trained(planted, tmp_path / "run", PLAN, 2, seen.callbacks)
    assert "going on although threads was 2, is 1: the same but for rounding" in seen.told
    assert seen.used == {1}
    assert again.record.threads == 1
