"""More epochs go on where a training was; another problem asks before a state is thrown away."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.errors import UsageError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.layout import SEAL
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.optimisation.schedules import ScheduleSettings, rate_curve
from quantsig.signals.runs import open_run
from quantsig.signals.training.fit import train
from quantsig.signals.training.prolonging import hand_over, shorter_runs
from quantsig.signals.training.settings import Plan, SpeedSettings, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from quantsig.signals.training.tracking.record import training_work
from tests.signals.training.conftest import CrashError, crashing

pytestmark = pytest.mark.xdist_group("prolonged")
STEPS = 7  # an epoch
PEAK = 1e-3
PLAN = Plan(
    train=TrainSettings(
        model="bars_cnn", epochs=2, batch_size=64, seed=3, save_minutes=1e-9, patience=9
    ),
    optimiser=OptimiserSettings(learning_rate=PEAK),
)


def of_epochs(epochs: int, plan: Plan = PLAN) -> Plan:
    return replace(plan, train=replace(plan.train, epochs=epochs))


class Heard:
    """What a training said and which steps it took."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.told: list[str] = []

    @property
    def callbacks(self) -> Callbacks:
        return Callbacks(
            progress=lambda done, total: self.steps.append(done), tell=self.told.append
        )


@pytest.fixture(scope="module")
def two(planted: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two epochs."""
    return train(planted, tmp_path_factory.mktemp("two") / "run", PLAN, SplitSpec()).path


@pytest.fixture
def run(two: Path, tmp_path: Path) -> Path:
    """The same, of one's own."""
    return shutil.copytree(two, tmp_path / "run", ignore=shutil.ignore_patterns(SEAL))


def cut_short(planted: SampleSet, out: Path, plan: Plan = PLAN) -> None:
    """Cut a training short in its second epoch."""
    with pytest.raises(CrashError):
        train(
            planted,
            out,
            plan,
            SplitSpec(),
            launch=Launch(callbacks=Callbacks(progress=crashing(9))),
        )


def test_a_finished_run_goes_on_to_more_epochs(planted: SampleSet, run: Path) -> None:
    """Only the new steps are taken, the first epochs stay as they were, and both is said."""
    before, listener = open_run(run), Heard()
    old = before.metrics()
    longer = train(
        planted, run, of_epochs(4), SplitSpec(), launch=Launch(callbacks=listener.callbacks)
    )
    assert listener.steps == list(range(2 * STEPS + 1, 4 * STEPS + 1))
    assert longer.metrics().filter(pl.col("epoch") < 2).equals(old)
    assert longer.metrics()["epoch"].max() == 3
    assert any("now ends after 4 instead of 2" in text for text in listener.told)
    went_on = {"epoch": 2, "step": 2 * STEPS, "epochs_before": 2, "epochs": 4}
    assert longer.record.went_on == (went_on,)
    assert longer.record.epochs == longer.config()["train"]["epochs"] == 4


def test_it_is_another_trial_than_four_epochs_at_once(
    planted: SampleSet, run: Path, tmp_path: Path
) -> None:
    """Its rates were others, and so are its weights and its name."""
    longer = train(planted, run, of_epochs(4), SplitSpec())
    at_once = train(planted, tmp_path / "once", of_epochs(4), SplitSpec())
    assert longer.record.trial_id != at_once.record.trial_id
    assert at_once.record.went_on == ()


@pytest.mark.parametrize("name", ["warmup_cosine", "cosine", "constant"])
def test_the_end_of_the_schedule_moves(planted: SampleSet, tmp_path: Path, name: str) -> None:
    """The rate goes on along the curve of the longer training, not up from zero."""
    plan = replace(PLAN, schedule=ScheduleSettings(name=name, warmup_steps=1))
    train(planted, tmp_path / "run", plan, SplitSpec())
    longer = train(planted, tmp_path / "run", of_epochs(4, plan), SplitSpec())
    rates = longer.metrics().filter(split="validation")["learning_rate"].to_numpy()
    curve = rate_curve(plan.schedule, PEAK, 4 * STEPS, STEPS)
    # an epoch's row has the rate after its last step; schedules by epoch move after that
    after = STEPS if name == "warmup_cosine" else STEPS - 1
    np.testing.assert_allclose(rates[2], curve[2 * STEPS + after], rtol=1e-9)


def test_an_interrupted_training_goes_on_to_more_epochs(planted: SampleSet, tmp_path: Path) -> None:
    """No step is taken twice, and what was asked for last counts."""
    out, listener = tmp_path / "run", Heard()
    cut_short(planted, out)
    run = train(
        planted, out, of_epochs(3), SplitSpec(), launch=Launch(callbacks=listener.callbacks)
    )
    assert listener.steps == list(range(9, 3 * STEPS + 1))
    assert run.record.went_on == ({"epoch": 1, "step": 8, "epochs_before": 2, "epochs": 3},)


def test_fewer_epochs_than_are_done_are_refused(planted: SampleSet, tmp_path: Path) -> None:
    """The state stays, and the training goes on from it."""
    out, listener = tmp_path / "run", Heard()
    cut_short(planted, out)
    with pytest.raises(UsageError, match="8 steps of 7 an epoch are taken already; 1 epochs"):
        train(planted, out, of_epochs(1), SplitSpec())
    train(planted, out, PLAN, SplitSpec(), launch=Launch(callbacks=listener.callbacks))
    assert listener.steps[0] == 9


def test_another_problem_asks_first(planted: SampleSet, tmp_path: Path) -> None:
    """The error names what changed and keeps the state; with force it begins anew."""
    out = tmp_path / "run"
    cut_short(planted, out)
    other = replace(PLAN, optimiser=OptimiserSettings(learning_rate=2e-3))
    with pytest.raises(UsageError, match="an unfinished training lies there") as caught:
        train(planted, out, other, SplitSpec())
    assert "optimiser.learning_rate was 0.001, is 0.002" in caught.value.what
    assert "`force`" in caught.value.remedy
    with pytest.raises(UsageError, match="splits.test was 0.15, is 0.1"):
        train(planted, out, PLAN, SplitSpec(train=0.65, test=0.1))
    listener = Heard()
    train(planted, out, PLAN, SplitSpec(), launch=Launch(callbacks=listener.callbacks))
    assert listener.steps[0] == 9  # nothing was lost
    cut_short(planted, tmp_path / "again")
    listener = Heard()
    train(
        planted,
        tmp_path / "again",
        other,
        SplitSpec(),
        launch=Launch(force=True, callbacks=listener.callbacks),
    )
    assert listener.steps[0] == 1


def test_a_training_computed_otherwise_goes_on_and_says_so(
    planted: SampleSet, tmp_path: Path
) -> None:
    """Rounding is no other problem."""
    out, listener = tmp_path / "run", Heard()
    cut_short(planted, out)
    halved = replace(PLAN, speed=SpeedSettings(micro_batch=32))
    train(planted, out, halved, SplitSpec(), launch=Launch(callbacks=listener.callbacks))
    assert listener.steps[0] == 9
    assert any("speed.micro_batch was 0, is 32" in text for text in listener.told)


def test_what_was_made_of_a_run_is_not_lost(planted: SampleSet, run: Path, tmp_path: Path) -> None:
    """A choice belongs to the weights of its time; another folder goes on from them."""
    (run / "choices").mkdir()
    with pytest.raises(UsageError, match="choices were made of this run") as caught:
        train(planted, run, of_epochs(3), SplitSpec())
    assert caught.value.remedy.endswith(f"`from` {run} `out` another")
    out, listener = tmp_path / "other", Heard()
    work = training_work(planted, of_epochs(3), SplitSpec(), "cpu")
    hand_over(run, out, work, of_epochs(3).train)
    longer = train(
        planted, out, of_epochs(3), SplitSpec(), launch=Launch(callbacks=listener.callbacks)
    )
    assert listener.steps == list(range(2 * STEPS + 1, 3 * STEPS + 1))
    assert longer.path == out
    assert open_run(run).record.epochs == 2


def refused(planted: SampleSet, run: Path, plan: Plan) -> UsageError:
    with pytest.raises(UsageError) as caught:
        train(planted, run, plan, SplitSpec())
    return caught.value


def test_what_cannot_go_on_says_why(planted: SampleSet, run: Path) -> None:
    """The same again, fewer epochs, another problem, patience that ran out, no state."""
    assert "exists already" in refused(planted, run, PLAN).what
    assert "2 epochs; 1 are asked for" in refused(planted, run, of_epochs(1)).what
    other = replace(of_epochs(4), optimiser=OptimiserSettings(learning_rate=2e-3))
    assert "learning_rate was 0.001, is 0.002" in refused(planted, run, other).what
    shutil.rmtree(run / "state")
    assert "exists already" in refused(planted, run, of_epochs(4)).what


def test_a_training_whose_patience_ran_out_needs_more_of_it(
    planted: SampleSet, tmp_path: Path
) -> None:
    """More epochs alone would take no step."""
    impatient = Plan(train=replace(PLAN.train, epochs=5, patience=1, min_delta=9.0))
    train(planted, tmp_path / "run", impatient, SplitSpec())
    error = refused(planted, tmp_path / "run", of_epochs(9, impatient))
    assert "ended for want of a better loss in 1 epochs" in error.what
    patient = Plan(train=replace(impatient.train, patience=2))
    assert train(planted, tmp_path / "run", patient, SplitSpec()).metrics()["epoch"].max() == 2


def test_a_state_need_not_be_kept(planted: SampleSet, tmp_path: Path) -> None:
    """It is as large as thrice the weights."""
    plan = replace(PLAN, train=replace(PLAN.train, epochs=1, keep_state=False))
    run = train(planted, tmp_path / "run", plan, SplitSpec())
    assert not (run.path / "state").exists()


def test_shorter_runs_are_found(planted: SampleSet, run: Path, tmp_path: Path) -> None:
    """Those of the same problem, with the epochs they were to have."""

    def found(plan: Plan) -> dict[Path, Any]:
        return dict(shorter_runs(tmp_path, training_work(planted, plan, SplitSpec(), "cpu")))

    assert found(of_epochs(5)) == {run: 2}
    assert found(PLAN) == {}
    assert found(replace(of_epochs(5), optimiser=OptimiserSettings(learning_rate=2e-3))) == {}
