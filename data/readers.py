"""Reading bars from CSV and Parquet, one file or a folder of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import polars as pl

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.columns import PRICES, recognise
from quantsig.data.errors import ConfigError, DataError, unknown_name
from quantsig.data.tables import Table, open_table, table_files
from quantsig.data.timestamps import (
    check_zone,
    closing_times,
    common_step,
    parse_stamps,
    refuse_mixed_intervals,
    refuse_short_interval,
    wall_clock,
)

NUMBERS = (*PRICES, "volume", "adjustment", "adj_close")
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
    """

    timezone: str = "UTC"
    bar_label: Literal["open", "close"] = "open"
    interval: timedelta | None = None
    symbol: str | None = None
    sort: bool = False


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One file read: `rows` with the source's own labels as timestamp."""

    path: Path
    rows: pl.DataFrame
    dates_only: bool
    canonical: bool


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
    if options.sort:
        rows = rows.sort("symbol", "timestamp", maintain_order=True)
    return check_bars(rows, quarantine=quarantine, interval=interval)


def _check(options: ReadOptions) -> None:
    check_zone(options.timezone)
    if options.bar_label not in BAR_LABELS:
        raise unknown_name("bar label", options.bar_label, BAR_LABELS, where="bar_label")
    if options.interval is not None and options.interval <= timedelta():
        raise ConfigError(
            f"an interval of {options.interval} makes no sense.",
            where="interval",
            remedy="Give the time one bar covers, such as 1 minute or 1 day.",
        )


def _read(table: Table, options: ReadOptions, *, quarantine: bool) -> _Source:
    where = str(table.path)
    fields = recognise(table.columns.columns, where=where)
    cells = {field: table.columns[name] for field, name in fields.items()}
    symbols = _symbols(cells.pop("symbol", None), table, options)
    times = _tidy(_times(cells))
    stamps = parse_stamps(times, where=where)
    numbers = {name: _tidy(cells[name]) for name in NUMBERS if name in cells}
    read = {name: _floats(column, fields[name], where) for name, column in numbers.items()}
    if not quarantine:
        _refuse_unreadable(times, stamps.values, "a time", table)
        for name, column in numbers.items():
            _refuse_unreadable(column, read[name], f"a number, in {fields[name]}", table)
    rows = pl.DataFrame({"symbol": symbols, "timestamp": stamps.values, **read, "row": table.rows})
    return _Source(
        path=table.path,
        rows=_completed(rows, table),
        dates_only=stamps.dates_only,
        canonical=table.canonical,
    )


def _symbols(column: pl.Series | None, table: Table, options: ReadOptions) -> pl.Series:
    if column is None:
        name = options.symbol or table.path.stem
        return pl.Series([name]).new_from_index(0, table.columns.height)
    if options.symbol is not None:
        raise ConfigError(
            f"the file names its symbols itself; it cannot all be {options.symbol}.",
            where=str(table.path),
            remedy="Leave the option symbol out.",
        )
    return column.cast(pl.String).str.strip_chars().replace("", None)


def _times(cells: dict[str, pl.Series]) -> pl.Series:
    """The time column, or date and time of day written as one."""
    if "timestamp" in cells:
        return cells["timestamp"]
    date, time = cells["date"], cells["time"]
    day = date.cast(pl.Date) if date.dtype.is_temporal() else date
    return day.cast(pl.String) + " " + _padded(time.cast(pl.String))


def _padded(times: pl.Series) -> pl.Series:
    """Times of day written as bare numbers, 930 or 93000, with their leading zeros."""
    if not times.str.contains(r"^\d{1,6}$").all():
        return times
    longest = times.str.len_chars().max()
    return times.str.zfill(6 if longest in (5, 6) else 4)


def _tidy(column: pl.Series) -> pl.Series:
    """Text without spaces around it, and null where it says that there is no value."""
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column
    text = column.str.strip_chars()
    return text.set(text.str.to_lowercase().is_in(NOTHING), None)


def _floats(column: pl.Series, name: str, where: str) -> pl.Series:
    """A column of numbers as float64; text that is not a number becomes null."""
    if not (column.dtype.is_numeric() or column.dtype in (pl.String, pl.Null)):
        raise DataError(
            f"the column {name} holds {column.dtype}, not numbers.",
            where=where,
            remedy="Store prices and volume as numbers.",
        )
    return column.cast(pl.Float64, strict=False)


def _refuse_unreadable(cells: pl.Series, read: pl.Series, kind: str, table: Table) -> None:
    if cells.dtype != pl.String:
        return
    lost = (cells.is_not_null() & read.is_null()).arg_true()
    if lost.is_empty():
        return
    first = lost[0]
    raise DataError(
        f'"{cells[first]}" is not {kind}.',
        where=f"{table.path}, row {table.rows[first]}",
        remedy="Write numbers as 1234.5 and times as 2024-03-31 02:00, or pass --quarantine "
        "to set such rows aside.",
    )


def _completed(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows with their source and adjustment, and without a volume that was never known."""
    if "adj_close" in rows.columns and "adjustment" not in rows.columns:
        rows = rows.with_columns(adjustment=pl.col("adj_close") / pl.col("close"))
    if "adjustment" not in rows.columns:
        rows = rows.with_columns(adjustment=pl.lit(1.0))
    if table.canonical and not (rows["volume"] != 0).any():
        rows = rows.drop("volume")
    return rows.drop("adj_close", strict=False).with_columns(source=pl.lit(table.path.name))


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
