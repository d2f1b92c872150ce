"""Where the header of a text of bars is, and what stands in its place where there is none."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.sources.cryptodatadownload import has_link
from quantsig.data.sources.layouts import LAYOUTS, layout_of_names, layout_of_row
from quantsig.data.sources.yfinance import YFINANCE, TwoLines, two_lines
from quantsig.data.tables.columns import looks_like_header
from quantsig.data.tables.fields import values
from quantsig.data.tables.layout import Layout

SEPARATORS = (",", ";", "\t")
MOST_LINES = 12  # a header stands among the first so many, below a title


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The header of a text.

    Attributes:
        line: the line that it is; None: what stands there.
        skipped: lines from the top up to the first row of values.
        separator: of fields.
        layout: the source that alone writes so; None: not known.
        wide: the two lines that it is made of.
        notes: what is to be said of it.
    """

    line: str | None
    skipped: int
    separator: str
    layout: Layout | None
    wide: TwoLines | None = None
    notes: tuple[str, ...] = ()


def find_header(lines: Sequence[str], stated: Layout | None, *, path: Path) -> Header:
    """Find the header among the first lines of a text.

    Args:
        lines: the first of them, without empty ones at the top.
        stated: the layout that the user names.
        path: of the file, for errors.

    Raises:
        DataError: there is no header, and what the columns are cannot be told.
    """
    cut = [_fields(line) for line in lines[:MOST_LINES]]
    wide = two_lines([fields for fields, _ in cut])
    if wide is not None:
        return _two_lines(wide, cut[0][1])
    for number, (fields, separator) in enumerate(cut):
        if looks_like_header(fields):
            return Header(
                line=None,
                skipped=number + 1,
                separator=separator,
                layout=stated or _preamble_layout(lines[:number]) or layout_of_names(fields),
                notes=_preamble(lines[:number]),
            )
    fields, separator = cut[0]
    if values(fields):
        return _without(fields, separator, stated, path)
    return Header(
        line=None, skipped=1, separator=separator, layout=stated or layout_of_names(fields)
    )


def separator_of(line: str) -> str:
    """The separator that a line holds most of."""
    return max(SEPARATORS, key=line.count)


def _fields(line: str) -> tuple[list[str], str]:
    separator = separator_of(line)
    return next(csv.reader([line.replace("\0", "")], delimiter=separator), []), separator


def _two_lines(wide: TwoLines, separator: str) -> Header:
    names = [f"{field} {ticker}" for field, ticker in zip(wide.fields, wide.tickers, strict=True)]
    return Header(
        line=separator.join([_quoted(wide.time), *map(_quoted, names)]),
        skipped=3,
        separator=separator,
        layout=YFINANCE,
        wide=wide,
        notes=(
            phrase("a header of two lines: {names}", names=", ".join(dict.fromkeys(wide.tickers))),
        ),
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _without(fields: Sequence[str], separator: str, stated: Layout | None, path: Path) -> Header:
    """The names of columns that a layout gives, in place of a header."""
    layout = stated or layout_of_row(fields)
    if layout is None or layout.header is None:
        known = [name for name, one in LAYOUTS.items() if one.header is not None]
        raise DataError(
            "a header is missing: the first line holds the values of a bar, not names.",
            where=phrase("{path}, row 1: {fields}", path=path, fields=separator.join(fields)),
            remedy=phrase(
                "Write the names of the columns above it, or name the source: `layout` {known}",
                known="|".join(known),
            ),
        )
    if len(fields) > len(layout.header):
        raise DataError(
            phrase(
                "{fields} fields, where {source} have {count}: {names}.",
                fields=len(fields),
                source=layout.about,
                count=len(layout.header),
                names=", ".join(layout.header),
            ),
            where=phrase("{path}, row 1: {fields}", path=path, fields=separator.join(fields)),
            remedy="Write the names of the columns above it, or name another `layout`.",
        )
    return Header(
        line=separator.join(layout.header[: len(fields)]),
        skipped=0,
        separator=separator,
        layout=layout,
    )


def _preamble_layout(lines: Sequence[str]) -> Layout | None:
    """What stands above the header tells the source: a link, or the kind of bars of 通达信."""
    if has_link(lines):
        return LAYOUTS["cryptodatadownload"]
    title = " ".join(lines)
    return LAYOUTS["tongdaxin"] if "线" in title and "复权" in title else None


def _preamble(lines: Sequence[str]) -> tuple[str, ...]:
    if not lines:
        return ()
    said = phrase(
        '{count} lines above the header are not bars: "{first}"',
        count=len(lines),
        first=lines[0].strip(),
    )
    return (said,)
