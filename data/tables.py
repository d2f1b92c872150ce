"""Opening a CSV or Parquet file as a table whose columns nobody has interpreted yet.

Columns are read one at a time, and the text of a CSV file block by block, so that a file of
gigabytes never stands in memory as text.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.files import parquet_columns, read_parquet

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
SEPARATORS = (",", ";", "\t")
CANONICAL_MARK = ("quantsig.bars", "1")  # a key and value in the metadata of our own Parquet
CALENDAR_MARK = "quantsig.calendar"  # and the key under which it keeps whose days they are


BLOCK_BYTES = 1 << 25  # of text that are parsed at a time
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class Table:
    """The columns of one file as they are.

    Attributes:
        path: the file.
        names: of the columns.
        column: reads the column of that name; from a CSV file it is text without spaces around
            it, from a Parquet file as typed there.
        rows: (N,) where each row stands: the line of a CSV file, the row of a Parquet file from 1.
        canonical: quantsig wrote the file, so its times are closing times in UTC.
        calendar: in such a file, what it says of the calendar of its sessions.
    """

    path: Path
    names: tuple[str, ...]
    column: Callable[[str], pl.Series]
    rows: pl.Series
    canonical: bool = False
    calendar: Mapping[str, Any] = field(default_factory=dict)


def table_files(source: Path) -> list[Path]:
    """The files to read: `source` itself, or the CSV and Parquet files in it, by name.

    Raises:
        DataError: `source` is not there, or a folder without such files.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise DataError(
            f"there is no {source.name}.", where=str(source), remedy="Check the path of the bars."
        )
    known = CSV_SUFFIXES + PARQUET_SUFFIXES
    files = [
        path
        for path in sorted(source.iterdir())
        if path.is_file() and path.suffix.lower() in known and not path.name.startswith(".")
    ]
    if not files:
        raise DataError(
            "the folder holds no bars.",
            where=str(source),
            remedy=f"Put one file per symbol there, ending in {', '.join(known)}.",
        )
    return files


def open_table(path: Path) -> Table:
    """Open one file; its first bytes and its ending say which kind it is.

    Raises:
        DataError: empty, no rows, not CSV or Parquet, or not UTF-8.
        IntegrityError: a Parquet file that is damaged.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise _unusable(path, "the file is empty")
    if start == b"PAR1":
        table = _open_parquet(path)
    elif path.suffix.lower() in CSV_SUFFIXES:
        table = _open_csv(path)
    else:
        raise _unusable(path, "the file is neither CSV nor Parquet")
    if table.rows.is_empty():
        raise _unusable(path, "the file has no rows, only column names")
    return table


def _open_parquet(path: Path) -> Table:
    about = parquet_columns(path)
    key, value = CANONICAL_MARK
    calendar = about.metadata.get(CALENDAR_MARK.encode())
    return Table(
        path=path,
        names=about.names,
        column=lambda name: read_parquet(path, [name])[name],
        rows=pl.int_range(1, about.rows + 1, eager=True).alias("row"),
        canonical=about.metadata.get(key.encode()) == value.encode(),
        calendar={} if calendar is None else json.loads(calendar),
    )


@dataclass(frozen=True, kw_only=True)
class _Csv:
    """Where the text of a CSV file begins, and how it is cut into fields."""

    path: Path
    start: int  # byte of the header
    header: bytes  # its line
    header_line: int  # its number, from 1
    separator: str

    def blocks(self) -> Iterator[bytes]:
        """The lines below the header, so many at a time that parsing them takes little memory."""
        with self.path.open("rb") as file:
            file.seek(self.start + len(self.header))
            rest = b""
            while content := file.read(BLOCK_BYTES):
                rest += content
                end = _end_of_lines(rest)
                if end:
                    yield rest[:end]
                    rest = rest[end:]
            if rest:
                yield rest

    def parse(self, block: bytes, columns: list[int] | None = None) -> pl.DataFrame:
        """The fields of a block as text; of all columns, or of those with the given places."""
        frame = pl.read_csv(
            io.BytesIO(self.header + block),
            columns=columns,
            separator=self.separator,
            infer_schema=False,
            glob=False,
        )
        return frame.with_columns(pl.all().str.strip_chars())


def _open_csv(path: Path) -> Table:
    source = _open_text(path)
    names, filled = _survey(source)
    lines = pl.int_range(source.header_line + 1, source.header_line + 1 + len(filled), eager=True)

    def column(name: str) -> pl.Series:
        place = [names.index(name)]
        cells = pl.concat(
            source.parse(block, place).to_series().rename(name) for block in source.blocks()
        )
        return cells if filled.all() else cells.filter(filled)

    return Table(
        path=path, names=names, column=column, rows=lines.filter(filled).rechunk().alias("row")
    )


def _open_text(path: Path) -> _Csv:
    """Find the header, below a byte order mark and empty lines."""
    with path.open("rb") as file:
        top = file.read(BLOCK_BYTES)
    if b"\0" in top[:4096] and not top.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unusable(path, "the file is not text, so not CSV")
    marked = top.removeprefix(BYTE_ORDER_MARK)
    text = marked.lstrip(b"\r\n")
    start = len(top) - len(text)
    if not text.strip():
        raise _unusable(path, "the file is empty")
    header = text[: text.find(b"\n") + 1] or text + b"\n"
    return _Csv(
        path=path,
        start=start,
        header=header,
        header_line=1 + top.count(b"\n", 0, start),
        separator=max(SEPARATORS, key=lambda separator: header.count(separator.encode())),
    )


def _end_of_lines(text: bytes) -> int:
    """Where the last whole line ends that no quoted field goes on from; 0: there is none yet."""
    end = text.rfind(b"\n") + 1
    return 0 if text.count(b'"', 0, end) % 2 else end


def _survey(source: _Csv) -> tuple[tuple[str, ...], pl.Series]:
    """Names of the columns, and which of the lines below the header hold anything."""
    _decoded(source.header, source.path, 0)
    try:
        names = source.parse(b"").columns
        filled = [pl.Series([], dtype=pl.Boolean)]
        line = source.header_line
        for block in source.blocks():
            _decoded(block, source.path, line)
            cells = source.parse(block)
            filled.append(cells.select(pl.any_horizontal(pl.all().fill_null("") != "")).to_series())
            line += block.count(b"\n")
    except pl.exceptions.PolarsError as error:
        raise _ragged(source) from error
    return tuple(names), pl.concat([part.rename("") for part in filled])


def _decoded(block: bytes, path: Path, line: int) -> str:
    """The text of a block that begins below a line of that number."""
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        row = line + 1 + block.count(b"\n", 0, error.start)
        raise DataError(
            f"the text is not UTF-8: byte 0x{block[error.start]:02x}.",
            where=f"{path}, row {row}",
            remedy="Save the file as UTF-8.",
        ) from error


def _ragged(source: _Csv) -> DataError:
    """What is wrong with a file that cannot be parsed."""
    width = 0
    try:
        with source.path.open(encoding="utf-8-sig", newline="") as file:
            for number, fields in enumerate(csv.reader(file, delimiter=source.separator), start=1):
                width = width or len(fields)
                if len(fields) > width:
                    return DataError(
                        f"{len(fields)} fields where the header names {width}.",
                        where=f"{source.path}, row {number}",
                        remedy="Correct the row, or quote fields that hold the separator.",
                    )
    except (csv.Error, UnicodeDecodeError):
        pass
    return _unusable(
        source.path, "the file is not well-formed CSV; perhaps a quote is never closed"
    )


def _unusable(path: Path, what: str) -> DataError:
    return DataError(
        f"{what}.",
        where=str(path),
        remedy="Give a Parquet file, or a CSV file with column names, both with one bar a row.",
    )
