"""Opening a CSV or Parquet file as a table whose columns nobody has interpreted yet."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from quantsig.data.errors import DataError
from quantsig.data.files import read_parquet

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
SEPARATORS = (",", ";", "\t")
CANONICAL_MARK = ("quantsig.bars", "1")  # a key and value in the metadata of our own Parquet


@dataclass(frozen=True, kw_only=True)
class Table:
    """The columns of one file as they are.

    Attributes:
        path: the file.
        columns: of a CSV file all text; of a Parquet file as typed there.
        rows: (N,) where each row stands: the line of a CSV file, the row of a Parquet file from 1.
        canonical: quantsig wrote the file, so its times are closing times in UTC.
    """

    path: Path
    columns: pl.DataFrame
    rows: pl.Series
    canonical: bool = False


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
    if table.columns.is_empty():
        raise _unusable(path, "the file has no rows, only column names")
    return table


def _open_parquet(path: Path) -> Table:
    columns = read_parquet(path)
    key, value = CANONICAL_MARK
    metadata = pq.read_metadata(path).metadata or {}
    return Table(
        path=path,
        columns=columns,
        rows=pl.int_range(1, columns.height + 1, eager=True).alias("row"),
        canonical=metadata.get(key.encode()) == value.encode(),
    )


def _open_csv(path: Path) -> Table:
    text = _decoded(path)
    body = text.lstrip("\r\n")
    header_line = 1 + text[: len(text) - len(body)].count("\n")
    if not body.strip():
        raise _unusable(path, "the file is empty")
    separator = max(SEPARATORS, key=body.splitlines()[0].count)
    try:
        columns = pl.read_csv(
            io.BytesIO(body.encode()), separator=separator, infer_schema=False, glob=False
        )
    except pl.exceptions.PolarsError as error:
        raise _ragged(path, body, separator, header_line) from error
    columns = columns.with_columns(pl.all().str.strip_chars())
    lines = pl.int_range(header_line + 1, header_line + 1 + columns.height, eager=True)
    filled = columns.select(pl.any_horizontal(pl.all().fill_null("") != "")).to_series()
    return Table(path=path, columns=columns.filter(filled), rows=lines.filter(filled).alias("row"))


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unusable(path, "the file is not text, so not CSV")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"the text is not UTF-8: byte 0x{content[error.start]:02x}.",
            where=f"{path}, row {line}",
            remedy="Save the file as UTF-8.",
        ) from error


def _ragged(path: Path, body: str, separator: str, header_line: int) -> DataError:
    unclosed = _unusable(path, "the file is not well-formed CSV; perhaps a quote is never closed")
    try:
        lines = list(csv.reader(io.StringIO(body), delimiter=separator))
    except csv.Error:
        return unclosed
    for number, fields in enumerate(lines, start=header_line):
        if len(fields) > len(lines[0]):
            return DataError(
                f"{len(fields)} fields where the header names {len(lines[0])}.",
                where=f"{path}, row {number}",
                remedy="Correct the row, or quote fields that hold the separator.",
            )
    return unclosed


def _unusable(path: Path, what: str) -> DataError:
    return DataError(
        f"{what}.",
        where=str(path),
        remedy="Give a Parquet file, or a CSV file with column names, both with one bar a row.",
    )
