"""From an opened table to rows of bars: symbols, the source's own times, and numbers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.calendar.timestamps import Stamps, parse_stamps
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.reading.volumes import unread_volumes, volume_columns
from quantsig.data.tables.columns import PRICES, recognise
from quantsig.data.tables.layout import Layout
from quantsig.data.tables.numerals import Decimal, decimal_sign, plainly, unabbreviated
from quantsig.data.tables.table import SourceTable

NUMBERS = (*PRICES, "adjustment", "adj_close")  # beside the volume
PIECE_ROWS = 1 << 20  # of a column of text that are changed at a time
NO_TIME = -(1 << 63)  # sorts before any
NOTHING = ("", "null", "none", "nan", "na", "n/a", "-", "--", "—")  # text of a missing value
WHOLE_STAMP = r"^\d{12,}$|^\d{4}[-/.]\d"  # in a column of times of day that names the day, too


@dataclass(frozen=True, kw_only=True)
class SourceRows:
    """One file read.

    Attributes:
        path: the file.
        rows: symbol, timestamp (the source's own labels), prices, volume if known, adjustment,
            row and source; each symbol's rows together.
        dates_only: the labels are days.
        canonical: quantsig wrote the file.
        calendar: of sessions, where quantsig wrote the file.
        layout: the source that writes so; None: not known.
        names_symbols: a column names them.
        named: the symbol that the file says elsewhere; None: it has that of the file's name.
        notes: what is to be said of how it was read.
    """

    path: Path
    rows: pl.DataFrame
    dates_only: bool
    canonical: bool
    calendar: SessionCalendar | None
    layout: Layout | None
    names_symbols: bool
    named: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RowOptions:
    """How rows are read.

    Attributes:
        symbol: of a file without such a column.
        sort: put rows in the order of time.
        decimal: the sign before decimals; None: found out.
        day_first: of dates such as 01/02/2024; None: found out.
        quarantine: what cannot be read becomes null instead of being refused.
    """

    symbol: str | None
    sort: bool
    decimal: Decimal | None
    day_first: bool | None
    quarantine: bool


def read_rows(table: SourceTable, options: RowOptions) -> SourceRows:
    """Read the rows of a table.

    Raises:
        DataError: a column is missing, a time or a number cannot be read.
    """
    where = str(table.path)
    table = replace(table, column=partial(flat, table))
    special = table.layout.columns if table.layout else None
    fields = recognise(table.names, where=where, columns=special)
    symbols = symbol_cells(fields.get("symbol"), table, options.symbol)
    times = _in_pieces(time_cells(fields, table), tidy)
    stamps = parse_stamps(times, where=where, day_first=options.day_first)
    if not options.quarantine:
        _refuse_unreadable(times, stamps.values, "a time", table)
    del times  # text takes several times the memory of what it says
    columns = {"symbol": symbols, "timestamp": stamps.values.rechunk()}
    numbers = _Numbers(table, fields, options, symbols=symbols.drop_nulls().unique())
    columns |= numbers.columns()
    columns["row"] = table.rows
    rows = pl.DataFrame(_in_order(columns, by_time=options.sort))
    falling = not options.sort and _newest_first(rows)
    if falling:
        rows = rows.reverse().sort("symbol", maintain_order=True)
    return SourceRows(
        path=table.path,
        rows=_completed(rows, table),
        dates_only=stamps.dates_only,
        canonical=table.canonical,
        calendar=SessionCalendar(**table.calendar) if table.canonical else None,
        layout=table.layout,
        names_symbols="symbol" in fields,
        named=options.symbol or table.symbol,
        notes=(*table.notes, *_said_of_times(stamps, falling), *numbers.notes),
    )


def flat(table: SourceTable, name: str) -> pl.Series:
    """A column of one value a row."""
    cells = table.column(name)
    if cells.dtype.is_nested() or isinstance(cells.dtype, (pl.Binary, pl.Object, pl.Duration)):
        raise _unsuitable(table, name, cells)
    return cells


def _unsuitable(table: SourceTable, name: str, cells: pl.Series) -> DataError:
    return DataError(
        phrase("the column {name} holds {dtype}.", name=name, dtype=cells.dtype),
        where=str(table.path),
        remedy="Store times, numbers, and symbols as text, a value a row.",
    )


def _said_of_times(stamps: Stamps, falling: bool) -> Iterator[str]:
    if falling:
        yield "newest first: put in the order of time"
    if stamps.units:
        yield phrase(
            "times in {units} since 1970, each taken by its own size",
            units=chained("{one} and {other}", stamps.units),
        )


def symbol_cells(name: str | None, table: SourceTable, stated: str | None) -> pl.Series:
    """The symbol of each row, null where the column of that name holds none.

    Without a column it is the one that is stated, that the table says, or the file's name.
    """
    if name is None:
        symbol = stated or table.symbol or table.path.stem
        return pl.Series([symbol]).new_from_index(0, len(table.rows))
    if stated is not None:
        raise ConfigError(
            phrase("the file names its symbols itself; it cannot all be {stated}.", stated=stated),
            where=str(table.path),
            remedy="Leave the option symbol out.",
        )
    cells = table.column(name)
    if cells.dtype.is_temporal():
        raise _unsuitable(table, name, cells)
    column = cells.cast(pl.String)
    return _in_pieces(column, lambda piece: piece.str.strip_chars().replace("", None))


def time_cells(fields: Mapping[str, str], table: SourceTable) -> pl.Series:
    """The time column, or date and time of day written as one."""
    if "timestamp" in fields:
        return table.column(fields["timestamp"])
    date, time = table.column(fields["date"]), table.column(fields["time"])
    clock = time.cast(pl.String)
    if clock.str.contains(WHOLE_STAMP).all():
        return time
    day = date.cast(pl.Date) if date.dtype.is_temporal() else date
    return day.cast(pl.String) + " " + _padded(clock)


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


def tidy(column: pl.Series) -> pl.Series:
    """Text without spaces around it, and null where it says that there is no value."""
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column
    text = column.str.strip_chars()
    return text.set(text.str.to_lowercase().is_in(NOTHING), None)


class _Numbers:
    """Reads the columns of numbers, and keeps what is to be said of them."""

    def __init__(
        self,
        table: SourceTable,
        fields: Mapping[str, str],
        options: RowOptions,
        *,
        symbols: Iterable[str],
    ) -> None:
        self.table, self.options = table, options
        self.volumes = volume_columns(table.names, symbols)
        self.fields = {name: fields[name] for name in NUMBERS if name in fields}
        self.notes: list[str] = []
        self.sign: Decimal | None = None
        if table.commas:
            read = (*self.fields.values(), *self.volumes)
            cells = (_in_pieces(table.column(name), tidy) for name in read)
            self.sign = decimal_sign(cells, options.decimal, where=str(table.path))
            self.notes += ["a comma is before the decimals"] * (self.sign == ",")

    def columns(self) -> dict[str, pl.Series]:
        """Every column of numbers there is, a volume that is never known left out."""
        units = self.table.layout.price_units if self.table.layout else 1.0
        read = {name: self._read(column) for name, column in self.fields.items()}
        if units != 1.0:
            read |= {name: read[name] / units for name in PRICES}
        volume = self._volume()
        return read if volume is None else read | {"volume": volume}

    def _volume(self) -> pl.Series | None:
        """The first of the volumes that has values; where none has, the one to prefer."""
        first, taken = None, self.volumes[0] if self.volumes else ""
        for name in self.volumes:
            read = self._read(name)
            if not self.table.canonical and _says_nothing(self.table.column(name), read):
                continue  # a column that FX sources leave empty
            if (read != 0).any():
                if name != taken:
                    self.notes.append(
                        phrase(
                            "volume from {name}, as {other} has no values", name=name, other=taken
                        )
                    )
                self._say_unread(name)
                return read
            first = read if first is None else first
        self._say_unread(None)
        return first

    def _say_unread(self, taken: str | None) -> None:
        """Name the columns that are called a volume and are not read."""
        empty = self.volumes if taken is None else self.volumes[: self.volumes.index(taken) + 1]
        left = unread_volumes(self.table.names, self.table.layout, empty)
        if left and taken is not None:
            self.notes.append(
                phrase("volume from {name}; not read: {others}", name=taken, others=", ".join(left))
            )
        elif left:
            self.notes.append(
                phrase(
                    "no volume, as what it counts is not known: {names}; name one column "
                    "volume to have it read",
                    names=", ".join(left),
                )
            )

    def _read(self, name: str) -> pl.Series:
        """A column of numbers as float64; text that is no number becomes null in quarantine."""
        cells = self.table.column(name)
        textual = isinstance(cells.dtype, (pl.String, pl.Null, pl.Categorical, pl.Enum))
        if not (cells.dtype.is_numeric() or textual):
            raise DataError(
                phrase(
                    "the column {name} holds {dtype}, not numbers.", name=name, dtype=cells.dtype
                ),
                where=str(self.table.path),
                remedy="Store prices and volume as numbers.",
            )
        read = _in_pieces(cells, self._cast)
        if not self.options.quarantine:
            _refuse_unreadable(cells, read, phrase("a number, in {name}", name=name), self.table)
        return read

    def _cast(self, piece: pl.Series) -> pl.Series:
        cells = tidy(piece)
        if self.sign is not None:
            cells = plainly(cells, self.sign)
        read = cells.cast(pl.Float64, strict=False)
        if cells.dtype == pl.String and read.null_count() > cells.null_count():
            return unabbreviated(cells).cast(pl.Float64, strict=False)
        return read


def _says_nothing(cells: pl.Series, read: pl.Series) -> bool:
    """Whether a column of numbers has no value in any row, unreadable ones counted as values."""
    if not len(read) or read.fill_nan(None).null_count() < len(read):
        return False
    return cells.dtype != pl.String or _in_pieces(cells, tidy).null_count() == len(cells)


def _refuse_unreadable(cells: pl.Series, read: pl.Series, kind: str, table: SourceTable) -> None:
    if cells.dtype != pl.String:
        return
    for start in range(0, len(cells), PIECE_ROWS):
        said = tidy(cells.slice(start, PIECE_ROWS))
        lost = (said.is_not_null() & read.slice(start, PIECE_ROWS).is_null()).arg_true()
        if len(lost):
            raise DataError(
                phrase('"{text}" is not {kind}.', text=said[lost[0]], kind=term(kind)),
                where=phrase("{path}, row {row}", path=table.path, row=table.rows[start + lost[0]]),
                remedy="Write numbers as 1234.5 and times as 2024-03-31 02:00, or pass "
                "`quarantine` to set such rows aside.",
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


def _newest_first(rows: pl.DataFrame) -> bool:
    """Whether each symbol's rows, which stand together, go back in time, every one of them."""
    later = pl.col("timestamp") > pl.col("timestamp").shift()
    same = pl.col("timestamp") == pl.col("timestamp").shift()
    within = pl.col("symbol") == pl.col("symbol").shift()
    for part in (rows.head(PIECE_ROWS), rows):  # most files are told by their beginning
        if part.select(((later | same) & within).any()).item():
            return False
    earlier = pl.col("timestamp") < pl.col("timestamp").shift()
    return bool(rows.select((earlier & within).any()).item())


def _completed(rows: pl.DataFrame, table: SourceTable) -> pl.DataFrame:
    """Rows with their source and adjustment, and without a volume that was never known."""
    if "adj_close" in rows.columns and "adjustment" not in rows.columns:
        rows = rows.with_columns(adjustment=pl.col("adj_close") / pl.col("close"))
    if "adjustment" not in rows.columns:
        rows = rows.with_columns(adjustment=pl.repeat(1.0, len(rows), eager=True))
    if table.canonical and "volume" in rows.columns and not (rows["volume"] != 0).any():
        rows = rows.drop("volume")
    return rows.drop("adj_close", strict=False).with_columns(source=pl.lit(table.path.name))
