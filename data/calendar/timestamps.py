"""From a source's time column to the closing time of each bar in UTC.

The conservative choice is made throughout: a stamp that is too late can only lose a bar, one
that is too early would let a decision see the future.
"""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import product
from typing import Literal

import polars as pl

from quantsig.data.calendar.intervals import DAY, HOUR, interval_text
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import chained, phrase, term

EpochUnit = Literal["s", "ms", "us", "ns"]

MANY_STEPS = 100  # with so many, bars are not merely sparse
FEW_BARS = 5  # of a symbol, whose interval cannot be told from them

DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
)
DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y")  # which the others can be mistaken for
MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y")
TIMES = ("%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M%S", "%H%M")
COMPACT = {  # by number of digits
    8: "%Y%m%d",
    12: "%Y%m%d%H%M",
    14: "%Y%m%d%H%M%S",
    17: "%Y%m%d%H%M%S%3f",
}
EARLIEST_MICROS = -5_364_662_400_000_000  # 1800-01-01, since 1970
LATEST_MICROS = 7_258_118_400_000_000  # 2200-01-01
PER_MICRO = {"ns": 1000, "us": 1, "ms": 1e-3, "day": 1 / 86_400_000_000}  # ticks of each unit
PIECE_ROWS = 1 << 20  # handled at a time, as what lies between takes several times the memory
PROBES = 200  # values that select the formats worth trying on the whole column

EPOCH_LEAST = 1e8  # a column of smaller numbers counts something else than seconds since 1970
EPOCH_LIMITS: dict[EpochUnit, float] = {"s": 1e11, "ms": 1e14, "us": 1e17, "ns": float("inf")}
MICROS_PER: dict[EpochUnit, float] = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


@dataclass(frozen=True, kw_only=True)
class Stamps:
    """The times a source labels its bars with.

    Attributes:
        values: (N,) datetime[us], naive as the source's clock shows it, or in UTC where the
            source itself tells the instant; null where it cannot be read.
        dates_only: the source names days, with no time of day.
        units: of epoch numbers, where they are of several.
    """

    values: pl.Series
    dates_only: bool = False
    units: tuple[EpochUnit, ...] = ()


IANA = "Use a name of the IANA list, such as UTC or America/New_York."


def check_zone(zone: str) -> None:
    """Raise a ConfigError for a time zone nobody knows."""
    try:
        pl.Series([datetime(2020, 1, 1)]).dt.replace_time_zone(zone)
    except pl.exceptions.PolarsError as error:
        nearest = get_close_matches(zone, sorted(zoneinfo.available_timezones()), n=1)
        hints = [phrase("Did you mean {near}?", near=nearest[0])] if nearest else []
        raise ConfigError(
            phrase('unknown time zone "{zone}".', zone=zone),
            where="timezone",
            remedy=chained("{one} {other}", [*hints, term(IANA)]),
        ) from error


def parse_stamps(column: pl.Series, *, where: str, day_first: bool | None = None) -> Stamps:
    """Read a time column: dates, datetimes, epoch numbers, or text that holds one of these.

    Args:
        column: the source's column.
        where: the source, for errors.
        day_first: of dates such as 01/02/2024 that can be read both ways; None: found out.

    Returns:
        The stamps; a single value that cannot be read becomes null.

    Raises:
        DataError: no known format fits, or day and month cannot be told apart.
    """
    if isinstance(column.dtype, pl.Datetime):
        stamps = _plausible(column).dt.cast_time_unit("us")
        aware = column.dtype.time_zone is not None
        return Stamps(values=stamps.dt.convert_time_zone("UTC") if aware else stamps)
    if column.dtype == pl.Date:
        return Stamps(values=_plausible(column).cast(pl.Datetime("us")), dates_only=True)
    if column.dtype.is_numeric():
        return _numbers(column, where)
    if column.dtype != pl.String:
        raise _unreadable_column(str(column.dtype), where)
    text = column.str.strip_chars()
    if text.str.contains(r"^-?\d+(\.\d+)?$").all():
        return _numbers(text, where)
    return _text(text, where, day_first)


def common_step(stamps: pl.DataFrame, *, where: str) -> timedelta:
    """The most common step between neighbouring bars of a symbol, the shorter one on a tie.

    Args:
        stamps: columns symbol, timestamp, in any order.
        where: the source, for errors.

    Raises:
        DataError: no symbol has two times.
    """
    steps = _steps(stamps).group_by("step").agg(pl.col("count").sum())
    if steps.is_empty():
        raise DataError(
            "no symbol has two bars, so the interval of a bar cannot be told.",
            where=where,
            remedy="Give more bars, or state the interval with `interval`.",
        )
    step: timedelta = steps.sort("count", "step", descending=[True, False])["step"][0]
    return step


def refuse_mixed_intervals(stamps: pl.DataFrame, interval: timedelta, *, where: str) -> list[str]:
    """Raise a DataError for a symbol whose bars are all further apart than `interval`.

    Its bars are longer than the others', and would be stamped before they closed. A symbol of a
    few bars that no other's bar comes between, as a new listing's over its first weekend, may
    have the interval of the others.

    Returns:
        The symbols of so few bars.
    """
    closest = _steps(stamps).group_by("symbol").agg(pl.col("step").min())
    longer = closest.filter(pl.col("step") > interval).sort("symbol")
    few = [name for name in longer["symbol"] if _few_in_a_row(stamps, name)]
    longer = longer.filter(~pl.col("symbol").is_in(few))
    if longer.is_empty():
        return few
    symbol, step = longer.row(0)
    raise DataError(
        phrase(
            "bars of different intervals: {symbol} has a bar every {step} at most, the "
            "others every {interval}.",
            symbol=symbol,
            step=interval_text(step),
            interval=interval_text(interval),
        ),
        where=where,
        remedy="Read bars of one interval at a time, or state the interval with `interval`.",
    )


def _few_in_a_row(stamps: pl.DataFrame, name: str) -> bool:
    """Whether a symbol has only a few bars, and no other symbol has one between them."""
    own = stamps.filter(pl.col("symbol") == name)["timestamp"].drop_nulls().unique().sort()
    if len(own) > FEW_BARS:
        return False
    others = stamps.filter(pl.col("symbol") != name)["timestamp"].drop_nulls()
    inside = others.is_between(own[0], own[-1], closed="none") & ~others.is_in(own.implode())
    return not inside.any()


def refuse_short_interval(stamps: pl.DataFrame, interval: timedelta, *, where: str) -> None:
    """Raise a DataError where many bars are all further apart than the interval the user gave.

    Bars stamped with their open would then be taken to close too early. A few bars may be that
    sparse.
    """
    steps = _steps(stamps)
    closest = steps["step"].min()
    if steps["count"].sum() >= MANY_STEPS and isinstance(closest, timedelta) and closest > interval:
        raise DataError(
            phrase(
                "no two bars are closer than {closest}, yet the interval given is {interval}.",
                closest=interval_text(closest),
                interval=interval_text(interval),
            ),
            where=where,
            remedy="Leave `interval` out to have it found, or give the right one.",
        )


def rising(stamps: pl.DataFrame) -> bool:
    """Whether each symbol's rows stand together, every one later than the one before.

    Args:
        stamps: columns symbol, timestamp; a null in either is never in order.
    """
    if stamps["symbol"].null_count() or stamps["timestamp"].null_count():
        return False
    later = pl.col("timestamp") > pl.col("timestamp").shift()
    another = pl.col("symbol") != pl.col("symbol").shift()
    in_order = (later | another).all()
    if not all(piece.select(in_order).item() for piece in _overlapping(stamps)):
        return False
    return stamps["symbol"].rle().struct.field("value").is_unique().all()


def closing_times(
    labels: pl.DataFrame, *, zone: str, opens_for: timedelta | None, dates_only: bool
) -> pl.Series:
    """When each bar closed, in UTC.

    Steps of whole days are taken on the zone's own calendar, so a daily bar closes at the next
    local midnight whatever the clocks do.

    Args:
        labels: columns symbol, timestamp (naive or UTC), in the order of the source.
        zone: the zone of naive labels and of the calendar.
        opens_for: the interval of bars labelled with their open; None: labelled with their close.
        dates_only: the labels are days; no bar closes before the day it names has ended.

    Returns:
        datetime[us, UTC]; null for a label that is null or a local time the clock skips.
    """
    step = max(opens_for or timedelta(), DAY if dates_only else timedelta())
    if step and step % DAY == timedelta():
        return _end_of_day(wall_clock(labels["timestamp"], zone) + step, zone)
    return _instants(labels, zone) + step


def wall_clock(stamps: pl.Series, zone: str) -> pl.Series:
    """What the zone's clock shows at each stamp, naive; naive stamps are that already."""
    if stamps.dtype == pl.Datetime("us", "UTC"):
        return stamps.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return stamps


def _steps(stamps: pl.DataFrame) -> pl.DataFrame:
    """How often each step between neighbouring bars occurs: columns symbol, step, count."""
    ordered = stamps if rising(stamps) else stamps.sort("symbol", "timestamp")
    step = pl.when(pl.col("symbol") == pl.col("symbol").shift()).then(pl.col("timestamp").diff())
    counts = [
        piece.select("symbol", step=step)
        .filter(pl.col("step") > timedelta())
        .group_by("symbol", "step")
        .agg(count=pl.len())
        for piece in _overlapping(ordered)
    ]
    return pl.concat(counts).group_by("symbol", "step").agg(pl.col("count").sum())


def _overlapping(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows in pieces that each begin with the last row of the one before."""
    for start in range(0, max(len(rows), 1), PIECE_ROWS):
        yield rows[max(start - 1, 0) : start + PIECE_ROWS]


def _end_of_day(walls: pl.Series, zone: str) -> pl.Series:
    """Midnights as instants; one that the clock skips is the first hour that it shows."""
    midnight = _localised(walls, zone, "latest")
    return midnight.zip_with(midnight.is_not_null(), _localised(walls + HOUR, zone, "latest"))


def _instants(labels: pl.DataFrame, zone: str) -> pl.Series:
    """Labels as instants.

    In the hour that the clock shows twice, the first of two equal labels of a symbol is the
    earlier one; a label that comes once is taken as the later one.
    """
    stamps = labels["timestamp"]
    if stamps.dtype == pl.Datetime("us", "UTC"):
        return stamps
    early, late = _localised(stamps, zone, "earliest"), _localised(stamps, zone, "latest")
    twice = (early != late).fill_null(False)
    is_early = twice.clone().scatter(twice.arg_true(), _first_of_two(labels.filter(twice)))
    return early.zip_with(is_early, late)


def _first_of_two(labels: pl.DataFrame) -> pl.Series:
    same = ("symbol", "timestamp")
    first = pl.int_range(pl.len()).over(same) == 0
    return labels.select(first & (pl.len().over(same) == 2)).to_series()


def _localised(walls: pl.Series, zone: str, ambiguous: Literal["earliest", "latest"]) -> pl.Series:
    aware = walls.dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")
    return aware.dt.convert_time_zone("UTC")


def _numbers(column: pl.Series, where: str) -> Stamps:
    """YYYYMMDD, also with HHMM or HHMMSS, or epoch numbers in the unit that their size tells."""
    digits = column.cast(pl.String).str.replace(r"\.0+$", "")
    compact = _compact(digits)
    if compact is not None:
        return compact
    sizes = digits.cast(pl.Float64).abs()
    sizes = sizes.set(~sizes.is_finite(), None)
    if (sizes < EPOCH_LEAST).all():
        raise _unreadable_column(str(digits.drop_nulls().first()), where)
    least, most = (_unit(size) for size in (sizes.min(), sizes.max()))
    if least != most:
        each = _each_in_its_unit(digits, sizes)
        if each.null_count() == digits.null_count():
            units = [unit for unit in EPOCH_LIMITS if _in_unit(sizes, unit).any()]
            return Stamps(values=each, units=tuple(units))
    return Stamps(values=_epoch(digits, most))


def _unit(size: object) -> EpochUnit:
    """The unit in which a number since 1970 of that size is a time of our days."""
    assert isinstance(size, float)
    return next(unit for unit, limit in EPOCH_LIMITS.items() if size < limit)


def _in_unit(sizes: pl.Series, unit: EpochUnit) -> pl.Series:
    """Which numbers are of a size that this unit has."""
    units = list(EPOCH_LIMITS)
    shorter = units[: units.index(unit)]
    least = EPOCH_LIMITS[shorter[-1]] if shorter else 0.0
    return ((sizes >= least) & (sizes < EPOCH_LIMITS[unit])).fill_null(False)


def _each_in_its_unit(digits: pl.Series, sizes: pl.Series) -> pl.Series:
    """Epoch numbers, each in the unit that its own size tells.

    A column in one unit that reaches back to 1970 has small numbers, too, but some of them would
    then be of a time that no market has seen, and become null.
    """
    values = pl.repeat(None, len(digits), dtype=pl.Datetime("us", "UTC"), eager=True)
    for unit in EPOCH_LIMITS:
        own = _in_unit(sizes, unit)
        if own.any():
            values = values.scatter(own.arg_true(), _epoch(digits.filter(own), unit))
    return values


def _compact(digits: pl.Series) -> Stamps | None:
    lengths = digits.drop_nulls().str.len_chars().unique().to_list()
    if len(lengths) != 1 or lengths[0] not in COMPACT:
        return None
    values = _parsed(digits, COMPACT[lengths[0]])
    if values.null_count() > digits.null_count():
        return None
    return Stamps(values=values, dates_only=lengths[0] == 8)


def _epoch(digits: pl.Series, unit: EpochUnit) -> pl.Series:
    """Epoch numbers as instants; fractions are kept to the microsecond."""
    values = digits.cast(pl.Int64, strict=False)
    if values.null_count() > digits.null_count():
        micros = digits.cast(pl.Float64) * MICROS_PER[unit]
        values, unit = micros.round().cast(pl.Int64, strict=False), "us"
    stamps = pl.from_epoch(values, time_unit=unit).cast(pl.Datetime("us"))
    return _plausible(stamps.dt.replace_time_zone("UTC"))


def _text(column: pl.Series, where: str, day_first: bool | None) -> Stamps:
    """Text in the one known format that fits most of its values."""
    text = pl.concat(_plain(piece) for piece in _pieces(column))
    probes = _first_distinct(text)
    fitting = [form for form in _readable(probes, day_first) if _count(_parsed(probes, form))]
    readings = {form: _parsed(text, form) for form in fitting}
    best = max(readings, key=lambda form: _count(readings[form]), default=None)
    if best is None or 2 * _count(readings[best]) < _count(text):
        raise _unreadable_column(str(probes[0]), where)
    _refuse_two_readings(readings, best, str(probes[0]), where)
    return Stamps(values=readings[best], dates_only=best in DATES)


def _pieces(column: pl.Series) -> Iterator[pl.Series]:
    """A column in pieces."""
    for start in range(0, max(len(column), 1), PIECE_ROWS):
        yield column.slice(start, PIECE_ROWS)


def _first_distinct(text: pl.Series) -> pl.Series:
    """The first distinct values, as many as are tried on each format."""
    found = text.clear()
    for piece in _pieces(text):
        found = pl.concat([found, piece.drop_nulls()]).unique(maintain_order=True).head(PROBES)
        if len(found) == PROBES:
            break
    return found


def _plain(column: pl.Series) -> pl.Series:
    """Text with a blank between date and time and the offset, if any, straight after the time.

    An hour alone, such as 08-PM, gets its minutes.
    """
    return (
        column.str.replace(r"(\d)[Tt](\d)", "$1 $2")
        .str.replace(r"(\d)\s*(?:UTC|GMT|Z|z)$", "$1+00:00")
        .str.replace(r" (\d\d)-([AaPp][Mm])$", " $1:00 $2")
        .str.replace(r"(:\d\d(?:\.\d+)?)\s+([+-]\d\d:?\d\d)$", "$1$2")
    )


def _formats(day_first: bool | None) -> list[str]:
    """Every known format: a date, a date and a time, and both with an offset."""
    other = {True: MONTH_FIRST, False: DAY_FIRST, None: ()}[day_first]
    dates = [date for date in DATES if date not in other]
    timed = [f"{date} {time}" for date, time in product(dates, TIMES)]
    return [*dates, *timed, *(f"{form}%#z" for form in timed)]


def _readable(probes: pl.Series, day_first: bool | None) -> list[str]:
    """The formats in which one of a few values can be read, whether plausible or not.

    They are asked in one query: most formats read nothing, and a query each took most of the time
    that a short file needs.
    """
    forms = _formats(day_first)
    read = probes.to_frame("text").select(
        _stamp(pl.col("text"), form).is_not_null().any().alias(form) for form in forms
    )
    return [form for form in forms if read[form].item()]


def _parsed(text: pl.Series, form: str) -> pl.Series:
    return _plausible(text.to_frame("text").select(_stamp(pl.col("text"), form)).to_series())


def _stamp(text: pl.Expr, form: str) -> pl.Expr:
    return text.str.to_datetime(form, strict=False, time_unit="us")


def _plausible(stamps: pl.Series) -> pl.Series:
    """Null for a stamp that no market can bear; a library may not survive the extreme ones."""
    unit = getattr(stamps.dtype, "time_unit", "day")
    per_micro = PER_MICRO[unit]
    earliest, latest = round(EARLIEST_MICROS * per_micro), round(LATEST_MICROS * per_micro)
    ticks = stamps.to_physical()
    inside = (ticks >= earliest) & (ticks < latest)
    return stamps.to_frame("stamp").select(pl.when(inside).then("stamp")).to_series()


def _count(values: pl.Series) -> int:
    return len(values) - values.null_count()


def _refuse_two_readings(
    readings: dict[str, pl.Series], best: str, example: str, where: str
) -> None:
    for form, values in readings.items():
        if _count(values) == _count(readings[best]) and not values.equals(readings[best]):
            raise DataError(
                phrase(
                    '"{example}" and all other times can be read as {best} and as {form}.',
                    example=example,
                    best=best,
                    form=form,
                ),
                where=where,
                remedy="Say which comes first: [bars] day_first = true or false in quantsig.toml; "
                "or write the dates as YYYY-MM-DD.",
            )


def _unreadable_column(example: str, where: str) -> DataError:
    return DataError(
        phrase('the time column cannot be read: "{example}".', example=example),
        where=where,
        remedy="Write times such as 2024-03-31 02:00, 20240331, or epoch seconds.",
    )
