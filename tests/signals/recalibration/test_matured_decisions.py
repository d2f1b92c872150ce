"""Decisions that came out, as a calibrator is fitted on them."""

import math

import pytest

from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.forward.lines import Line
from quantsig.signals.recalibration.matured_decisions import MaturedDecisions
from tests.signals.forward.journals import begun, decision, outcome

STEEP = Sigmoid(slope=2.0, intercept=0.0)  # .75, odds of 3, becomes odds of 9
KNOWN = {"c": (), "steep": (STEEP,), "other": (Sigmoid(slope=3.0, intercept=1.0),)}


def heard(in_force: str, *lines: Line) -> MaturedDecisions:
    found = MaturedDecisions(KNOWN, KNOWN[in_force])
    for line in lines:
        found.hear(line)
    return found


def test_only_what_somebody_knows_is_a_row() -> None:
    """Neither what is pending, nor what vanished, nor what the label leaves out."""
    found = heard(
        "c",
        begun(),
        *(decision("A", hour, signal=hour == 0, late=hour == 0) for hour in range(5)),
        outcome("A", 0),
        outcome("A", 1, hit=False, forward_return=-0.02),
        outcome("A", 2, hit=None),
        outcome("A", 3, status="vanished", hit=None, label_end=None),
    ).rows()
    assert found.select("symbol", "probability", "hit", "forward_return").rows() == [
        ("A", 0.75, True, 0.01),
        ("A", 0.75, False, -0.02),
    ]


@pytest.mark.parametrize(
    ("decided_by", "probabilities", "left_out"),
    [("c", [0.9], 0), ("steep", [0.75], 0), ("other", [], 1)],
)
def test_probabilities_are_told_as_those_in_force(
    decided_by: str, probabilities: list[float], left_out: int
) -> None:
    """What went by the same maps or fewer goes through the rest; what went by another cannot."""
    found = heard("steep", begun(choice_id=decided_by), decision("A", 0), outcome("A", 0))
    assert found.rows()["probability"].to_list() == pytest.approx(probabilities)
    assert found.left_out == left_out


def test_the_terms_of_the_decision_count() -> None:
    """Not those that hold when it comes out."""
    found = heard(
        "steep", begun(), decision("A", 0), begun(choice_id="steep"), outcome("A", 0)
    ).rows()
    assert math.isclose(found["probability"].item(), 0.9)
