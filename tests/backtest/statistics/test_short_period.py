"""Annual figures of a few sessions."""

import numpy as np
import pytest

from quantsig.backtest.statistics.sessions import sessions
from quantsig.backtest.statistics.short_period import remarks_on_period
from quantsig.data.calendar.sessions import UTC_DAYS

DAY = 86_400_000_000


@pytest.mark.parametrize(("days", "said"), [(3, 1), (19, 1), (20, 0), (250, 0)])
def test_few_sessions_are_named(days: int, said: int) -> None:
    """With their number; from 20 on nothing is said."""
    period = sessions(np.arange(1, days + 1) * DAY, np.ones(days), UTC_DAYS)
    remarks = remarks_on_period(period)
    assert len(remarks) == said
    assert all(f"Sessions traded: {days}." in remark for remark in remarks)


def test_hours_of_three_days_are_three_sessions() -> None:
    """Bars within a day are of one session."""
    times = np.array([1, 2, 25, 26, 49, 50]) * (DAY // 24)
    assert "3" in remarks_on_period(sessions(times, np.ones(6), UTC_DAYS))[0]
