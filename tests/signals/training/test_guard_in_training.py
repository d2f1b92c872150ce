"""What a training does about gradients that are no numbers: skip, roll back, stop."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from quantsig.data.errors import CheckFailed
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.optimisation.schedules import ScheduleSettings
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import AlarmSettings, Plan, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.training.conftest import RESULTS, CrashError, Spoil, crashing

pytestmark = pytest.mark.xdist_group("guard")
STEPS = 7  # an epoch
RATE = 1e-3
PLAN = Plan(
    train=TrainSettings(model="bars_cnn", epochs=3, batch_size=64, seed=3, save_minutes=1e-9),
    optimiser=OptimiserSettings(learning_rate=RATE),
    schedule=ScheduleSettings(name="constant"),
    alarms=AlarmSettings(gradient_skips=1, gradient_roll_backs=1),
)


def rates(run: Path) -> list[float]:
    """The learning rate at the end of each epoch."""
    metrics = pl.read_parquet(run / "metrics.parquet")
    return metrics.filter(split="validation")["learning_rate"].to_list()


def test_a_gradient_that_is_no_number_is_left_out(
    planted: SampleSet, tmp_path: Path, spoil: Spoil
) -> None:
    """Weights, batch statistics and figures stay finite; the rate is as it was."""
    spoil([4])
    run = train(planted, tmp_path / "run", PLAN, SplitSpec())
    for name, weight in load_file(run.path / "model.safetensors").items():
        assert np.isfinite(weight).all(), name
    assert run.metrics()["loss"].is_finite().all()
    assert rates(run.path) == [RATE] * 3
    assert run.record.warnings == ()


def test_a_first_step_can_be_left_out(planted: SampleSet, tmp_path: Path, spoil: Spoil) -> None:
    """Also under a schedule that moves with the steps."""
    spoil([0])
    plan = replace(PLAN, schedule=ScheduleSettings(), train=replace(PLAN.train, epochs=1))
    assert train(planted, tmp_path / "run", plan, SplitSpec()).metrics()["loss"].is_finite().all()


def test_a_left_out_step_does_not_move_the_weights(
    planted: SampleSet, tmp_path: Path, spoil: Spoil
) -> None:
    """With every step of the second epoch left out it measures what the first did."""
    spoil(range(STEPS, 2 * STEPS))
    lenient = AlarmSettings(gradient_skips=STEPS)
    plan = replace(PLAN, alarms=lenient, train=replace(PLAN.train, epochs=2))
    run = train(planted, tmp_path / "run", plan, SplitSpec())
    first, second = run.metrics().filter(split="validation")["loss"]
    assert first == second


@pytest.mark.parametrize("name", ["constant", "cosine", "warmup_cosine"])
def test_a_roll_back_halves_the_rest_of_the_schedule(
    planted: SampleSet, tmp_path: Path, spoil: Spoil, name: str
) -> None:
    """The second bad step rolls back: from then on every rate is half of what it would be."""
    schedule = ScheduleSettings(name=name, warmup_epochs=1, step_epochs=1, minimum_rate=0.0)
    plan = replace(PLAN, schedule=schedule)
    calm = train(planted, tmp_path / "calm", plan, SplitSpec())
    spoil([STEPS + 1, STEPS + 2])
    run = train(planted, tmp_path / "run", plan, SplitSpec())
    halved = np.array(rates(calm.path)) * [1.0, 0.5, 0.5]
    np.testing.assert_allclose(rates(run.path), halved, rtol=1e-12, atol=1e-18)
    assert any("halved" in warning for warning in run.record.warnings)


def test_a_roll_back_brings_the_last_epoch_back(
    planted: SampleSet, tmp_path: Path, spoil: Spoil
) -> None:
    """Rolled back at the last step of the second epoch, it measures what the first did."""
    spoil([2 * STEPS - 2, 2 * STEPS - 1])
    run = train(planted, tmp_path / "run", PLAN, SplitSpec())
    first, second, third = run.metrics().filter(split="validation")["loss"]
    assert first == second != third


def test_gradients_that_keep_failing_end_the_training(
    planted: SampleSet, tmp_path: Path, spoil: Spoil
) -> None:
    """One left out, one roll back, one left out, stop: exit code 4 at the fourth; no run."""
    spoil(range(7, 100))
    with pytest.raises(CheckFailed, match="diverged.* step 11") as caught:
        train(planted, tmp_path / "run", PLAN, SplitSpec())
    assert caught.value.exit_code == 4
    assert not (tmp_path / "run").exists()


def test_a_resume_after_skips_and_roll_backs_changes_nothing(
    planted: SampleSet, tmp_path: Path, spoil: Spoil
) -> None:
    """Killed after a step left out, between two bad steps, after a roll back, at an epoch's end."""
    spoil([4, 8, 9])
    whole = train(planted, tmp_path / "whole", PLAN, SplitSpec())
    out = tmp_path / "run"
    for step in (5, 9, 10, 14):
        with pytest.raises(CrashError):
            train(
                planted,
                out,
                PLAN,
                SplitSpec(),
                launch=Launch(callbacks=Callbacks(progress=crashing(step))),
            )
    run = train(planted, out, PLAN, SplitSpec())
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole.path / name).read_bytes(), name
    assert run.record.warnings == whole.record.warnings


def exploding(epochs: int) -> Plan:
    """A training whose first step makes the weights infinite."""
    train = replace(PLAN.train, epochs=epochs, batch_size=256)  # two steps an epoch
    return replace(PLAN, train=train, optimiser=OptimiserSettings(name="sgd", learning_rate=1e38))


def test_an_epoch_without_finite_figures_is_not_rolled_back_to(
    planted: SampleSet, tmp_path: Path
) -> None:
    """The state keeps the tensors of the last good end of an epoch: here the first ones."""
    out = tmp_path / "run"
    with pytest.raises(CrashError):
        train(
            planted,
            out,
            exploding(9),
            SplitSpec(),
            launch=Launch(callbacks=Callbacks(progress=crashing(3))),
        )
    state = tmp_path / ".run.part" / "state"
    kept = json.loads((state / "state.json").read_text())["tensors"]["epoch"]["file"]
    assert kept == "step-0.safetensors"


def test_a_resume_after_figures_that_are_no_numbers_changes_nothing(
    planted: SampleSet, tmp_path: Path
) -> None:
    """JSON has no NaN; the rows of the epochs before come back as they were."""
    saved = []
    for name, step in (("whole", None), ("cut", 4)):
        out = tmp_path / name
        if step:
            with pytest.raises(CrashError):
                train(
                    planted,
                    out,
                    exploding(9),
                    SplitSpec(),
                    launch=Launch(callbacks=Callbacks(progress=crashing(step))),
                )
        with pytest.raises(CheckFailed):
            train(planted, out, exploding(9), SplitSpec())
        saved.append((tmp_path / f".{name}.part" / "metrics.parquet").read_bytes())
    assert saved[0] == saved[1]
