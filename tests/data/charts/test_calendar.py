"""The calendar plane marks where sessions begin and how far they are."""

import numpy as np

from quantsig.data.charts.draw import draw
from quantsig.data.charts.spec import ChartSpec
from tests.data.charts.bars import HOUR_US, random_matrix

SIZE = {"timeframes": (1,), "panels": (), "bars": 4, "width": 8, "height": 24}


def test_a_new_day_is_a_full_column() -> None:
    """Hourly bars: the bar that closes at 01:00 is the first of its day."""
    bars = random_matrix(60)
    row = int(np.flatnonzero(bars.times_us == 25 * HOUR_US)[0])
    spec = ChartSpec(calendar="day", slow_bars=5, **SIZE)  # type: ignore[arg-type]
    plane = draw(bars, np.array([row + 1]), spec)[0, 0]
    heights = plane.sum(axis=0).tolist()
    assert heights == [23, 0, 24, 0, 24, 0, 2, 0]


def test_the_first_session_needs_the_bar_before_it() -> None:
    """A chart of the first usable bar never looks at the row before its own symbol's first."""
    spec = ChartSpec(calendar="day", slow_bars=1, fast_bars=1, **SIZE)  # type: ignore[arg-type]
    assert spec.history_bars == spec.bars + 1


def test_weekly_sessions_begin_on_monday() -> None:
    """Daily bars: the stamp at the end of Monday 1970-01-05 opens a week."""
    bars = random_matrix(60)
    bars.times_us[:] = (np.arange(60) + 1) * 24 * HOUR_US
    spec = ChartSpec(calendar="week", slow_bars=5, **{**SIZE, "height": 14})  # type: ignore[arg-type]
    plane = draw(bars, np.array([5 + 4]), spec)[0, 0]  # the bar of Saturday 1970-01-10
    marked = plane[:, ::2].sum(axis=0).tolist()
    assert marked == [6, 8, 10, 12]
    plane = draw(bars, np.array([4]), spec)[0, 0]  # the bar of Monday 1970-01-05
    assert plane[:, 6].sum() == 14
