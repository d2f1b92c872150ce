"""Coarser bars are counted back from the decision bar."""

import numpy as np

from quantsig.data.resample import end_aligned

BARS = np.array(
    [  # open, high, low, close, volume, adjustment
        [10.0, 12, 9, 11, 100, 1.0],
        [11.0, 13, 10, 12, 200, 1.0],
        [12.0, 15, 11, 14, 300, 1.0],
        [14.0, 16, 8, 9, 400, 1.0],
    ]
)


def test_groups_end_at_the_decision_bar() -> None:
    """Two groups of two bars: first open, extremes, last close, summed volume."""
    windows = np.empty((1, 2, 5))
    end_aligned(BARS, np.array([3]), 2, windows)
    assert windows[0].tolist() == [[10, 13, 9, 12, 300], [12, 16, 8, 9, 700]]


def test_prices_are_adjusted_to_the_decision_bar() -> None:
    """A 2:1 split after the second bar halves the earlier prices and doubles their volume."""
    bars = BARS.copy()
    bars[:2, 5] = 0.5
    windows = np.empty((1, 4, 5))
    end_aligned(bars, np.array([3]), 1, windows)
    assert windows[0, 0].tolist() == [5, 6, 4.5, 5.5, 200]
    assert windows[0, 3].tolist() == [14, 16, 8, 9, 400]


def test_a_later_split_changes_nothing() -> None:
    """Scaling every adjustment, as a later split does, leaves the windows as they were."""
    before, after = np.empty((1, 4, 5)), np.empty((1, 4, 5))
    end_aligned(BARS, np.array([3]), 1, before)
    bars = BARS.copy()
    bars[:, 5] *= 0.25
    end_aligned(bars, np.array([3]), 1, after)
    np.testing.assert_array_equal(before, after)
