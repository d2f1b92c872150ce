"""Returns by calendar years."""

from datetime import datetime

import numpy as np
import pytest

from quantsig.backtest.calendar_returns import monthly, yearly
from tests.backtest.trade_rows import trades_frame


def test_years_chain_to_the_total() -> None:
    """The first day of a year counts from the last of the year before."""
    ends = [datetime(2023, 12, 29), datetime(2023, 12, 30), datetime(2024, 1, 2)]
    times = np.array(ends, dtype="datetime64[us]").astype(np.int64)
    rows = yearly(trades_frame([0.1]), times, np.array([1.0, 1.5, 1.2]))
    assert [row["year"] for row in rows] == [2023, 2024]
    assert [row["return"] for row in rows] == pytest.approx([0.5, -0.2])
    assert [row["max_drawdown"] for row in rows] == pytest.approx([0.0, -0.2])
    assert [row["trades"] for row in rows] == [0, 1]


def test_months_chain_to_the_total() -> None:
    """A month without bars has no row; the next one counts from the last equity there was."""
    ends = [datetime(2023, 11, 29), datetime(2023, 11, 30), datetime(2024, 1, 2)]
    times = np.array(ends, dtype="datetime64[us]").astype(np.int64)
    rows = monthly(times, np.array([1.0, 1.5, 1.2]))
    assert [(row["year"], row["month"]) for row in rows] == [(2023, 11), (2024, 1)]
    assert [row["return"] for row in rows] == pytest.approx([0.5, -0.2])


def test_nothing_is_earned_on_nothing() -> None:
    """After a ruin the return of a month is null."""
    ends = [datetime(2023, 11, 29), datetime(2023, 12, 30), datetime(2024, 1, 2)]
    times = np.array(ends, dtype="datetime64[us]").astype(np.int64)
    rows = monthly(times, np.array([1.0, 0.0, 0.0]))
    assert [row["return"] for row in rows] == [0.0, -1.0, None]
