"""Tables of Arrow: Parquet and Feather files, and the frames of other libraries."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.reading.feather_size import refuse_feather_bomb
from quantsig.data.sources.layouts import layout_of_names
from quantsig.data.storage.checksums import unreadable
from quantsig.data.storage.parquet import parquet_columns, read_parquet
from quantsig.data.storage.unpacked_size import refuse_long_texts
from quantsig.data.tables.table import CALENDAR_MARK, CANONICAL_MARK, SourceTable
from quantsig.data.tables.wide import lengthened

FEATHER_MAGIC = b"ARRO"
STREAM = "__arrow_c_stream__"
FRAME = Path("frame")  # in place of a file's name
PAIRS = 2  # a column of (price, ticker), as yfinance names them


def open_parquet(path: Path) -> SourceTable:
    """Open a Parquet file.

    Raises:
        IntegrityError: it is damaged.
    """
    about = parquet_columns(path)
    key, value = CANONICAL_MARK
    calendar = about.metadata.get(CALENDAR_MARK.encode())
    return SourceTable(
        path=path,
        names=about.names,
        column=lambda name: read_parquet(path, [name], change=plain_types)[name],
        rows=pl.int_range(1, about.rows + 1, eager=True).alias("row"),
        canonical=about.metadata.get(key.encode()) == value.encode(),
        calendar={} if calendar is None else json.loads(calendar),
        layout=layout_of_names(about.names),
    )


def open_feather(path: Path) -> SourceTable:
    """Open a Feather file, which is an Arrow file.

    Raises:
        IntegrityError: it is damaged.
        ResourceError: it would take far more memory than its size lets expect.
    """
    try:
        refuse_feather_bomb(path)
        with pa.ipc.open_file(path) as file:
            table = file.read_all()
        table.validate(full=True)
        refuse_long_texts(table, path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    return _opened(table, path)


def open_frame(frame: object) -> SourceTable:
    """Open the frame of any library that speaks Arrow's C interface: polars, pandas, DuckDB.

    Raises:
        DataError: it does not, or holds columns that Arrow has no type for.
    """
    if not hasattr(frame, STREAM):
        raise DataError(
            phrase("a {kind} is no table of bars.", kind=type(frame).__name__),
            where=f"{type(frame).__module__}.{type(frame).__qualname__}",
            remedy="Give a frame of polars, pandas, pyarrow or DuckDB with a row per bar; of a "
            "LazyFrame its collect().",
        )
    try:
        table = pa.table(frame)
        table.validate(full=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            phrase(
                "the frame cannot be read as a table: {reason}.", reason=str(error).splitlines()[0]
            ),
            where=type(frame).__module__,
            remedy="Give columns of one type each: times, numbers, and symbols as text.",
        ) from error
    pairs = _pairs(frame)
    if pairs is None:
        return _opened(table, FRAME)
    return _wide(table, pairs)


def plain_types(table: pa.Table) -> pa.Table:
    """The table with the types that polars reads: decimals as float64, fixed offsets as UTC."""
    for place, column in enumerate(table.schema):
        kind = _plain_type(column.type)
        if kind != column.type:
            changed = table.column(place).cast(kind)
            table = table.set_column(place, column.name, changed)
    return table


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp(kind.unit, "UTC")  # an instant is the same on any clock
    return kind


def _opened(table: pa.Table, path: Path) -> SourceTable:
    names = tuple(table.column_names)
    held = plain_types(table)
    if not table.num_rows:
        raise DataError(
            "the table has no rows.", where=str(path), remedy="Give one with a bar a row."
        )
    return SourceTable(
        path=path,
        names=names,
        column=lambda name: _series(held.column(names.index(name)), name),
        rows=pl.int_range(1, table.num_rows + 1, eager=True).alias("row"),
        layout=layout_of_names(names),
    )


def _series(column: pa.ChunkedArray, name: str) -> pl.Series:
    series = pl.from_arrow(column)
    assert isinstance(series, pl.Series)
    return series.rename(name)


def _pairs(frame: Any) -> list[tuple[str, str]] | None:
    """The columns of a pandas frame that are named by a price and a ticker."""
    columns: Any = getattr(frame, "columns", None)
    if getattr(columns, "nlevels", 1) != PAIRS:
        return None
    return [(str(one), str(other)) for one, other in columns]


def _wide(table: pa.Table, pairs: Sequence[tuple[str, str]]) -> SourceTable:
    """A frame of pairs; pandas puts the index behind its columns."""
    names = [f"{one} {other}" for one, other in pairs]
    time, *_ = table.column_names[len(pairs) :] or ["time"]
    flat = table.rename_columns([*names, *table.column_names[len(pairs) :]])
    opened = _opened(flat, FRAME)
    ordered = replace(opened, names=(time, *names))
    fields, tickers = zip(*pairs, strict=True)
    if "close" not in {field.lower() for field in fields}:
        fields, tickers = tickers, fields
    return lengthened(ordered, fields, tickers)
