"""What a section of the report is made of; sections give these, the templates draw them.

Texts are English or said already (`language.say`); titles, labels, meanings and notes are said
when the page is drawn. Nothing here writes a file, so a notebook can use it too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal

import polars as pl
from plotly.graph_objects import Figure as Drawing

from quantsig.reports.page.numerals import text

Tone = Literal["neutral", "good", "caution"]
ROWS_DRAWN = 200  # of a table; the others are in the file, and come by sorting and filtering


@dataclass(frozen=True, kw_only=True, slots=True)
class Banner:
    """The one sentence a reader should take away, and why it is so.

    Args:
        advice: what to do, one sentence.
    """

    headline: str
    advice: str = ""
    sentence: str = ""
    reasons: tuple[str, ...] = ()
    tone: Tone = "neutral"


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """One number in large type.

    Args:
        value: as people read it.
        meaning: formula, sample size and annualisation; shown on hover, focus and touch.
        beside: a smaller line below it: an interval, or what to compare it with.
    """

    label: str
    value: str
    meaning: str
    beside: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a scorecard: a figure of several, side by side, each as people read it.

    Args:
        meaning: formula, sample size and annualisation.
        values: a text a column.
        beside: a smaller text behind the first of them: an interval.
        sign: whether the last of them, a difference, is a gain (1), a loss (-1) or neither (0).
    """

    label: str
    meaning: str
    values: tuple[str, ...]
    beside: str = ""
    sign: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scorecard:
    """Figures of several side by side: what a section begins with, before any prose."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a table: its heading, and how a value is written for people.

    Args:
        name: the heading in the CSV and JSON of the table; "" takes the label.
        signed: whether gains and losses have their colours.
    """

    label: str
    write: Callable[[Any], str] = text
    meaning: str = ""
    numeric: bool = False
    name: str = ""
    signed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of raw values; the columns know how to write them.

    Every row goes into the page with its raw values, for the CSV and the JSON.

    Args:
        marked: positions of rows to point out.
        shown: rows drawn at first.
        folded: whether it stands behind its title until a reader asks for it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    marked: frozenset[int] = frozenset()
    note: str = ""
    sortable: bool = True
    shown: int = ROWS_DRAWN
    folded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One way to look at a drawing, chosen in a list above it.

    Args:
        label: in the reader's language, or a name of the user's.
        traces: what it draws, as plotly takes it.
        layout: plotly settings that replace those of the drawing, axis by axis.
    """

    label: str
    traces: tuple[Mapping[str, Any], ...]
    layout: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One drawing; `name` is unique in its section and holds only a-z and hyphens.

    Args:
        log_axis: an axis with a switch between linear and logarithmic: "yaxis", say.
        views: ways to look at it; the drawing is the first of them.
        chooser: what the list of views is a choice of.
    """

    name: str
    title: str
    drawing: Drawing
    meaning: str
    note: str = ""
    wide: bool = False
    log_axis: str = ""
    views: tuple[View, ...] = ()
    chooser: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """An image inside the page, `png` as the bytes of its file.

    `red_up` is the same with red for higher closes, shown to readers who turn to that.
    """

    title: str
    png: bytes
    meaning: str
    note: str = ""
    wide: bool = False
    red_up: bytes | None = None


def even_rows(figures: Sequence[Figure], pictures: Sequence[Picture]) -> list[Figure]:
    """The figures of a grid of two columns; of an odd number in a row the first becomes wide.

    None stands beside nothing then. Pictures, which come last, are as narrow as they were.
    """
    items: list[Figure | Picture] = [*figures, *pictures]
    shown = list(figures)
    for wide, run in groupby(range(len(items)), key=lambda place: items[place].wide):
        first, *others = run
        if not wide and len(others) % 2 == 0 and first < len(figures):
            shown[first] = replace(figures[first], wide=True)
    return shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Text to read or copy as it is: a command, a configuration."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Explorer:
    """A slider over thresholds; the page computes what it shows from `data`.

    Args:
        data: numbers and texts as JSON.
        arrays: columns of numbers, (n,) each, packed by `packing.packed`.
        drawings: what the slider moves, by name.
        controls: of each moved number its name, label and meaning.
        buttons: what sets the slider, and how the button is called.
    """

    title: str
    meaning: str
    data: Mapping[str, Any]
    arrays: str
    drawings: tuple[Figure, ...]
    controls: tuple[tuple[str, str, str], ...]
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Subsection:
    """A part of a long section under its own heading."""

    title: str
    paragraphs: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    figures: tuple[Figure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One section of the report.

    Args:
        scorecard: comes with the numbers right after the headline, reasons and prose last.
        missing: why there is nothing to show; a section without data says so and stays.
    """

    title: str
    missing: str = ""
    banner: Banner | None = None
    scorecard: Scorecard | None = None
    warnings: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    explorer: Explorer | None = None
    figures: tuple[Figure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    parts: tuple[Subsection, ...] = ()
    tables: tuple[Table, ...] = ()
    listings: tuple[Listing, ...] = ()


def tabulate(
    title: str,
    frame: pl.DataFrame,
    columns: dict[str, Column],
    *,
    limit: int = ROWS_DRAWN,
    sortable: bool = True,
    note: str = "",
) -> Table:
    """A table of `frame`, its first `limit` rows drawn; columns it does not have are left out."""
    shown = [name for name in columns if name in frame.columns]
    return Table(
        title=title,
        columns=tuple(_named(columns[name], name) for name in shown),
        rows=tuple(frame.select(shown).iter_rows()),
        note=note,
        sortable=sortable,
        shown=limit,
    )


def _named(column: Column, name: str) -> Column:
    return column if column.name else replace(column, name=name)
