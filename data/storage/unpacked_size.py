"""How much memory a Parquet file would take, told before it is read, and what any may."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quantsig.data.errors import ResourceError

LEAST_CAP_BYTES = 1 << 26  # that a small file may take
MOST_RATIO = 200  # of memory to bytes of the file
WORD_BYTES = 8  # that a value takes at most, text apart
TEXT = ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")


def refuse_bomb(file: pq.ParquetFile, source: Path, columns: Sequence[str] | None) -> None:
    """Raise where a Parquet file takes far more memory than its size lets expect.

    Args:
        file: opened.
        source: where it is.
        columns: names of those that are to be read; None: all.

    Raises:
        ResourceError: it does.
    """
    cap = cap_bytes(source)
    needed, texts = max(file.metadata.num_rows, 0) * WORD_BYTES, set()
    for name, chunk in _chunks(file, columns):
        held, packed = max(chunk.num_values, 0), max(chunk.total_uncompressed_size, 0)
        needed += max(held * WORD_BYTES, packed)
        if chunk.physical_type in TEXT and held * packed > cap:
            texts.add(name)
    if needed <= cap:
        needed += sum(_text_bytes(source, name) for name in texts)
    if needed > cap:
        raise bomb(source, cap)


def bomb(source: Path, cap: int) -> ResourceError:
    """The error for a file that would take more memory than its size lets expect."""
    return ResourceError(
        f"the file unpacks to more than {cap:,} bytes.",
        where=str(source),
        remedy="Check where it comes from; if these are bars, write them as CSV.",
    )


def cap_bytes(source: Path) -> int:
    """How much memory a file may take."""
    return max(LEAST_CAP_BYTES, MOST_RATIO * source.stat().st_size)


def _chunks(
    file: pq.ParquetFile, columns: Sequence[str] | None
) -> Iterator[tuple[str, pq.ColumnChunkMetaData]]:
    about = file.metadata
    for group in range(about.num_row_groups):
        for place in range(about.num_columns):
            chunk = about.row_group(group).column(place)
            name = chunk.path_in_schema.partition(".")[0]
            if columns is None or name in columns:
                yield name, chunk


def _text_bytes(source: Path, name: str) -> int:
    """Bytes of a column of text, each value counted as often as it comes."""
    with pq.ParquetFile(source, read_dictionary=[name]) as file:
        return _spelled_bytes(file.read([name]).column(0))


def refuse_long_texts(table: pa.Table, source: Path) -> None:
    """Raise where few texts that come often would take far more memory, each spelled out.

    Raises:
        ResourceError: they would.
    """
    cap = cap_bytes(source)
    if sum(map(_spelled_bytes, table.columns)) > cap:
        raise bomb(source, cap)


def _spelled_bytes(column: pa.ChunkedArray) -> int:
    """Bytes of a column of texts by number, each text as often as it comes."""
    import pyarrow.compute as pc  # noqa: PLC0415 - most files are told by their footer

    total = 0
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type) and _is_text(chunk.type.value_type):
            lengths = pc.binary_length(chunk.dictionary)
            total += pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0
    return total


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    return any(is_of(kind) for is_of in (*tests, pa.types.is_large_binary))
