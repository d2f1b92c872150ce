"""The contract of price bars: which rows are bars, and which break a rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path

import dataframely as dy
import polars as pl

from quantsig.data.calendar.intervals import DAY
from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.data.calendar.timestamps import common_step, rising
from quantsig.data.errors import DataError
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.storage.documents import to_json
from quantsig.data.storage.parquet import write_parquet
from quantsig.data.tables.columns import PRICES
from quantsig.data.tables.shown import in_a_line
from quantsig.data.tables.table import CALENDAR_MARK, CANONICAL_MARK

NUMBERS = (*PRICES, "volume", "adjustment")
COLUMNS = ("symbol", "timestamp", *NUMBERS)
REJECTED = {
    "symbol": pl.String(),
    "timestamp": pl.Datetime("us", "UTC"),
    "source": pl.String(),
    "row": pl.Int64(),
    "rule": pl.String(),
}
CHECKED_ROWS = 1 << 20  # at a time, where the whole table would take gigabytes

RULES = {
    "no_time": "no time that can be read, or a local time that the clock skips",
    "missing_value": "a value is missing or cannot be read",
    "not_finite": "a value is not finite",
    "not_positive": "a price is zero or negative",
    "negative_volume": "the volume is negative",
    "high_below_low": "the high is below the low",
    "open_outside_range": "the open is outside low..high",
    "close_outside_range": "the close is outside low..high",
    "duplicate": "an earlier row has the same symbol and time",
    "back_step": "earlier than the row of the symbol before it",
    "overlapping": "it begins before the bar before it has ended, as a live row does",
}
ROUNDING = 1e-6  # of a price: an open or close so near outside low..high is within


@dataclass(frozen=True, kw_only=True)
class CheckedBars:
    """Bars that keep every rule, and the rows that did not.

    Attributes:
        bars: a row per bar, sorted by symbol and timestamp: symbol, timestamp (the close, UTC),
            open, high, low, close (raw), volume (0 where the source has none), adjustment.
        rejected: a row per bad row and rule: symbol, timestamp, source, row, rule.
        interval: the time one bar covers, as stated or the most common step.
        has_volume: the source has a volume column, and more than zeros in it.
        sources: the names of the files.
        notes: what is to be said of how they were read, a sentence each.
        calendar: which trading day each bar is of.
    """

    bars: pl.DataFrame
    rejected: pl.DataFrame
    interval: timedelta
    has_volume: bool
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()
    calendar: SessionCalendar = UTC_DAYS

    def __repr__(self) -> str:
        times = self.bars["timestamp"]
        told = {
            "bars": len(self.bars),
            "symbols": self.bars["symbol"].n_unique(),
            "every": self.interval,
            "from": times.min(),
            "to": times.max(),
            "rejected": len(self.rejected) or None,
        }
        return in_a_line("CheckedBars", told)

    def _repr_html_(self) -> str:
        """What a notebook shows of them: their first and last."""
        html: str = self.bars._repr_html_()
        return f"<p>{escape(repr(self))}</p>{html}"


class _Rows(dy.Schema):
    """Rows on their way to being bars; every rule is spelled out, so columns allow anything."""

    symbol = dy.String(nullable=True)
    timestamp = dy.Datetime(nullable=True, time_unit="us", time_zone="UTC")
    open = dy.Float64(nullable=True, allow_inf=True, allow_nan=True)
    high = dy.Float64(nullable=True, allow_inf=True, allow_nan=True)
    low = dy.Float64(nullable=True, allow_inf=True, allow_nan=True)
    close = dy.Float64(nullable=True, allow_inf=True, allow_nan=True)
    volume = dy.Float64(nullable=True, allow_inf=True, allow_nan=True)
    adjustment = dy.Float64(nullable=True, allow_inf=True, allow_nan=True)
    source = dy.String()
    row = dy.Int64()
    overlaps = dy.Bool()

    no_time = dy.rule()(lambda _: pl.col("timestamp").is_not_null())
    missing_value = dy.rule()(lambda _: pl.all_horizontal(pl.col("symbol", *NUMBERS).is_not_null()))
    not_finite = dy.rule()(lambda _: pl.all_horizontal(pl.col(NUMBERS).is_finite()))
    not_positive = dy.rule()(lambda _: pl.all_horizontal(pl.col(*PRICES, "adjustment") > 0))
    negative_volume = dy.rule()(lambda _: pl.col("volume") >= 0)
    high_below_low = dy.rule()(lambda _: _number("high") >= _number("low"))
    open_outside_range = dy.rule()(lambda _: _inside_range("open"))
    close_outside_range = dy.rule()(lambda _: _inside_range("close"))
    duplicate = dy.rule()(lambda _: _first_of_its_time())
    back_step = dy.rule()(lambda _: pl.col("timestamp") >= _time_before())
    overlapping = dy.rule()(lambda _: ~pl.col("overlaps"))


def check_bars(
    raw: pl.DataFrame, *, quarantine: bool = False, interval: timedelta | None = None
) -> CheckedBars:
    """Check every row against the rules of bars.

    Args:
        raw: symbol, timestamp (the close, zone-aware), open, high, low, close, in the order of
            the source; if known also volume, adjustment, source (file name), row (its number
            there) and overlaps (it begins before the bar before it has ended). Other columns are
            left out. A high or low that an open or close passes by no more than rounding is
            moved there, which a note counts.
        quarantine: set rows that break a rule aside instead of refusing; no gap is filled.
        interval: the time one bar covers; None: the most common step within a symbol.

    Raises:
        DataError: a row breaks a rule, no row is left, or a column is missing.
    """
    rows = _complete(raw)
    notes: tuple[str, ...] = ()
    if _faultless(rows):
        good, rejected = rows, pl.DataFrame(schema=REJECTED)
    else:
        rows, notes = _widened(rows)
        good, failure = _Rows.filter(rows)
        rejected = _by_rule(failure.details())
    if rejected.height and (not quarantine or good.is_empty()):
        raise _refusal(rejected, rows)
    bars = good.select(COLUMNS)
    if not bars["symbol"].is_sorted() or rejected.height:
        bars = bars.sort("symbol", "timestamp")
    sources = tuple(rows["source"].unique(maintain_order=True))
    step = interval or common_step(bars, where=", ".join(sources))
    return CheckedBars(
        bars=bars,
        rejected=rejected,
        interval=step,
        has_volume=bool((bars["volume"] != 0).any()),
        sources=sources,
        notes=notes,
        calendar=SessionCalendar(daily=step >= DAY),
    )


def adjusted(bars: pl.DataFrame) -> pl.DataFrame:
    """Bars in split- and dividend-adjusted prices: prices times, volume divided by `adjustment`.

    Args:
        bars: the columns of CheckedBars.bars.

    Returns:
        The same rows without the column `adjustment`.
    """
    factor = pl.col("adjustment")
    if (bars["adjustment"] == 1.0).all(ignore_nulls=False):
        return bars.drop("adjustment")  # not copied
    return bars.with_columns(pl.col(PRICES) * factor, pl.col("volume") / factor).drop("adjustment")


def write_bars(target: Path, bars: pl.DataFrame, *, calendar: SessionCalendar = UTC_DAYS) -> None:
    """Write checked bars as Parquet that the readers know as ours: closing times in UTC.

    Args:
        target: the file.
        bars: the columns of CheckedBars.bars.
        calendar: which trading day each bar is of; kept where its zone is known.
    """
    known = {} if calendar.timezone is None else {CALENDAR_MARK: to_json(calendar.as_dict())}
    write_parquet(target, bars.select(COLUMNS), metadata=dict([CANONICAL_MARK]) | known)


def _faultless(rows: pl.DataFrame) -> bool:
    """Whether every rule is kept; told a piece at a time, which needs little memory.

    Rows in order hold no duplicate and no step back; every other rule is about a row alone.
    """
    return rising(rows) and all(_Rows.is_valid(part) for part in rows.iter_slices(CHECKED_ROWS))


def _widened(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows whose range holds an open and close that are outside by rounding only, and a note."""
    highest, lowest = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    above = (highest > pl.col("high")) & (highest <= pl.col("high") * (1 + ROUNDING))
    below = (lowest < pl.col("low")) & (lowest >= pl.col("low") * (1 - ROUNDING))
    count = rows.select((above | below).sum()).item()
    if not count:
        return rows, ()
    moved = rows.with_columns(
        high=pl.when(above).then(highest).otherwise("high"),
        low=pl.when(below).then(lowest).otherwise("low"),
    )
    return moved, (
        f"rows with an open or close outside low..high by less than a millionth: {count}; the "
        "range was widened to hold it",
    )


def _number(name: str) -> pl.Expr:
    return pl.col(name).fill_nan(None)


def _inside_range(name: str) -> pl.Expr:
    inside = _number(name).is_between(_number("low"), _number("high"))
    return inside | (_number("high") < _number("low"))


def _first_of_its_time() -> pl.Expr:
    return pl.struct("symbol", "timestamp").is_first_distinct() | pl.col("timestamp").is_null()


def _time_before() -> pl.Expr:
    return pl.col("timestamp").forward_fill().shift().over("symbol")


def _complete(raw: pl.DataFrame) -> pl.DataFrame:
    """The rows with every column of the schema, in its types."""
    missing = [name for name in ("symbol", "timestamp", *PRICES) if name not in raw.columns]
    if missing or raw.is_empty():
        raise DataError(
            phrase("no column for {missing}.", missing=", ".join(missing))
            if missing
            else "there are no bars.",
            where=term("the bars"),
            remedy="Give a row a bar, with symbol, timestamp, open, high, low and close.",
        )
    _refuse_naive(raw.schema["timestamp"])
    defaults = {
        "volume": pl.lit(0.0),
        "adjustment": pl.lit(1.0),
        "source": pl.lit("bars"),
        "row": pl.int_range(1, pl.len() + 1),
        "overlaps": pl.lit(False),
    }
    added = [value.alias(name) for name, value in defaults.items() if name not in raw.columns]
    return _Rows.cast(raw.with_columns(added))


def _refuse_naive(times: pl.DataType) -> None:
    if not isinstance(times, pl.Datetime) or times.time_zone is None:
        raise DataError(
            phrase("the times are {times}, without a time zone.", times=times),
            where=term("the bars"),
            remedy="Give closing times in UTC, or read the file with a time zone.",
        )


def _by_rule(details: pl.DataFrame) -> pl.DataFrame:
    """A row per bad row and rule it breaks, rows in the order of the source."""
    return (
        details.unpivot(
            list(RULES), index=list(REJECTED)[:-1], variable_name="rule", value_name="verdict"
        )
        .filter(pl.col("verdict") == "invalid")
        .sort("source", "row", maintain_order=True)
        .select(*REJECTED)
    )


def _refusal(rejected: pl.DataFrame, rows: pl.DataFrame) -> DataError:
    symbol, _, source, row, rule = rejected.row(0)
    time = rejected["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S UTC")[0] or "no time"
    counts = rejected.group_by("rule").len().sort("len", "rule", descending=[True, False])
    told = [phrase("{rule} {count}", rule=term(name), count=n) for name, n in counts.iter_rows()]
    broken = rejected.n_unique(["source", "row"])
    return DataError(
        phrase(
            "{broken} of {rows} rows break a rule: {rules}.",
            broken=broken,
            rows=rows.height,
            rules=chained("{one}, {other}", told),
        ),
        where=phrase(
            "{source}, row {row} ({symbol}, closing {time}): {rule}.",
            source=source,
            row=row,
            symbol=symbol or term("no symbol"),
            time=time or term("no time"),
            rule=term(RULES[rule]),
        ),
        remedy=chained("{one} {other}", [*_remedies(rejected, left=rows.height - broken)]),
    )


def _remedies(rejected: pl.DataFrame, *, left: int) -> Iterator[str]:
    if (rejected["rule"] == "back_step").any():
        yield term("Sort the rows by time, or pass `sort`.")
    if (rejected["rule"] == "overlapping").any():
        yield term("Bars of one interval follow each other; if these do, state it with `interval`.")
    if left:
        yield term("Correct the rows, or pass `quarantine` to set them aside.")
    else:
        yield term("No row is left: check the columns, the time zone and the number format.")
