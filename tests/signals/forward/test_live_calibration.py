"""Sums of what came out, by bin of probability and by week."""

import numpy as np

from quantsig.signals.forward.live_calibration import CalibrationSoFar
from tests.signals.forward.journals import begun, decision, outcome


def heard() -> CalibrationSoFar:
    """Two decisions below one half and two above, a week apart."""
    found = CalibrationSoFar(np.array([0.5]))
    found.hear(begun())
    for hour, probability in ((0, 0.2), (1, 0.5), (24 * 7, 0.3), (24 * 7 + 1, 0.9)):
        found.hear(decision("A", hour, probability=probability, late=hour == 1))
    found.hear(outcome("A", 0, hit=False))
    found.hear(outcome("A", 1))
    found.hear(outcome("A", 24 * 7, status="vanished", hit=None))
    return found


def test_what_came_out_is_summed_by_bin() -> None:
    """A bin holds its lower edge; what nobody knows is in none."""
    found = heard()
    assert found.matured.tolist() == [1.0, 1.0]
    assert found.hits.tolist() == [0.0, 1.0]
    assert found.said.tolist() == [0.2, 0.5]


def test_weeks_are_those_of_the_calendar() -> None:
    """ISO weeks, with what was late in them."""
    weeks = heard().weeks
    assert [(name, week.decisions, week.late) for name, week in weeks.items()] == [
        ("2026-W02", 2, 1),
        ("2026-W03", 2, 0),
    ]
    assert weeks["2026-W03"].bins.tolist() == [1.0, 1.0]
