"""Session returns and how many a year has."""

import numpy as np
import pytest

from quantsig.backtest.statistics.sessions import sessions
from quantsig.data.calendar.sessions import DAY_US as DAY
from quantsig.data.calendar.sessions import UTC_DAYS


def test_sessions_end_with_the_last_bar_of_each_day() -> None:
    """Six-hour bars over two days: from the first bar to the day's end, then day to day."""
    times = np.array([6, 12, 18, 30, 36]) * DAY // 24
    days = sessions(times, np.array([1.0, 1.5, 2.0, 3.0, 4.0]), UTC_DAYS)
    assert days.returns.tolist() == [1.0, 1.0]
    assert days.years == pytest.approx(30 / 24 / 365.2425)


def test_daily_bars_have_one_return_less_than_bars() -> None:
    """The first daily bar is where the capital starts."""
    days = sessions(np.arange(3) * DAY, np.array([1.0, 1.1, 1.21]), UTC_DAYS)
    assert days.returns == pytest.approx([0.1, 0.1])


def test_sessions_a_year_are_those_of_the_data() -> None:
    """Five sessions a week for a hundred weeks are 5 / 7 of the days of a year."""
    days = np.array([7 * week + day for week in range(100) for day in range(5)])
    shown = sessions(days * DAY, np.ones(500), UTC_DAYS)
    assert shown.per_year == pytest.approx(365.2425 * 499 / 697)
    assert shown.per_year == pytest.approx(365.2425 * 5 / 7, rel=0.01)


def test_hourly_bars_around_the_clock_have_a_session_a_day() -> None:
    """The first and last day are partial; still a year has 365.2425 sessions."""
    shown = sessions(np.arange(13, 200) * DAY // 24, np.ones(187), UTC_DAYS)
    assert shown.per_year == pytest.approx(365.2425)


def test_a_lost_account_earns_nothing_more() -> None:
    """The session of the ruin returns -1, later ones 0, also where a debt is left."""
    days = sessions(np.arange(5) * DAY, np.array([1.0, 0.5, 0.0, 0.0, 0.2]), UTC_DAYS)
    assert days.returns.tolist() == [-0.5, -1.0, 0.0, 0.0]
    days = sessions(np.arange(3) * DAY, np.array([1.0, -0.5, -0.5]), UTC_DAYS)
    assert days.returns.tolist() == [-1.0, 0.0]
