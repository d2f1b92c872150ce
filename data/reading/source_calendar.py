"""The calendar that a source's bars go by; evening sessions are found where no reading is left.

The futures exchanges of mainland China (Shanghai, Dalian, Zhengzhou) trade from 21:00 to 23:00,
01:00 or 02:30 and from 09:00 to 15:00 or 15:15 with a break from 11:30 to 13:00 at least, and
have no night session on Sundays: Monday's is held on Friday. No other market has these hours.
Anywhere else an evening may belong to its own day or to the next, and the user says which.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.bars import CheckedBars
from quantsig.data.calendar.intervals import DAY
from quantsig.data.calendar.sessions import (
    DAY_US,
    MINUTE_US,
    MONDAY,
    SessionCalendar,
    start_minutes,
)
from quantsig.data.calendar.timestamps import wall_clock
from quantsig.data.language.data_sentences import DataSentence

Integers = NDArray[np.int64]

UTC = "UTC"
NIGHT_START = 20 * 60 + 55  # minutes: the auction before 21:00
NIGHT_END = 2 * 60 + 30
DAY_START = 8 * 60 + 55
DAY_END = 15 * 60 + 15
BREAK_START = 11 * 60 + 30
BREAK_END = 13 * 60
LEAST_NIGHTS = 4  # different evenings; fewer may be a holiday's exception
SATURDAY, SUNDAY = 5, 6
AFTERNOON = 12 * 60


def source_calendar(
    checked: CheckedBars,
    *,
    timezone: str,
    bar_label: str,
    session_start: str | None,
    kept: SessionCalendar | None,
) -> SessionCalendar:
    """The calendar of bars that were read.

    Daily and longer bars are named by their day already, so no session start counts there.

    Args:
        checked: the bars.
        timezone: the clock of the source, as the user states it; UTC where nothing was stated.
        bar_label: what the source's stamps name.
        session_start: as the user states it; "00:00" for midnight, None for what is found.
        kept: what a file of ours says of itself; it goes unless the user states something else.
    """
    known = SessionCalendar(timezone=timezone, bar_label=bar_label)
    if kept is not None and timezone == UTC:
        known = replace(kept, session_start=None, weekends=False)
        session_start = session_start or kept.session_start
    bars, interval, zone = checked.bars, checked.interval, known.timezone or UTC
    known = replace(known, daily=interval >= DAY)
    start = session_start or night_start(bars, interval, zone)
    if start is None or start_minutes(start) == 0 or known.daily:
        return known
    weekends = trades_weekends(bars, interval, zone, start_minutes(start))
    return replace(known, session_start=start, weekends=weekends)


def night_start(bars: pl.DataFrame, interval: timedelta, zone: str) -> str | None:
    """The time of day from which bars are of the next trading day, where it is unmistakable.

    Args:
        bars: symbol, timestamp (the close, UTC).
        interval: the time one bar covers.
        zone: the clock of the source.

    Returns:
        The start of the night sessions of Chinese futures, such as "21:00"; None for others.
    """
    days, minutes = _starts(bars["timestamp"], interval, zone)
    if not len(days):
        return None
    night = minutes >= NIGHT_START
    tail = minutes < NIGHT_END
    trading = (minutes >= DAY_START) & (minutes < DAY_END)
    noon = (minutes >= BREAK_START) & (minutes < BREAK_END)
    weekday = (days - MONDAY) % 7
    idle = (weekday == SUNDAY) | ((weekday == SATURDAY) & ~tail)
    if not (night | tail | trading).all() or noon.any() or idle.any():
        return None
    if len(np.unique(days[night])) < LEAST_NIGHTS or not trading.any():
        return None
    return time_of_day(int(minutes[night].min()))


def calendar_remarks(
    calendar: SessionCalendar, seconds: float | None, closes: pl.Series
) -> Iterator[str]:
    """What to know of the days that a sample set's bars are of.

    Args:
        calendar: of the bars.
        seconds: from bar to bar, where that is known.
        closes: when some of the bars closed, as UTC times; null where unknown.
    """
    if seconds is None:
        return
    if calendar.timezone is None:
        yield DataSentence.DAYS_OF_UTC()
    elif calendar.session_start is not None:
        yield DataSentence.EVENING_OF_NEXT_DAY(start=calendar.session_start, zone=calendar.timezone)
        yield from _shanghai_doubt(closes, timedelta(seconds=seconds), calendar.timezone)
    elif calendar.daily:
        yield from _midnight_doubt(closes, calendar.timezone)
    else:
        starts = _starts(closes, timedelta(seconds=seconds), calendar.timezone)
        yield from _sunday_doubt(*starts)


def _shanghai_doubt(closes: pl.Series, interval: timedelta, zone: str) -> Iterator[str]:
    """That the hours are those of Chinese futures on a clock that nobody has stated."""
    times = closes.drop_nulls().to_frame("timestamp")
    if zone == UTC and night_start(times, interval, UTC) is not None:
        yield DataSentence.HOURS_OF_CHINESE_FUTURES()


def _midnight_doubt(closes: pl.Series, zone: str) -> Iterator[str]:
    """That daily bars close in the morning, so the clock is hardly that of their market."""
    walls = wall_clock(closes.drop_nulls(), zone).to_physical().to_numpy()
    minutes = walls % DAY_US // MINUTE_US
    if len(minutes) and ((minutes > 0) & (minutes < AFTERNOON)).all():
        yield DataSentence.DAYS_CLOSE_IN_THE_MORNING(clock=time_of_day(int(minutes[-1])), zone=zone)


def _sunday_doubt(days: Integers, minutes: Integers) -> Iterator[str]:
    """That Sundays are traded in the evening alone, which most hold to be Monday's session."""
    sunday = (days - MONDAY) % 7 == SUNDAY
    if sunday.any() and (minutes[sunday] >= AFTERNOON).all():
        start = time_of_day(int(minutes[sunday].min()))
        yield DataSentence.SUNDAYS_OF_THEIR_OWN(start=start)


def trades_weekends(
    bars: pl.DataFrame, interval: timedelta, zone: str, session_start_minutes: int
) -> bool:
    """Whether Sundays are traded before sessions begin in the evening, as in crypto."""
    days, minutes = _starts(bars["timestamp"], interval, zone)
    sunday = (days - MONDAY) % 7 == SUNDAY
    return bool((sunday & (minutes < session_start_minutes)).any())


def time_of_day(minutes: int) -> str:
    """Minutes from midnight as a time of day such as 21:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _starts(closes: pl.Series, interval: timedelta, zone: str) -> tuple[Integers, Integers]:
    """Day and minute of the day at which bars open on the zone's clock; none of daily bars."""
    if interval >= DAY:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    walls = wall_clock(closes.drop_nulls().unique() - interval, zone).to_physical().to_numpy()
    return walls // DAY_US, walls % DAY_US // MINUTE_US
