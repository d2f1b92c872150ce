"""The trading day a bar is of, held against days worked out by hand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from quantsig.data.calendar.sessions import (
    UTC_DAYS,
    SessionCalendar,
    months_of,
    weeks_of,
    years_of,
)
from quantsig.data.errors import ConfigError

EPOCH = date(1970, 1, 1)
NEW_YORK = SessionCalendar(timezone="America/New_York")
SHANGHAI = SessionCalendar(timezone="Asia/Shanghai")
FUTURES = SessionCalendar(timezone="Asia/Shanghai", session_start="21:00")
CHICAGO = SessionCalendar(timezone="America/Chicago", session_start="17:00")
FX = SessionCalendar(timezone="America/New_York", session_start="17:00")
DAILY_IN_UTC = SessionCalendar(timezone="UTC", daily=True)
DAILY_FUTURES = SessionCalendar(timezone="Asia/Shanghai", session_start="21:00", daily=True)
CRYPTO = SessionCalendar(timezone="UTC", session_start="08:00", weekends=True)


def micros(*times: datetime) -> np.ndarray:
    zero = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
    return np.array([(time - zero) // timedelta(microseconds=1) for time in times], np.int64)


def day_of(calendar: SessionCalendar, close: str) -> str:
    """The day of a bar that closed when the calendar's own clock showed `close`."""
    local = datetime.fromisoformat(close).replace(tzinfo=calendar.zone)
    (day,) = calendar.days(micros(local))
    return (EPOCH + timedelta(days=int(day))).isoformat()


@pytest.mark.parametrize(
    ("calendar", "close", "day"),
    [
        (UTC_DAYS, "2024-03-05 00:00", "2024-03-04"),  # a daily bar, or one that ends at midnight
        (UTC_DAYS, "2024-03-05 00:01", "2024-03-05"),
        (NEW_YORK, "2013-01-01 00:00", "2012-12-31"),  # 05:00 UTC of the next year
        (NEW_YORK, "2024-07-03 13:00", "2024-07-03"),  # half a day before a holiday
        (NEW_YORK, "2024-03-11 00:00", "2024-03-10"),  # the clocks went forward
        (NEW_YORK, "2024-11-04 00:00", "2024-11-03"),  # and back: 25 hours
        (NEW_YORK, "1969-12-31 16:00", "1969-12-31"),
        (NEW_YORK, "1929-10-30 00:00", "1929-10-29"),
        (SHANGHAI, "2024-03-04 09:35", "2024-03-04"),  # 01:35 UTC
        (SHANGHAI, "2024-03-04 07:00", "2024-03-04"),  # still the third in UTC
        (FUTURES, "2024-03-04 21:00", "2024-03-04"),  # it ends as the night begins
        (FUTURES, "2024-03-04 21:05", "2024-03-05"),
        (FUTURES, "2024-03-05 00:00", "2024-03-05"),
        (FUTURES, "2024-03-05 02:30", "2024-03-05"),
        (FUTURES, "2024-03-05 15:00", "2024-03-05"),
        (FUTURES, "2024-03-01 23:00", "2024-03-04"),  # Friday's night is Monday's
        (FUTURES, "2024-03-02 02:30", "2024-03-04"),  # and so is what is left of it on Saturday
        (FUTURES, "2024-03-29 21:05", "2024-04-01"),  # and of the next month
        (CHICAGO, "2024-03-03 17:01", "2024-03-04"),  # Sunday's evening
        (CHICAGO, "2024-03-08 16:00", "2024-03-08"),
        (FX, "2024-03-10 18:00", "2024-03-11"),  # the Sunday on which the clocks went forward
        (FX, "2024-03-08 17:00", "2024-03-08"),
        (DAILY_IN_UTC, "2013-01-05 00:00", "2013-01-04"),
        (DAILY_IN_UTC, "2013-01-05 05:00", "2013-01-04"),  # midnight in New York
        (DAILY_IN_UTC, "2013-01-04 15:00", "2013-01-04"),  # in Tokyo
        (DAILY_IN_UTC, "2013-01-04 22:00", "2013-01-04"),  # 17:00 in New York
        (DAILY_FUTURES, "2024-03-05 00:00", "2024-03-04"),  # the source has named its day
        (CRYPTO, "2024-03-02 08:01", "2024-03-03"),  # Sundays are days of their own
        (CRYPTO, "2024-03-03 08:00", "2024-03-03"),
    ],
)
def test_the_day_of_a_bar(calendar: SessionCalendar, close: str, day: str) -> None:
    """By hand, on the calendars of exchanges."""
    assert day_of(calendar, close) == day


def test_days_agree_with_the_standard_library_over_a_century() -> None:
    """Every seven hours from 1925 to 2025, as zoneinfo shows the clock of New York."""
    begin, step = datetime(1925, 1, 1, tzinfo=ZoneInfo("UTC")), timedelta(hours=7 * 101)
    times = [begin + step * number for number in range(1200)]
    expected = [
        (time - timedelta(microseconds=1)).astimezone(NEW_YORK.zone).date() for time in times
    ]
    found = [EPOCH + timedelta(days=int(day)) for day in NEW_YORK.days(micros(*times))]
    assert found == expected


def test_weeks_months_and_years() -> None:
    """Weeks run from Monday, months and years are the calendar's, before 1970 too."""
    days = [date(1969, 12, 28), date(1969, 12, 29), EPOCH, date(1970, 1, 5), date(2024, 2, 29)]
    numbers = np.array([(day - EPOCH).days for day in days])
    assert weeks_of(numbers).tolist() == [-1, 0, 0, 1, 2826]
    assert months_of(numbers).tolist() == [-1, -1, 0, 0, 54 * 12 + 1]
    assert years_of(numbers).tolist() == [1969, 1969, 1970, 1970, 2024]


def test_a_bar_asks_for_them_at_once() -> None:
    """The close of 2012's last session in New York, 05:00 UTC of the next day."""
    close = micros(datetime(2013, 1, 1, 5, tzinfo=ZoneInfo("UTC")))
    assert NEW_YORK.years(close).tolist() == [2012]
    assert NEW_YORK.months(close).tolist() == [42 * 12 + 11]
    assert NEW_YORK.weeks(close).tolist() == UTC_DAYS.weeks(close).tolist()


def test_columns_and_single_times_become_dates() -> None:
    """What is not known has no date."""
    close = datetime(2013, 1, 1, 5, tzinfo=ZoneInfo("UTC"))
    times = pl.Series("decision_time", [close, None], pl.Datetime("us", "UTC"))
    dates = NEW_YORK.dates(times)
    assert (dates.name, dates.to_list()) == ("decision_time", [date(2012, 12, 31), None])
    assert NEW_YORK.date(close) == date(2012, 12, 31)


@pytest.mark.parametrize("wrong", ["24:00", "9 pm", "21", "21:60", ""])
def test_a_session_starts_at_a_time_of_day(wrong: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigError, match="no time of day"):
        SessionCalendar(session_start=wrong)
