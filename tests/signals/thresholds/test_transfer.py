"""Promise against outcome, by hand."""

from typing import Any

import pytest

from quantsig.signals.choice import Choice
from quantsig.signals.thresholds.transfer import transfer, transfer_sentences

BEFORE = {"precision": 0.60, "precision_low": 0.54, "precision_high": 0.66, "signals": 50}
AFTER = {"precision": 0.50, "precision_low": 0.42, "precision_high": 0.58, "signals": 40}


def choice(opening: int | None = 1, **more: Any) -> Choice:
    """A choice that met the test split, with more figures there; None: it did not."""
    test = None if opening is None else {**AFTER, "opening": opening, **more}
    return Choice(
        trial_id="c0ffee",
        rule="number",
        threshold=0.7,
        asked={},
        promise=None,
        remark="",
        created="2020-01-01T00:00:00+00:00",
        cost_fraction=0.001,
        calibration=BEFORE,
        test=test,
    )


def test_the_gap_of_two_intervals() -> None:
    """-.10 -+ the root of .08^2 + .06^2 = .10."""
    found = transfer(BEFORE, AFTER)
    assert found["precision_gap"] == pytest.approx(-0.10)
    assert found["precision_gap_low"] == pytest.approx(-0.20)
    assert found["precision_gap_high"] == pytest.approx(0.0)


def test_unknown_figures_have_no_gap() -> None:
    """No test signals, no precision; expectancies without blocks have no interval."""
    found = transfer(BEFORE | {"expectancy": 0.01}, {"precision": None, "expectancy": 0.02})
    assert found["precision_gap"] is None
    assert found["expectancy_gap"] == pytest.approx(0.01)
    assert found["expectancy_gap_low"] is None


@pytest.mark.parametrize(("target", "kept"), [(0.45, True), (0.55, False), (None, None)])
def test_a_promise_is_kept_or_not(target: float | None, kept: bool | None) -> None:
    """Against the target, not against the figure on calibration."""
    assert transfer(BEFORE, AFTER, target)["promise_kept"] is kept


def test_a_second_look_is_called_one() -> None:
    """The first is only counted."""
    assert "number 1" in transfer_sentences(choice())[-1]
    assert "no longer unseen" in transfer_sentences(choice(opening=2))[-1]


def test_the_sentence_tells_both_figures() -> None:
    """In percent, with the interval of the gap: -.10 + the root of .07^2 + .06^2 = -.0078."""
    assert transfer_sentences(choice(precision_high=0.57))[0] == (
        "precision 60.0% on calibration, 50.0% on test: -10.0% (-20.0% to -0.8%)."
    )


def test_no_outcome_no_sentence() -> None:
    """The test split is still locked."""
    assert transfer_sentences(choice(opening=None)) == []


def test_events_and_volatility_of_the_test_rows_are_told() -> None:
    """Called wrong where the interval leaves out 1; of older choices nothing is said."""
    more: dict[str, Any] = {
        "samples": 400,
        "events": 76,
        "predicted_events": 40.0,
        "event_ratio": 1.9,
        "event_ratio_low": 1.4,
        "event_ratio_high": 2.4,
        "volatility_ratio": 1.6,
    }
    _, events, volatility, _ = transfer_sentences(choice(**more))
    assert events == (
        "the probabilities foresaw 40.0 events in 400 test rows, and 76 came: 1.90 times as many "
        "(1.40 to 2.40); they were not right here."
    )
    assert volatility.startswith("over the test rows the market is 1.60 times as volatile")
    assert transfer(BEFORE, AFTER | more)["event_ratio_low"] == 1.4
    assert len(transfer_sentences(choice())) == 2
    assert transfer(BEFORE, AFTER)["event_ratio"] is None
