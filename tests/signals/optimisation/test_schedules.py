"""Rates against closed forms, and schedules that move only when it is their turn."""

from math import cos, pi

import numpy as np
import pytest
import torch

from quantsig.data.errors import ConfigError
from quantsig.signals.optimisation.schedules import (
    SCHEDULES,
    ScheduleSettings,
    build_schedule,
    rate_curve,
)

PEAK, EPOCHS, PER_EPOCH = 0.5, 30, 20
STEPS = EPOCHS * PER_EPOCH
EPOCH = np.arange(STEPS) // PER_EPOCH


def curve(name: str, **settings: float) -> np.ndarray:
    made = ScheduleSettings(name=name, **settings)  # type: ignore[arg-type]
    return rate_curve(made, PEAK, STEPS, PER_EPOCH)


def optimiser() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)


def test_warmup_then_half_a_cosine() -> None:
    """Linear over a tenth of the steps, the peak, and zero at the end."""
    rates = curve("warmup_cosine")
    np.testing.assert_allclose(rates[:60], PEAK * np.arange(1, 61) / 60)
    after = np.arange(STEPS - 60) / (STEPS - 60)
    np.testing.assert_allclose(rates[60:], PEAK * (1 + np.cos(pi * after)) / 2)


def test_a_short_warmup_is_not_stretched() -> None:
    """A tenth is the most, not the rule."""
    assert curve("warmup_cosine", warmup_steps=10)[9] == PEAK
    assert curve("warmup_cosine", warmup_steps=0)[0] == PEAK


def test_steps_of_epochs() -> None:
    """Times .1 after every ten epochs."""
    np.testing.assert_allclose(curve("step"), PEAK * 0.1 ** (EPOCH // 10))


def test_cosine_ends_above_zero() -> None:
    """The closed form, with a least rate of 1e-6 (torch's own is built up step by step)."""
    expected = 1e-6 + (PEAK - 1e-6) * (1 + np.cos(pi * EPOCH / EPOCHS)) / 2
    np.testing.assert_allclose(curve("cosine"), expected, rtol=1e-9)


def test_warmup_by_epochs() -> None:
    """A fifth of the peak in the first of five epochs, then half a cosine."""
    rates = curve("warmup_epochs")[::PER_EPOCH]
    np.testing.assert_allclose(rates[:6], PEAK * np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.0]))
    assert rates[-1] == pytest.approx(PEAK * (1 + cos(pi * 24 / 25)) / 2)


def test_a_warmup_as_long_as_the_training_is_refused() -> None:
    """The error counts the epochs."""
    with pytest.raises(ConfigError, match="The training has 30 epochs"):
        curve("warmup_epochs", warmup_epochs=30)


def test_what_moves_by_nothing_stays() -> None:
    """Constant, and the plateau of a loss that keeps falling."""
    assert set(curve("constant")) == {PEAK}
    assert set(curve("plateau")) == {PEAK}


def test_a_plateau_lowers_the_rate_after_its_patience() -> None:
    """Five epochs without a lower loss are borne, the sixth is not; steps are not counted."""
    moved = optimiser()
    schedule = build_schedule(moved, ScheduleSettings(name="plateau"), STEPS, PER_EPOCH)
    rates = []
    for _ in range(8):
        for _ in range(PER_EPOCH):
            schedule.after_step()
        schedule.after_epoch(metric=1.0)
        rates.append(moved.param_groups[0]["lr"])
    assert rates == pytest.approx([PEAK] * 6 + [PEAK / 10] * 2)


@pytest.mark.parametrize(
    "name", [name for name, kind in SCHEDULES.items() if kind.steps != "per_metric"]
)
@pytest.mark.parametrize("metric", [0.0, 0.7, 1e9, float("nan")])
def test_a_schedule_that_counts_cannot_be_stepped_with_a_metric(name: str, metric: float) -> None:
    """Whatever the loss is, the rates are the plan's: it does not restart or stand still."""
    moved = optimiser()
    settings = ScheduleSettings(name=name)
    schedule = build_schedule(moved, settings, STEPS, PER_EPOCH)
    rates = []
    for number in range(STEPS):
        rates.append(moved.param_groups[0]["lr"])
        moved.step()
        schedule.after_step()
        if (number + 1) % PER_EPOCH == 0:
            schedule.after_epoch(metric)
    np.testing.assert_array_equal(rates, rate_curve(settings, PEAK, STEPS, PER_EPOCH))


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_moves_only_when_it_is_its_turn(name: str) -> None:
    """Steps move per_step alone, epochs all others, and metrics per_metric alone."""
    schedule = build_schedule(optimiser(), ScheduleSettings(name=name), STEPS, PER_EPOCH)
    before = schedule.state_dict()
    schedule.scheduler.optimizer.step()
    schedule.after_step()
    assert (schedule.state_dict() != before) == (schedule.steps == "per_step")
    between = schedule.state_dict()
    schedule.after_epoch(0.5)
    assert (schedule.state_dict() != between) == (schedule.steps != "per_step")


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_resumed_schedule_goes_on(name: str) -> None:
    """State after 137 of 600 steps, loaded into a fresh one, gives the same rates."""
    settings = ScheduleSettings(name=name, plateau_patience=1)
    first, second = optimiser(), optimiser()
    whole = build_schedule(first, settings, STEPS, PER_EPOCH)
    rest = build_schedule(second, settings, STEPS, PER_EPOCH)
    for number in range(STEPS):
        if number == 137:
            rest.load_state_dict(whole.state_dict())
            second.load_state_dict(first.state_dict())
        for moved, schedule in ((first, whole), (second, rest))[: 1 + (number >= 137)]:
            moved.step()
            schedule.after_step()
            if (number + 1) % PER_EPOCH == 0:
                schedule.after_epoch(1.0)
        if number >= 137:
            assert first.param_groups[0]["lr"] == second.param_groups[0]["lr"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("warmup_steps", -1),
        ("warmup_epochs", 0),
        ("step_epochs", 0),
        ("factor", 1.0),
        ("plateau_patience", -1),
        ("minimum_rate", -1e-6),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(field: str, value: float) -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match=f"schedule.{field}"):
        ScheduleSettings(**{field: value})  # type: ignore[arg-type]


def test_an_unknown_schedule_lists_the_known() -> None:
    """And offers the nearest."""
    with pytest.raises(ConfigError, match=r"Did you mean cosine\? Known: warmup_cosine"):
        ScheduleSettings(name="cosin")
