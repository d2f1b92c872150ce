"""What a section of the report is made of; sections give these, the templates draw them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
from plotly.graph_objects import Figure as Drawing

from quantsig.reports.numerals import text

Tone = Literal["neutral", "good", "caution"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Banner:
    """The one sentence a reader should take away, and why it is so."""

    headline: str
    sentence: str = ""
    reasons: tuple[str, ...] = ()
    tone: Tone = "neutral"


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """One number in large type.

    Args:
        value: as people read it.
        meaning: formula, sample size and annualisation; shown as the tooltip.
        beside: a smaller line below it: an interval, or what to compare it with.
    """

    label: str
    value: str
    meaning: str
    beside: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a table: its heading, and how a value is written for people."""

    label: str
    write: Callable[[Any], str] = text
    meaning: str = ""
    numeric: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of raw values; the columns know how to write them."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    marked: frozenset[int] = frozenset()  # positions of rows to point out
    note: str = ""
    sortable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One drawing; `name` is unique in its section and holds only a-z and hyphens."""

    name: str
    title: str
    drawing: Drawing
    meaning: str
    note: str = ""
    wide: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Text to read or copy as it is: a command, a configuration."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One section of the report.

    Args:
        missing: why there is nothing to show; a section without data says so and stays.
    """

    title: str
    missing: str = ""
    banner: Banner | None = None
    warnings: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    listings: tuple[Listing, ...] = ()


def tabulate(
    title: str, frame: pl.DataFrame, columns: dict[str, Column], *, limit: int, sortable: bool
) -> Table:
    """A table of the first `limit` rows of `frame`; columns it does not have are left out."""
    shown = [name for name in columns if name in frame.columns]
    rest = frame.height - limit
    return Table(
        title=title,
        columns=tuple(columns[name] for name in shown),
        rows=tuple(frame.select(shown).head(limit).iter_rows()),
        note=f"The first {limit:,} of {frame.height:,} rows." if rest > 0 else "",
        sortable=sortable,
    )
