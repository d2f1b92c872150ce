"""Reading bars from CSV and Parquet, one file or a folder of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.columns import PRICES, recognise
from quantsig.data.errors import ConfigError, DataError, unknown_name
from quantsig.data.sessions import SessionCalendar, start_minutes
from quantsig.data.source_calendar import source_calendar
from quantsig.data.tables import Table, open_table, table_files
from quantsig.data.timestamps import (
    check_zone,
    closing_times,
    common_step,
    parse_stamps,
    refuse_mixed_intervals,
    refuse_short_interval,
    rising,
    wall_clock,
)

NUMBERS = (*PRICES, "volume", "adjustment", "adj_close")
PIECE_ROWS = 1 << 20  # of a column of text that are changed at a time
NO_TIME = -(1 << 63)  # sorts before any
BAR_LABELS = ("open", "close")
NOTHING = ("", "null", "none", "nan", "na", "n/a", "-")  # text that stands for a missing value


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How the source writes its bars.

    Attributes:
        timezone: the zone of times that do not say theirs, and of the days of daily bars.
        bar_label: which moment of a bar its time names; "open" errs on the late side.
        interval: the time one bar covers; None: the most common step within a symbol.
        symbol: the symbol of a file without such a column; None: the file's name.
        sort: sort by time where rows go back, instead of refusing.
        session_start: the time of day of the source's clock, as "21:00", from which bars are of
            the next trading day; "00:00": of none; None: found where it is unmistakable, as in
            Chinese futures, else of none.
    """

    timezone: str = "UTC"
    bar_label: Literal["open", "close"] = "open"
    interval: timedelta | None = None
    symbol: str | None = None
    sort: bool = False
    session_start: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One file read: `rows` with the source's own labels as timestamp."""

    path: Path
    rows: pl.DataFrame
    dates_only: bool
    canonical: bool
    calendar: SessionCalendar | None  # where quantsig wrote the file


def read_bars(source: Path, options: ReadOptions, *, quarantine: bool = False) -> CheckedBars:
    """Read bars and stamp each with its close in UTC.

    Args:
        source: a Parquet or CSV file, or a folder of them; a file without a symbol column holds
            the symbol it is named after. A file written by quantsig is taken as it is, whatever
            the options say of zone and label.
        options: how the source writes its bars.
        quarantine: set rows that break a rule aside instead of refusing.

    Raises:
        DataError: the source is missing, empty, not bars, or a row breaks a rule.
        ConfigError: an option makes no sense.
        IntegrityError: a Parquet file is damaged.
    """
    _check(options)
    sources = [
        _read(open_table(path), options, quarantine=quarantine) for path in table_files(source)
    ]
    _refuse_shared_symbols(sources)
    _refuse_partial_volume(sources)
    interval = _interval(sources, options, where=str(source))
    rows = pl.concat([_stamped(part, options, interval) for part in sources], how="diagonal")
    if options.sort and not rising(rows):
        rows = rows.sort("symbol", "timestamp", maintain_order=True)
    checked = check_bars(rows, quarantine=quarantine, interval=interval)
    calendar = source_calendar(
        checked,
        timezone=options.timezone,
        bar_label=options.bar_label,
        session_start=options.session_start,
        kept=_kept_calendar(sources),
    )
    return replace(checked, calendar=calendar)


def _check(options: ReadOptions) -> None:
    check_zone(options.timezone)
    if options.bar_label not in BAR_LABELS:
        raise unknown_name("bar label", options.bar_label, BAR_LABELS, where="bar_label")
    if options.session_start is not None:
        start_minutes(options.session_start)
    if options.interval is not None and options.interval <= timedelta():
        raise ConfigError(
            f"an interval of {options.interval} makes no sense.",
            where="interval",
            remedy="Give the time one bar covers, such as 1 minute or 1 day.",
        )


def _read(table: Table, options: ReadOptions, *, quarantine: bool) -> _Source:
    where = str(table.path)
    fields = recognise(table.names, where=where)
    symbols = _symbols(fields.get("symbol"), table, options)
    times = _in_pieces(_times(fields, table), _tidy)
    stamps = parse_stamps(times, where=where)
    if not quarantine:
        _refuse_unreadable(times, stamps.values, "a time", table)
    del times  # text takes several times the memory of what it says
    columns = {"symbol": symbols, "timestamp": stamps.values.rechunk()}
    for name in NUMBERS:
        if name in fields:
            columns[name] = _numbers(fields[name], table, quarantine=quarantine)
    volume = columns.get("volume")
    if not (volume is None or table.canonical) and _says_nothing(
        table.column(fields["volume"]), volume
    ):
        del columns["volume"]  # a column that FX sources leave empty
    columns["row"] = table.rows
    rows = pl.DataFrame(_in_order(columns, by_time=options.sort))
    return _Source(
        path=table.path,
        rows=_completed(rows, table),
        dates_only=stamps.dates_only,
        canonical=table.canonical,
        calendar=SessionCalendar(**table.calendar) if table.canonical else None,
    )


def _symbols(name: str | None, table: Table, options: ReadOptions) -> pl.Series:
    if name is None:
        symbol = options.symbol or table.path.stem
        return pl.Series([symbol]).new_from_index(0, len(table.rows))
    if options.symbol is not None:
        raise ConfigError(
            f"the file names its symbols itself; it cannot all be {options.symbol}.",
            where=str(table.path),
            remedy="Leave the option symbol out.",
        )
    column = table.column(name).cast(pl.String)
    return _in_pieces(column, lambda piece: piece.str.strip_chars().replace("", None))


def _times(fields: Mapping[str, str], table: Table) -> pl.Series:
    """The time column, or date and time of day written as one."""
    if "timestamp" in fields:
        return table.column(fields["timestamp"])
    date, time = table.column(fields["date"]), table.column(fields["time"])
    day = date.cast(pl.Date) if date.dtype.is_temporal() else date
    return day.cast(pl.String) + " " + _padded(time.cast(pl.String))


def _padded(times: pl.Series) -> pl.Series:
    """Times of day written as bare numbers, 930 or 93000, with their leading zeros."""
    if not times.str.contains(r"^\d{1,6}$").all():
        return times
    longest = times.str.len_chars().max()
    return times.str.zfill(6 if longest in (5, 6) else 4)


def _in_pieces(column: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Change a column piece by piece: of its intermediate forms only a piece's is in memory."""
    starts = range(0, max(len(column), 1), PIECE_ROWS)
    changed = pl.concat(change(column.slice(start, PIECE_ROWS)) for start in starts)
    return changed.rechunk()  # or a frame of columns in unlike chunks would copy all of them


def _tidy(column: pl.Series) -> pl.Series:
    """Text without spaces around it, and null where it says that there is no value."""
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column
    text = column.str.strip_chars()
    return text.set(text.str.to_lowercase().is_in(NOTHING), None)


def _numbers(name: str, table: Table, *, quarantine: bool) -> pl.Series:
    """A column of numbers as float64; text that is not a number becomes null in quarantine."""
    cells = table.column(name)
    textual = isinstance(cells.dtype, (pl.String, pl.Null, pl.Categorical, pl.Enum))
    if not (cells.dtype.is_numeric() or textual):
        raise DataError(
            f"the column {name} holds {cells.dtype}, not numbers.",
            where=str(table.path),
            remedy="Store prices and volume as numbers.",
        )
    read = _in_pieces(cells, lambda piece: _tidy(piece).cast(pl.Float64, strict=False))
    if not quarantine:
        _refuse_unreadable(cells, read, f"a number, in {name}", table)
    return read


def _says_nothing(cells: pl.Series, read: pl.Series) -> bool:
    """Whether a column of numbers has no value in any row, unreadable ones counted as values."""
    if not len(read) or read.fill_nan(None).null_count() < len(read):
        return False
    return cells.dtype != pl.String or _in_pieces(cells, _tidy).null_count() == len(cells)


def _refuse_unreadable(cells: pl.Series, read: pl.Series, kind: str, table: Table) -> None:
    if cells.dtype != pl.String:
        return
    for start in range(0, len(cells), PIECE_ROWS):
        said = _tidy(cells.slice(start, PIECE_ROWS))
        lost = (said.is_not_null() & read.slice(start, PIECE_ROWS).is_null()).arg_true()
        if len(lost):
            raise DataError(
                f'"{said[lost[0]]}" is not {kind}.',
                where=f"{table.path}, row {table.rows[start + lost[0]]}",
                remedy="Write numbers as 1234.5 and times as 2024-03-31 02:00, or pass "
                "--quarantine to set such rows aside.",
            )


def _in_order(columns: dict[str, pl.Series], *, by_time: bool) -> dict[str, pl.Series]:
    """The columns with each symbol's rows together and otherwise in their order, or by time.

    They are put in order one after the other, so that only one is in memory twice.
    """
    symbols = columns["symbol"]
    if symbols.null_count() or (symbols.is_sorted() and not by_time):
        return columns
    keys = [symbols.cast(pl.Enum(symbols.unique().sort())).to_physical().to_numpy()]
    if by_time:
        keys.insert(0, columns["timestamp"].to_physical().fill_null(NO_TIME).to_numpy())
    order = pl.Series(np.lexsort(keys))
    for name in list(columns):
        columns[name] = columns[name].gather(order)
    return columns


def _completed(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows with their source and adjustment, and without a volume that was never known."""
    if "adj_close" in rows.columns and "adjustment" not in rows.columns:
        rows = rows.with_columns(adjustment=pl.col("adj_close") / pl.col("close"))
    if "adjustment" not in rows.columns:
        rows = rows.with_columns(adjustment=pl.repeat(1.0, len(rows), eager=True))
    if table.canonical and not (rows["volume"] != 0).any():
        rows = rows.drop("volume")
    return rows.drop("adj_close", strict=False).with_columns(source=pl.lit(table.path.name))


def _kept_calendar(sources: Sequence[_Source]) -> SessionCalendar | None:
    """What files of ours say of their sessions, where all say the same."""
    first = sources[0].calendar
    return first if all(source.calendar == first for source in sources) else None


def _refuse_shared_symbols(sources: Sequence[_Source]) -> None:
    first: dict[str, Path] = {}
    for source in sources:
        for symbol in source.rows["symbol"].drop_nulls().unique(maintain_order=True):
            if symbol in first:
                raise DataError(
                    f"two files hold the symbol {symbol}.",
                    where=f"{first[symbol]} and {source.path}",
                    remedy="Keep one of them, or join them into one file sorted by time.",
                )
            first[symbol] = source.path


def _refuse_partial_volume(sources: Sequence[_Source]) -> None:
    with_volume = [source.path for source in sources if "volume" in source.rows.columns]
    without = [source.path for source in sources if "volume" not in source.rows.columns]
    if with_volume and without:
        raise DataError(
            "some files have a volume column and some have none.",
            where=f"with: {with_volume[0]}; without: {without[0]}",
            remedy="Read them apart, or remove the volume of the others.",
        )


def _interval(sources: Sequence[_Source], options: ReadOptions, *, where: str) -> timedelta:
    """The interval given, else the most common step over all files, on the clock of the zone."""
    labels = pl.concat(
        source.rows.select("symbol", wall_clock(source.rows["timestamp"], options.timezone))
        for source in sources
    )
    if options.interval is not None:
        if not any(part.dates_only for part in sources):
            refuse_short_interval(labels, options.interval, where=where)
        return options.interval
    interval = common_step(labels, where=where)
    if options.bar_label == "open":
        refuse_mixed_intervals(labels, interval, where=where)
    return interval


def _stamped(source: _Source, options: ReadOptions, interval: timedelta) -> pl.DataFrame:
    if source.canonical:
        return source.rows
    closes = closing_times(
        source.rows.select("symbol", "timestamp"),
        zone=options.timezone,
        opens_for=interval if options.bar_label == "open" else None,
        dates_only=source.dates_only,
    )
    return source.rows.with_columns(closes.alias("timestamp"))
