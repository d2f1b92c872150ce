"""The Parquet files of a sample set: bars and index rows in numbered parts, written small.

A set has one part of each until it grows: `bars.parquet` and `index.parquet`, then
`bars-00001.parquet`, `index-00001.parquet` and so on. A part never changes once it is written.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from quantsig.data.errors import IntegrityError
from quantsig.data.language.messages import phrase
from quantsig.data.storage import atomic, checksums, parquet
from quantsig.data.storage.numbered import part, parts_in
from quantsig.data.tables.table import CANONICAL_MARK

INDEX, BARS = "index.parquet", "bars.parquet"  # the first part of each
PART_ROWS = 1 << 18  # of bars; also the piece of work that a thread takes on when building
INDEX_SCHEMA = {
    "sample_id": pl.Int64(),
    "symbol": pl.String(),
    "decision_time": pl.Datetime("us", "UTC"),
    "window_start": pl.Datetime("us", "UTC"),
    "label_end": pl.Datetime("us", "UTC"),
    "forward_return": pl.Float64(),
    "label": pl.Float64(),
    "stop": pl.Float64(),
    "target": pl.Float64(),
    "direction": pl.Int8(),
    "bar": pl.Int64(),
}
PLACE_SCHEMA = {"file": pl.Int32(), "offset": pl.Int64(), "length": pl.Int32()}  # of a frame
RISING = ("sample_id", "timestamp", "decision_time", "window_start", "label_end", "bar")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    """What a manifest says of a file."""

    sha256: str
    rows: int


def write_index(
    folder: Path, number: int, rows: pl.DataFrame, more: Sequence[str] = ()
) -> dict[str, StoredFile]:
    """Write a part of the index; `more` are columns of it beside those of every index.

    Returns:
        Its record by its name.
    """
    return _write(folder / part(INDEX, number), rows.select(*INDEX_SCHEMA, *more), {})


def write_bars(folder: Path, number: int, bars: pl.DataFrame) -> dict[str, StoredFile]:
    """Write a part of the bars; the readers of bars know it as ours.

    Returns:
        Its record by its name.
    """
    return _write(folder / part(BARS, number), bars, dict([CANONICAL_MARK]))


def read_part(
    folder: Path, name: str, records: Mapping[str, StoredFile], columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Read a part that is exactly what was written.

    Args:
        folder: of the sample set.
        name: of the part.
        records: what the manifest says of the files.
        columns: names of those to read; None: all.

    Raises:
        IntegrityError: it is not.
    """
    checksums.check_sha256(folder / name, records[name].sha256)
    frame = parquet.read_parquet(folder / name, columns)
    _refuse_other_rows(len(frame), folder / name, records[name])
    return frame


def _refuse_other_rows(rows: int, source: Path, record: StoredFile) -> None:
    if rows != record.rows:
        raise IntegrityError(
            phrase("{rows} rows where {written} were written.", rows=rows, written=record.rows),
            where=str(source),
            remedy="Build the sample set again.",
        )


def read_parts(
    folder: Path,
    first: str,
    records: Mapping[str, StoredFile],
    columns: Sequence[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Read all parts of a kind one after the other; see `read_part`."""
    for name in parts_in(records, first):
        yield read_part(folder, name, records, columns)


def read_pieces(
    folder: Path,
    first: str,
    records: Mapping[str, StoredFile],
    columns: Sequence[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Read all parts of a kind, each in pieces of which one is in memory; see `read_part`."""
    for name in parts_in(records, first):
        checksums.check_sha256(folder / name, records[name].sha256)
        rows = 0
        for piece in parquet.read_row_groups(folder / name, columns):
            rows += len(piece)
            yield piece
        _refuse_other_rows(rows, folder / name, records[name])


def symbol_runs(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The bars of each symbol, without copying; the table is sorted by symbol."""
    runs, row = {}, 0
    for run in bars["symbol"].rle():
        runs[run["value"]] = bars.slice(row, run["len"])
        row += run["len"]
    return runs


def packed(frame: pl.DataFrame, metadata: dict[str, str]) -> io.BytesIO:
    """A part as the bytes of its file."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    content = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(metadata),
        content,
        compression="zstd",
        use_dictionary=[name for name in frame.columns if name not in RISING],
        column_encoding={name: "DELTA_BINARY_PACKED" for name in frame.columns if name in RISING},
    )
    return content


def _write(target: Path, frame: pl.DataFrame, metadata: dict[str, str]) -> dict[str, StoredFile]:
    content = packed(frame, metadata)
    atomic.write_bytes(target, content.getbuffer())
    digest = hashlib.sha256(content.getbuffer()).hexdigest()
    return {target.name: StoredFile(sha256=digest, rows=len(frame))}
