"""Two choices of one run against each other."""

from pathlib import Path

import pytest

from quantsig.data.errors import DataError
from quantsig.signals.runs import Run
from quantsig.signals.thresholds import choices
from quantsig.signals.thresholds.comparison import compare_choices, comparison_sentence
from quantsig.signals.thresholds.rules import AskedRule
from tests.scored_run import scored_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """300 calibration days whose probabilities are right."""
    return scored_run(tmp_path / "runs" / "one")


def test_a_much_higher_threshold_differs(run: Run) -> None:
    """Of rows above .9 some 95 % are events, of rows above .1 some 55 %."""
    low = choices.choose(run, AskedRule(name="number", value=0.1), 0.001)
    high = choices.choose(run, AskedRule(name="number", value=0.9), 0.001)
    found = compare_choices(run, high, low)
    assert found.differ
    assert found.difference == pytest.approx(0.4, abs=0.1)
    sentence = comparison_sentence(run, high)
    assert sentence is not None
    assert sentence.endswith("they differ.")


def test_a_neighbour_may_be_luck(run: Run) -> None:
    """Nearly the same rows."""
    choices.choose(run, AskedRule(name="number", value=0.5), 0.001)
    sentence = comparison_sentence(
        run, choices.choose(run, AskedRule(name="number", value=0.502), 0.001)
    )
    assert sentence is not None
    assert "that may be luck" in sentence


def test_the_first_choice_has_nothing_to_be_compared_with(run: Run) -> None:
    """No sentence."""
    assert (
        comparison_sentence(run, choices.choose(run, AskedRule(name="number", value=0.5), 0.001))
        is None
    )


def test_a_choice_that_selects_nothing_cannot_be_compared(run: Run) -> None:
    """It is said in one sentence and refused in another."""
    some, none = (
        choices.choose(run, AskedRule(name="number", value=at), 0.001) for at in (0.5, 1.0)
    )
    with pytest.raises(DataError, match="selects no row"):
        compare_choices(run, some, none)
    assert "selects no row" in str(comparison_sentence(run, none))
