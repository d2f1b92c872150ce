"""How much memory a Parquet file would take, told before it is read, and what any may."""

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from quantsig.data.errors import ResourceError
from quantsig.data.language.messages import phrase

LEAST_CAP_BYTES = 1 << 26  # that a small file may take
MOST_RATIO = 200  # of memory to bytes of the file
WORD_BYTES = 8  # that a value takes at most, text apart
TAIL_BYTES = 8  # size of the footer, and the magic word
ROW_GROUPS, COLUMNS, ABOUT = 4, 1, 3  # fields of the footer, of a group, of a column
TYPE, PATH, VALUES, UNPACKED = 1, 3, 5, 6  # fields about a column, as in parquet.thrift
TEXT = (6, 7)  # types: byte arrays of any length, and of a fixed one


@dataclass(frozen=True, kw_only=True, slots=True)
class _Chunk:
    """A column of a row group."""

    name: str
    text: bool
    values: int
    unpacked: int  # bytes


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
    try:
        for chunk in _chunks(source, columns):
            needed += max(chunk.values * WORD_BYTES, chunk.unpacked)
            if chunk.text and chunk.values * chunk.unpacked > cap:
                texts.add(chunk.name)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        struct.error,
    ) as error:
        raise pa.ArrowInvalid("its footer cannot be read") from error
    if needed <= cap:
        needed += sum(_text_bytes(source, name) for name in texts)
    if needed > cap:
        raise bomb(source, cap)


def bomb(source: Path, cap: int) -> ResourceError:
    """The error for a file that would take more memory than its size lets expect."""
    return ResourceError(
        phrase("the file unpacks to more than {most:,} bytes.", most=cap),
        where=str(source),
        remedy="Check where it comes from; if these are bars, write them as CSV.",
    )


def cap_bytes(source: Path) -> int:
    """How much memory a file may take."""
    return max(LEAST_CAP_BYTES, MOST_RATIO * source.stat().st_size)


def _chunks(source: Path, columns: Sequence[str] | None) -> Iterator[_Chunk]:
    """Every column of every row group, as the footer has them.

    pyarrow is not asked: where the statistics of a column are damaged it ends the process.
    """
    with source.open("rb") as file:
        file.seek(-TAIL_BYTES, os.SEEK_END)
        (length,) = struct.unpack("<I", file.read(TAIL_BYTES)[:4])
        file.seek(-TAIL_BYTES - length, os.SEEK_END)
        footer = _Thrift(file.read(length)).struct()
    for group in footer.get(ROW_GROUPS, ()):
        for column in group.get(COLUMNS, ()):
            about = column.get(ABOUT)
            if about is None:
                continue
            name = about[PATH][0].decode("utf-8", "replace")
            if columns is None or name in columns:
                yield _Chunk(
                    name=name,
                    text=about.get(TYPE) in TEXT,
                    values=max(about.get(VALUES, 0), 0),
                    unpacked=max(about.get(UNPACKED, 0), 0),
                )


class _Thrift:
    """A document in Thrift's compact protocol, structs as fields by number.

    https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
    """

    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0

    def struct(self) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            step = head >> 4
            number = number + step if step else self._number()
            kind = head & 15
            fields[number] = kind == 1 if kind in (1, 2) else self._value(kind)
        return fields

    def _value(self, kind: int) -> Any:
        if kind in (1, 2, 3):  # truths in lists are bytes
            return self._byte()
        if kind in (4, 5, 6):
            return self._number()
        if kind == 7:
            return self._bytes(8)
        if kind == 8:
            return self._bytes(self._varint())
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15) for _ in range(count)]
        if kind == 12:
            return self.struct()
        raise ValueError(f"kind {kind}")

    def _number(self) -> int:
        found = self._varint()
        return (found >> 1) ^ -(found & 1)

    def _varint(self) -> int:
        found, shift = 0, 0
        while (byte := self._byte()) & 128:
            found |= (byte & 127) << shift
            shift += 7
        return found | byte << shift

    def _byte(self) -> int:
        self._place += 1
        return self._content[self._place - 1]

    def _bytes(self, length: int) -> bytes:
        start = self._place
        self._place += length
        if self._place > len(self._content):
            raise IndexError(self._place)
        return self._content[start : self._place]


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
