"""The guard skips, rolls back and stops, and a resume makes no difference."""

import json

import numpy as np
import pytest

from quantsig.signals.training.settings import AlarmSettings
from quantsig.signals.training.steps.gradient_guard import GradientGuard

SETTINGS = AlarmSettings()
NAN, INF = float("nan"), float("inf")


def warmed(norm: float = 1.0) -> GradientGuard:
    """A guard that has seen twenty good norms."""
    guard = GradientGuard(SETTINGS)
    assert {guard.judge(norm) for _ in range(20)} == {"ok"}
    return guard


@pytest.mark.parametrize("norm", [NAN, INF, 100.1])
def test_a_bad_gradient_is_skipped(norm: float) -> None:
    """Not finite, or above a hundred times the median."""
    guard = warmed()
    assert guard.judge(100.0) == "ok"
    assert guard.judge(norm) == "skip"


def test_it_first_skips_then_rolls_back_then_stops() -> None:
    """Three skips and a roll back, three times over; the fourth roll back is a stop."""
    guard = warmed()
    round_trip = ["skip", "skip", "skip"]
    expected = 3 * [*round_trip, "roll_back"] + [*round_trip, "stop"]
    assert [guard.judge(NAN) for _ in expected] == expected


def test_ten_calm_steps_forgive_what_was_skipped() -> None:
    """Nine do not: every other bad step still ends in a roll back."""
    for calm, last in ((10, "skip"), (9, "roll_back")):
        guard = warmed()
        verdicts = []
        for _ in range(4):
            verdicts.append(guard.judge(NAN))
            assert {guard.judge(1.0) for _ in range(calm)} == {"ok"}
        assert verdicts[-1] == last


def test_nothing_explodes_before_the_usual_is_known() -> None:
    """The first norms may be anything finite; a zero median says nothing either."""
    guard = GradientGuard(SETTINGS)
    assert [guard.judge(norm) for norm in (1e-3, 1e3, 1.0)] == ["ok"] * 3
    assert guard.judge(NAN) == "skip"
    assert warmed(0.0).judge(5.0) == "ok"


def test_bad_norms_do_not_move_the_median() -> None:
    """After an explosion the next is still one."""
    guard = warmed()
    assert [guard.judge(1e6), guard.judge(1e6), guard.judge(1.0)] == ["skip", "skip", "ok"]


def test_a_resumed_guard_judges_alike() -> None:
    """From any step, through JSON."""
    random = np.random.default_rng(2)
    norms = np.exp(random.normal(size=300)) * np.where(random.random(300) < 0.1, 1e4, 1.0)
    norms[random.random(300) < 0.05] = NAN
    for interrupted in range(0, 300, 37):
        whole, resumed = GradientGuard(SETTINGS), GradientGuard(SETTINGS)
        for number, norm in enumerate(norms):
            if number == interrupted:
                text = json.dumps(whole.state_dict(), allow_nan=False)
                resumed.load_state_dict(json.loads(text))
            verdict = whole.judge(float(norm))
            if number >= interrupted:
                assert resumed.judge(float(norm)) == verdict
        assert resumed.state_dict() == whole.state_dict()


def test_the_usual_norm_is_the_median_of_the_newest_good_ones() -> None:
    """A step that was left out does not count, nor do those of the epoch before."""
    guard = warmed()
    assert GradientGuard(SETTINGS).usual_norm(3) is None
    for norm in (2.0, 5.0, NAN, 3.0):
        guard.judge(norm)
    assert guard.usual_norm(3) == 3.0
    assert guard.usual_norm(1000) == 1.0
