"""The session that a bar covers, and from it the day, week, month and year that it counts in.

A bar covers the day that the source's clock shows just before the bar closes. A daily or longer
bar closes at the next midnight, or somewhat off it where the clock is not the market's: it is of
the day that the clock shows half a day before. Where sessions begin in the evening,
bars from that time of day on are of the next trading day, and so are those after midnight that
go on from them; a session that would fall on a Saturday or Sunday is Monday's, unless the market
is open at weekends. Holidays are not known: a night session before one is of the next weekday.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase

if TYPE_CHECKING:  # the record of a run names its calendar, and is read without these
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

DAY_SECONDS = 86_400
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
MONDAY = 4  # 1970-01-05, days since 1970
MONDAYS_BEFORE = 1  # so that the week of 1970-01-01, a Thursday, has number 0
SATURDAY = 5  # weekdays count from Monday, 0
EPOCH_YEAR = 1970
TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionCalendar:
    """How the closes of bars become trading days; the one place that is asked.

    Attributes:
        timezone: the IANA name of the clock that sessions go by; None: not known, taken as UTC.
        bar_label: what the source's own stamps name, "open" or "close"; None: not known. It was
            used when the bars were read and decides nothing here.
        session_start: the time of day, as "21:00", from which bars are of the next trading day;
            None: sessions begin at midnight.
        weekends: with a session start, whether Saturdays and Sundays are trading days of their
            own, as in markets that never close.
        daily: whether bars last a day or longer; no session start counts then.
    """

    timezone: str | None = None
    bar_label: str | None = None
    session_start: str | None = None
    weekends: bool = False
    daily: bool = False

    def __post_init__(self) -> None:
        if self.session_start is not None:
            start_minutes(self.session_start)

    @property
    def zone(self) -> tzinfo:
        """The clock that sessions go by."""
        return UTC if self.timezone is None else ZoneInfo(self.timezone)

    def days(self, closes: "Integers") -> "Integers":
        """The trading day of bars, (N,) days since 1970-01-01.

        Args:
            closes: (N,) when they closed, microseconds since 1970 in UTC, in any order.
        """
        import numpy as np  # noqa: PLC0415

        before = DAY_US // 2 if self.daily else 1
        walls = self._walls(np.asarray(closes, np.int64) - before)
        if self.session_start is None or self.daily:
            return walls // DAY_US
        days: Integers = (walls - start_minutes(self.session_start) * MINUTE_US) // DAY_US + 1
        return days if self.weekends else days + _days_to_monday(days)

    def weeks(self, closes: "Integers") -> "Integers":
        """The week of each bar's day, Monday to Sunday, numbered from that of 1970-01-01."""
        return weeks_of(self.days(closes))

    def months(self, closes: "Integers") -> "Integers":
        """The month of each bar's day, numbered from January 1970."""
        return months_of(self.days(closes))

    def years(self, closes: "Integers") -> "Integers":
        """The calendar year of each bar's day, such as 2024."""
        return years_of(self.days(closes))

    def dates(self, closes: "pl.Series") -> "pl.Series":
        """The trading day of each time of a column of UTC times, as dates; null stays null."""
        import polars as pl  # noqa: PLC0415

        micros = closes.dt.epoch("us")
        days = pl.Series(self.days(micros.fill_null(0).to_numpy())).cast(pl.Int32).cast(pl.Date)
        return days.set(micros.is_null(), None).alias(closes.name)

    def date(self, close: datetime) -> date:
        """The trading day of one aware time."""
        import polars as pl  # noqa: PLC0415

        return self.dates(pl.Series([close]).dt.convert_time_zone("UTC"))[0]  # type: ignore[no-any-return]

    def as_dict(self) -> dict[str, Any]:
        """What a manifest keeps."""
        return asdict(self)

    def _walls(self, moments: "Integers") -> "Integers":
        """What the clock shows at moments, both in microseconds since 1970."""
        if self.timezone in (None, "UTC"):
            return moments
        import polars as pl  # noqa: PLC0415

        times = pl.Series(moments).cast(pl.Datetime("us", "UTC"))
        walls = times.dt.convert_time_zone(self.timezone).dt.replace_time_zone(None)
        return walls.to_physical().to_numpy()


UTC_DAYS = SessionCalendar()  # where nothing is known of the source's clock


def completed(own: SessionCalendar, other: SessionCalendar) -> SessionCalendar:
    """The calendar of some bars, where it says less than that of others of their market: theirs.

    Args:
        own: of the bars; a few of them do not show a night session that more of them do.
        other: of bars that they are to be judged beside.
    """
    if own.timezone is None:
        return other
    return other if own.timezone == other.timezone and own.session_start is None else own


def start_minutes(session_start: str) -> int:
    """Minutes from midnight to a time of day such as 21:00.

    Raises:
        ConfigError: it is none.
    """
    match = TIME_OF_DAY.fullmatch(session_start)
    if match is None:
        raise ConfigError(
            phrase('"{session_start}" is no time of day.', session_start=session_start),
            where="bars.session_start",
            remedy="Write hours and minutes of the source's clock, as in `session_start` 21:00.",
        )
    return int(match[1]) * 60 + int(match[2])


def weeks_of(days: "Integers") -> "Integers":
    """The week of each day, Monday to Sunday, numbered from that of 1970-01-01."""
    weeks: Integers = (days - MONDAY) // 7 + MONDAYS_BEFORE
    return weeks


def months_of(days: "Integers") -> "Integers":
    """The month of each day, numbered from January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("int64")


def years_of(days: "Integers") -> "Integers":
    """The calendar year of each day, such as 2024."""
    return months_of(days) // 12 + EPOCH_YEAR


def _days_to_monday(days: "Integers") -> "Integers":
    """2 for a Saturday, 1 for a Sunday, 0 for any other day."""
    weekdays = (days - MONDAY) % 7
    ahead: Integers = (weekdays >= SATURDAY) * (7 - weekdays)
    return ahead
