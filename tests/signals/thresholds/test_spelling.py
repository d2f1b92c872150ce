"""What is printed of a threshold selects the rows that the threshold does."""

import numpy as np
import pytest

from quantsig.signals.thresholds.spelling import spelled


@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-9])
def test_printed_thresholds_select_the_same_rows(spread: float) -> None:
    """200 of them, taken from rows however close together; four digits alone do for few."""
    random = np.random.default_rng(7)
    probabilities = 0.3 + spread * 0.6 * random.random(5000)
    astray = 0
    for threshold in random.choice(probabilities, 200, replace=False):
        printed = repr(spelled(float(threshold), probabilities))
        np.testing.assert_array_equal(probabilities >= float(printed), probabilities >= threshold)
        four = float(f"{threshold:.4g}")
        astray += int(not np.array_equal(probabilities >= four, probabilities >= threshold))
    assert astray > 50  # what it is for


def test_short_ones_stay_short() -> None:
    """A number that was given, and one with room below it."""
    rows = np.array([0.1, 0.52345678, 0.9])
    assert spelled(0.7, rows) == 0.7
    assert spelled(0.52345678, rows) == 0.5234
    assert spelled(0.1, rows) == 0.1
    assert spelled(0.57, rows) == 0.57  # though 0.57 * 10,000 falls short of 5,700
