"""Coarser bars are counted back from the decision bar."""

import numpy as np

from quantsig.data.resample import MONDAY_US, calendar_aligned, end_aligned
from tests.data.charts.bars import HOUR_US

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


def clock_windows(times_us: list[int], decision_row: int, multiple: int) -> list[list[float]]:
    """Calendar groups of BARS, stamped in hours since Monday, 1970-01-05."""
    windows = np.empty((1, 2, 5))
    times = MONDAY_US + np.array(times_us) * HOUR_US
    calendar_aligned(BARS, times, np.array([decision_row]), multiple, HOUR_US, windows)
    groups: list[list[float]] = windows[0].tolist()
    return groups


def test_calendar_groups_end_at_clock_times() -> None:
    """Bars that close at 1, 2 | 3, 4 o'clock; at 3 the newest group holds one bar so far."""
    hours = [1, 2, 3, 4]
    assert clock_windows(hours, 3, 2) == [[10, 13, 9, 12, 300], [12, 16, 8, 9, 700]]
    assert clock_windows(hours, 2, 2) == [[10, 13, 9, 12, 300], [12, 15, 11, 14, 300]]


def test_hours_without_bars_make_no_group() -> None:
    """A night between the second and the third bar: both groups are short, none is empty."""
    hours = [1, 2, 15, 17]
    assert clock_windows(hours, 2, 4) == [[10, 13, 9, 12, 300], [12, 15, 11, 14, 300]]


def test_a_week_of_daily_bars_ends_with_the_week() -> None:
    """Thursday and Friday are one week, Monday and Tuesday the next."""
    days = [4, 5, 8, 9]
    windows = np.empty((1, 2, 5))
    times = MONDAY_US + np.array(days) * 24 * HOUR_US
    calendar_aligned(BARS, times, np.array([3]), 7, 24 * HOUR_US, windows)
    assert windows[0].tolist() == [[10, 13, 9, 12, 300], [12, 16, 8, 9, 700]]


def test_a_group_never_holds_more_than_its_multiple() -> None:
    """Bars that come faster than stated cannot make a sample look back further."""
    windows = np.empty((1, 2, 5))
    times = MONDAY_US + np.array([1, 2, 3, 4])
    calendar_aligned(BARS, times, np.array([3]), 2, HOUR_US, windows)
    assert windows[0].tolist() == [[10, 13, 9, 12, 300], [12, 16, 8, 9, 700]]
