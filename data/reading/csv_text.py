"""Opening the text of a CSV file as a table.

Columns are read one at a time, and the text block by block, so that a file of gigabytes never
stands in memory as text. What was packed, or is not UTF-8, does.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.data.reading.headers import find_header
from quantsig.data.tables.encodings import UTF8_MARK, UTF16_MARKS, as_utf8, encoding_of
from quantsig.data.tables.layout import Layout
from quantsig.data.tables.table import SourceTable
from quantsig.data.tables.wide import lengthened

BLOCK_BYTES = 1 << 25  # of text that are parsed at a time
TOP_BYTES = 1 << 16  # that hold the header and show the encoding
MOST_FIELD_BYTES = 1 << 26  # of a field in quotes, or of text without a line break
MOST_LINE_BYTES = 1 << 20  # of a line of bars
FEWEST_COLUMNS = 5  # of a table in which a last line of one field is no bar


@dataclass(frozen=True, kw_only=True)
class _Csv:
    """Where the rows of a CSV text begin, and how they are cut into fields."""

    path: Path
    open: Callable[[], BinaryIO]
    start: int  # byte of the first row below the header
    header: bytes  # a line, the file's own or one in its place
    header_line: int  # number of the line above the first row, from 1
    separator: str

    def blocks(self) -> Iterator[bytes]:
        """The lines below the header, so many at a time that parsing them takes little memory."""
        with self.open() as file:
            file.seek(self.start)
            rest = b""
            while content := file.read(BLOCK_BYTES):
                rest += content
                end = _end_of_lines(rest)
                if end:
                    yield rest[:end]
                    rest = rest[end:]
                elif len(rest) > MOST_FIELD_BYTES:
                    raise unusable(
                        self.path,
                        phrase(
                            "a line or a quoted field has more than {most:,} bytes",
                            most=MOST_FIELD_BYTES,
                        ),
                    )
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


@dataclass(frozen=True, kw_only=True)
class _Survey:
    """What one look at all lines tells."""

    names: tuple[str, ...]
    filled: pl.Series  # which of the lines below the header hold anything
    commas: bool  # a field holds one
    footer: str | None  # a last line that is no bar


def open_csv(
    path: Path,
    *,
    content: bytes | None = None,
    layout: Layout | None = None,
    encoding: str | None = None,
) -> SourceTable:
    """Open the text of a CSV file.

    Args:
        path: the file.
        content: its text, where that is not the bytes of the file.
        layout: the source, where the user names it.
        encoding: of the text, where the user names it.

    Raises:
        DataError: no text, not well-formed, not of its encoding, or without a header.
        ConfigError: the encoding is unknown.
    """
    text = content if content is not None else path
    with _reader(text)() as file:
        top = file.read(TOP_BYTES)
    said = []
    found = encoding_of(top, encoding, path=path)
    if found is not None:
        text = as_utf8(content if content is not None else path.read_bytes(), found, path=path)
        top = text[:TOP_BYTES]
        said = [phrase("the text is {encoding}", encoding=found)]
    return _table(path, _reader(text), top, layout, tuple(said))


def _reader(text: bytes | Path) -> Callable[[], BinaryIO]:
    if isinstance(text, Path):
        return lambda: text.open("rb")
    return lambda: io.BytesIO(text)


def _table(
    path: Path,
    reader: Callable[[], BinaryIO],
    top: bytes,
    stated: Layout | None,
    said: tuple[str, ...],
) -> SourceTable:
    if b"\0" in top[:4096] and not top.startswith(UTF16_MARKS):
        raise unusable(path, "the file is not text, so not CSV")
    body = top.removeprefix(UTF8_MARK).removeprefix("\ufeff".encode()).lstrip(b"\r\n")
    if not body.strip():
        raise unusable(path, "the file is empty")
    first = len(top) - len(body)
    lines = body.splitlines(keepends=True)
    if len(lines) == 1 and len(top) >= TOP_BYTES:
        raise unusable(path, phrase("the first line has more than {most:,} bytes", most=len(top)))
    _decoded(lines[0], path, 0)
    header = find_header(
        [line.decode(errors="replace").rstrip("\r\n") for line in lines], stated, path=path
    )
    above = lines[: header.skipped]
    own = above[-1].rstrip(b"\r\n") if above else b""
    source = _Csv(
        path=path,
        open=reader,
        start=first + sum(map(len, above)),
        header=(own if header.line is None else header.line.encode()) + b"\n",
        header_line=top.count(b"\n", 0, first) + header.skipped,
        separator=header.separator,
    )
    survey = _survey(source)
    numbers = pl.int_range(
        source.header_line + 1, source.header_line + 1 + len(survey.filled), eager=True
    )
    last = phrase('the last line is not a bar: "{line}"', line=survey.footer)
    footer = [last] if survey.footer else []
    table = SourceTable(
        path=path,
        names=survey.names,
        column=_column(source, survey),
        rows=numbers.filter(survey.filled).rechunk().alias("row"),
        layout=header.layout,
        commas=survey.commas,
        notes=(*said, *header.notes, *footer),
    )
    if header.wide is None:
        return table
    return replace(lengthened(table, header.wide.fields, header.wide.tickers), layout=header.layout)


def _column(source: _Csv, survey: _Survey) -> Callable[[str], pl.Series]:
    whole = survey.filled.all()

    def column(name: str) -> pl.Series:
        place = [survey.names.index(name)]
        cells = pl.concat(
            source.parse(block, place).to_series().rename(name) for block in source.blocks()
        )
        return cells if whole else cells.filter(survey.filled)

    return column


def _end_of_lines(text: bytes) -> int:
    """Where the last whole line ends that no quoted field goes on from; 0: there is none yet."""
    end = text.rfind(b"\n") + 1
    return 0 if text.count(b'"', 0, end) % 2 else end


def _survey(source: _Csv) -> _Survey:
    """Names of the columns, and which of the lines below the header hold anything."""
    commas, last = False, pl.DataFrame()
    try:
        names = source.parse(b"").columns
        filled = [pl.Series([], dtype=pl.Boolean)]
        line = source.header_line
        for block in source.blocks():
            _refuse_long_line(block, source.path, line)
            _decoded(block, source.path, line)
            cells = source.parse(block)
            holds = cells.select(pl.any_horizontal(pl.all().fill_null("") != "")).to_series()
            filled.append(holds)
            last = cells.filter(holds).tail(1) if holds.any() else last
            commas = commas or (b'"' if source.separator == "," else b",") in block
            line += block.count(b"\n")
    except pl.exceptions.PolarsError as error:
        raise _ragged(source) from error
    held = pl.concat([part.rename("") for part in filled])
    footer = _footer(last)
    if footer is not None:
        held = held.scatter(held.arg_true()[-1], False)
    return _Survey(names=tuple(names), filled=held, commas=commas, footer=footer)


def _footer(last: pl.DataFrame) -> str | None:
    """The text of a last line that has one field only, and no digit before it."""
    fields = [field for field in (last.row(0) if len(last) else ()) if field]
    if len(fields) != 1 or last.width < FEWEST_COLUMNS or fields[0][0].isdigit():
        return None
    return str(fields[0])


def _refuse_long_line(block: bytes, path: Path, line: int) -> None:
    """Raise where a line of a block, which begins below a line of that number, is no bar's."""
    if len(block) <= MOST_LINE_BYTES:
        return
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(block))
    longest = int(lengths.argmax())
    if lengths[longest] > MOST_LINE_BYTES:
        raise DataError(
            phrase("the line has {length:,} bytes, more than any bar.", length=lengths[longest]),
            where=phrase("{path}, row {row}", path=path, row=line + 1 + longest),
            remedy="Mend the row; perhaps a line break is missing.",
        )


def _decoded(block: bytes, path: Path, line: int) -> str:
    """The text of a block that begins below a line of that number."""
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        row = line + 1 + block.count(b"\n", 0, error.start)
        raise DataError(
            phrase("the text is not UTF-8: byte 0x{byte:02x}.", byte=block[error.start]),
            where=phrase("{path}, row {row}", path=path, row=row),
            remedy="Save the file as UTF-8, or name its encoding, such as gb18030 or cp1252: "
            "[bars] encoding in quantsig.toml.",
        ) from error


def _ragged(source: _Csv) -> DataError:
    """What is wrong with a file that cannot be parsed."""
    width = 0
    try:
        with source.open() as file:
            file.seek(source.start)
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            width = len(next(csv.reader([source.header.decode()], delimiter=source.separator)))
            rows = csv.reader(text, delimiter=source.separator)
            for number, fields in enumerate(rows, start=source.header_line + 1):
                if len(fields) > width:
                    return DataError(
                        phrase(
                            "{fields} fields where the header names {named}.",
                            fields=len(fields),
                            named=width,
                        ),
                        where=phrase("{path}, row {row}", path=source.path, row=number),
                        remedy="Correct the row, or quote fields that hold the separator.",
                    )
    except (csv.Error, UnicodeDecodeError):
        pass
    return unusable(source.path, "the file is not well-formed CSV; perhaps a quote is never closed")


def unusable(path: Path, what: str) -> DataError:
    """The error for a file that is no table of bars."""
    return DataError(
        phrase("{what}.", what=term(what)),
        where=str(path),
        remedy="Give a Parquet file, or a CSV file with column names, with a row for each moment.",
    )
