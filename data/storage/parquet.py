"""Parquet files: written whole or not at all, and read with their damage named."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from quantsig.data.language.messages import phrase
from quantsig.data.storage.addresses import seekable
from quantsig.data.storage.atomic import write_bytes
from quantsig.data.storage.checksums import damaged, require_file, unreadable
from quantsig.data.storage.unpacked_size import refuse_bomb

PARQUET_DAMAGE = (
    pa.ArrowException,
    OSError,
    UnicodeDecodeError,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # not an Exception
)


def write_parquet(
    target: Path, frame: pl.DataFrame, *, metadata: dict[str, str] | None = None
) -> None:
    """Replace `target` by `frame` as Parquet (zstd), atomically.

    Args:
        target: the file to write.
        frame: its rows.
        metadata: keys and values to keep in the file beside them.
    """
    content = io.BytesIO()  # polars reports a full disk as a ComputeError, a plain write does not
    frame.write_parquet(content, compression="zstd", metadata=metadata)
    write_bytes(target, content.getbuffer())


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetColumns:
    """What the footer of a Parquet file says."""

    names: tuple[str, ...]
    rows: int
    metadata: Mapping[bytes, bytes]


def parquet_columns(source: Path) -> ParquetColumns:
    """Read the footer of a Parquet file.

    Raises:
        DataError: there is no such file.
        IntegrityError: the file is damaged or not Parquet.
    """
    require_file(source)
    try:
        with pq.ParquetFile(seekable(source)) as file:
            return ParquetColumns(
                names=tuple(file.schema_arrow.names),
                rows=file.metadata.num_rows,
                metadata=file.metadata.metadata or {},
            )
    except PARQUET_DAMAGE as error:
        raise unreadable(source, error) from error


def release() -> None:
    """Give back what pyarrow keeps of the memory that it read with, worth it after many files."""
    pa.default_memory_pool().release_unused()


def read_row_groups(source: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The row groups of a Parquet file, only one of them in memory; see `read_parquet`."""
    require_file(source)
    try:
        with pq.ParquetFile(seekable(source)) as file:
            groups: list[int | None] = list(range(file.num_row_groups))
    except PARQUET_DAMAGE as error:
        raise unreadable(source, error) from error
    for group in groups or [None]:  # without one there are columns, no rows
        yield read_parquet(source, columns, group=group)


def read_parquet(
    source: Path,
    columns: Sequence[str] | None = None,
    *,
    change: Callable[[pa.Table], pa.Table] | None = None,
    group: int | None = None,
) -> pl.DataFrame:
    """Read a Parquet file; opened and checked by pyarrow, which refuses a damaged one cleanly.

    Args:
        source: the file.
        columns: names of those to read; None: all.
        change: of the table before polars reads it, which may not know all of its types.
        group: the number of the row group to read; None: all.

    Raises:
        DataError: there is no such file.
        IntegrityError: the file is damaged or not Parquet.
        ResourceError: it would take far more memory than its size lets expect.
    """
    require_file(source)
    try:
        with pq.ParquetFile(seekable(source)) as file:
            refuse_bomb(file, source, columns)
            if group is None:
                table, rows = file.read(columns=columns), file.metadata.num_rows
            else:
                table = file.read_row_group(group, columns=columns)
                rows = file.metadata.row_group(group).num_rows
        table.validate(full=True)
        str(table.schema)  # a name that is not UTF-8 fails here; polars would panic
        frame = pl.from_arrow(change(table) if change else table)
    except PARQUET_DAMAGE as error:
        raise unreadable(source, error) from error
    if table.num_rows != rows:
        raise damaged(
            source,
            phrase(
                "{rows} rows are announced and {found} are there", rows=rows, found=table.num_rows
            ),
        )
    assert isinstance(frame, pl.DataFrame)
    missing = set(columns or ()) - set(frame.columns)
    if missing:
        raise damaged(source, phrase("it has no column {name!r}", name=min(missing)))
    return frame
