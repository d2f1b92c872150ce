"""Made bars of futures keep the sessions and the contract of bars."""

from datetime import UTC, datetime

import polars as pl

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.futures_bars import closing_times, futures_bars, session_minutes


def test_sessions_are_those_of_shanghai() -> None:
    """24, 24 and 48 bars of night and 45 of day: 10:15 to 10:30 and noon are pauses."""
    assert [len(session_minutes(product)) for product in (0, 1, 2)] == [69, 69, 93]
    clock = [f"{minute // 60}:{minute % 60:02}" for minute in session_minutes(0) if minute > 0]
    assert clock[0] == "9:05"
    assert clock[14:16] == ["10:15", "10:35"]
    assert clock[26:28] == ["11:30", "13:35"]
    assert clock[-1] == "15:00"


def test_the_night_before_a_monday_is_that_of_friday() -> None:
    """Day six is Monday the 14th of January 2019; its first bar closes on Friday at 21:05."""
    times = closing_times(0, 6)[5 * 69 :]
    assert str(times[0]) == "2019-01-11T13:05"  # UTC
    assert str(times[-1]) == "2019-01-14T07:00"


def test_they_are_bars_of_about_the_size_asked_for() -> None:
    """Every rule is kept, the size is that of whole days, and the same seed gives the same."""
    bars = futures_bars(5_000, symbols=3)
    assert abs(len(bars) - 5_000) <= (69 + 69 + 93) / 2
    assert check_bars(bars).rejected.is_empty()
    assert bars["timestamp"].min() == datetime(2019, 1, 4, 13, 5, tzinfo=UTC)
    assert bars.equals(futures_bars(5_000, symbols=3))
    assert bars["symbol"].unique().sort().to_list() == ["F00", "F01", "F02"]
    assert bars.select((pl.col("high") >= pl.col("low")).all()).item()
