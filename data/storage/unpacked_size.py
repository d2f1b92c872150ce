"""How much memory a Parquet file would take, told before it is read."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quantsig.data.errors import ResourceError

LEAST_CAP_BYTES = 1 << 29  # that a small file may take
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
    cap = max(LEAST_CAP_BYTES, MOST_RATIO * source.stat().st_size)
    needed, texts = 0, set()
    for name, chunk in _chunks(file, columns):
        held, packed = max(chunk.num_values, 0), max(chunk.total_uncompressed_size, 0)
        needed += max(held * WORD_BYTES, packed)
        if chunk.physical_type in TEXT and held * packed > cap:
            texts.add(name)
    if needed <= cap:
        needed += sum(_text_bytes(source, name) for name in texts)
    if needed > cap:
        raise ResourceError(
            f"the file unpacks to more than {cap:,} bytes.",
            where=str(source),
            remedy="Check where it comes from; if these are bars, write them as CSV.",
        )


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
    import pyarrow.compute as pc  # noqa: PLC0415 - most files are told by their footer

    with pq.ParquetFile(source, read_dictionary=[name]) as file:
        column = file.read([name]).column(0)
    total = 0
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type):
            lengths = pc.binary_length(chunk.dictionary)
            total += pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0
    return total
