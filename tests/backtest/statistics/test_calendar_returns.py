"""Returns by calendar years."""

import itertools
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from quantsig.backtest.statistics.calendar_returns import monthly, yearly
from quantsig.data.bars import adjusted
from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.data.demo import demo_bars
from tests.backtest.trade_rows import trades_frame


def test_years_chain_to_the_total() -> None:
    """The first day of a year counts from the last of the year before.

    The trade is entered with a bar that closes as 2024 begins, so it is of the year before.
    """
    ends = [datetime(2023, 12, 29), datetime(2023, 12, 30), datetime(2024, 1, 2)]
    times = np.array(ends, dtype="datetime64[us]").astype(np.int64)
    rows = yearly(trades_frame([0.1]), times, np.array([1.0, 1.5, 1.2]), UTC_DAYS)
    assert [row["year"] for row in rows] == [2023, 2024]
    assert [row["return"] for row in rows] == pytest.approx([0.5, -0.2])
    assert [row["max_drawdown"] for row in rows] == pytest.approx([0.0, -0.2])
    assert [row["trades"] for row in rows] == [1, 0]


def test_months_chain_to_the_total() -> None:
    """A month without bars has no row; the next one counts from the last equity there was."""
    ends = [datetime(2023, 11, 29), datetime(2023, 11, 30), datetime(2024, 1, 2)]
    times = np.array(ends, dtype="datetime64[us]").astype(np.int64)
    rows = monthly(times, np.array([1.0, 1.5, 1.2]), UTC_DAYS)
    assert [(row["year"], row["month"]) for row in rows] == [(2023, 11), (2024, 1)]
    assert [row["return"] for row in rows] == pytest.approx([0.5, -0.2])


def test_nothing_is_earned_on_nothing() -> None:
    """After a ruin the return of a month is null."""
    ends = [datetime(2023, 11, 29), datetime(2023, 12, 30), datetime(2024, 1, 2)]
    times = np.array(ends, dtype="datetime64[us]").astype(np.int64)
    rows = monthly(times, np.array([1.0, 0.0, 0.0]), UTC_DAYS)
    assert [row["return"] for row in rows] == [0.0, -1.0, None]


def walk(count: int, seed: int) -> np.ndarray:
    """An equity curve that starts at 1."""
    steps = np.random.default_rng(seed).normal(0.0004, 0.01, count - 1)
    return np.append(1.0, np.cumprod(1.0 + steps))


def micros(stamps: pd.DatetimeIndex) -> np.ndarray:
    return stamps.tz_convert("UTC").as_unit("us").asi8


def daily(zone: str) -> tuple[np.ndarray, pd.Series]:
    """Four years of daily bars that close at the next local midnight, and the days they cover."""
    days = pd.bdate_range("2009-12-28", "2014-02-05")
    closes = (days + pd.Timedelta(days=1)).tz_localize(zone)
    return micros(closes), pd.Series(days)


def around_the_clock() -> tuple[np.ndarray, pd.Series]:
    """Four-hour bars of a market that never closes, in UTC."""
    opens = pd.date_range("2020-12-30", "2022-03-02", freq="4h", tz="UTC")
    return micros(opens + pd.Timedelta(hours=4)), pd.Series(opens.tz_localize(None).normalize())


def nights() -> tuple[np.ndarray, pd.Series]:
    """Half-hour bars of futures in Shanghai: nights from 21:00 to 02:30, days from 09:00."""
    opened: list[pd.Timestamp] = []
    covered: list[pd.Timestamp] = []
    trading = pd.bdate_range("2021-11-25", "2023-02-03")
    for before, day in itertools.pairwise(trading):  # a night belongs to the next trading day
        evening, morning = before + pd.Timedelta(hours=21), day + pd.Timedelta(hours=9)
        starts = [evening + pd.Timedelta(minutes=30 * n) for n in range(11)]
        starts += [morning + pd.Timedelta(minutes=30 * n) for n in range(12) if n not in (5, 6, 7)]
        opened += starts
        covered += [day] * len(starts)
    closes = pd.DatetimeIndex(opened).tz_localize("Asia/Shanghai") + pd.Timedelta(minutes=30)
    return micros(closes), pd.Series(covered)


MARKETS = {
    "New York": (*daily("America/New_York"), SessionCalendar(timezone="America/New_York")),
    "Shanghai": (*daily("Asia/Shanghai"), SessionCalendar(timezone="Asia/Shanghai")),
    "UTC": (*around_the_clock(), SessionCalendar(timezone="UTC")),
    "nights": (*nights(), SessionCalendar(timezone="Asia/Shanghai", session_start="21:00")),
}


@pytest.mark.parametrize("market", MARKETS)
def test_the_tables_are_those_of_a_group_by_on_the_days_covered(market: str) -> None:
    """Months and years of four markets by pandas, on days that were known before the stamps."""
    times, days, calendar = MARKETS[market]
    equity = walk(len(times), seed=len(market))
    index = pd.DatetimeIndex(days)
    curve = pd.Series(equity, index=index)
    by_month = curve.groupby([index.year, index.month]).last()
    by_year = curve.groupby(index.year).last()
    for rows, ends in (
        (monthly(times, equity, calendar), by_month),
        (yearly(trades_frame([]), times, equity, calendar), by_year),
    ):
        expected = ends / ends.shift(1).fillna(1.0) - 1.0
        keys = [(row["year"], row["month"]) if "month" in row else row["year"] for row in rows]
        assert keys == list(expected.index)
        assert [row["return"] for row in rows] == pytest.approx(expected.to_numpy(), abs=1e-12)


def test_the_last_day_of_a_demo_year_is_of_that_year() -> None:
    """Apple's adjusted closes of the demo, by New York days: 2011 to 2013 by pandas.

    By the UTC dates of the closes the last day of each year would count in the next.
    """
    demo = demo_bars()
    apple = adjusted(demo.bars.filter(symbol="AAPL"))
    times = apple["timestamp"].dt.epoch("us").to_numpy()
    equity = apple["close"].to_numpy() / apple["close"][0]
    local = pd.DatetimeIndex(apple["timestamp"].to_numpy()).tz_localize("UTC")
    days = (local.tz_convert("America/New_York") - pd.Timedelta(minutes=1)).tz_localize(None)
    ends = pd.Series(equity, index=days).groupby(days.year).last()
    expected = (ends / ends.shift(1) - 1.0).loc[2011:].to_numpy()
    found = yearly(trades_frame([]), times, equity, demo.calendar)
    assert [row["return"] for row in found[-3:]] == pytest.approx(expected, abs=1e-12)
    in_utc = yearly(trades_frame([]), times, equity, UTC_DAYS)
    assert in_utc[-1]["return"] != pytest.approx(expected[-1], abs=0.01)
