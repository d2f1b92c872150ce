"""A table that fits its width: decimals aligned, headings wrapped, the least needed left out."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from quantsig.cli.printing.fold import columns_of, fold

GAP = "  "
NUMERAL = re.compile(r"-?[\d,]+(\.\d*)?")
SIGNIFICANT, LEAST_SIGNIFICANT = 4, 2  # digits of the largest and of the smallest of a column
MOST_DECIMALS = 6
NARROWEST_TEXT = 20  # columns of terminal that sentences are folded into at least


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedColumn:
    """One column as text.

    Attributes:
        name: what it holds.
        heading: above it.
        cells: one a row.
    """

    name: str
    heading: str
    cells: tuple[str, ...]

    @property
    def widest(self) -> int:
        """Columns of the terminal that it takes with its heading in one line."""
        return max(map(columns_of, (self.heading, *self.cells)))

    @property
    def narrowest(self) -> int:
        """Columns that it takes at least: numbers are never cut, words neither."""
        words = self.heading.split(" ")
        cells = [NARROWEST_TEXT] if self._is_prose else map(columns_of, self.cells)
        return max(*map(columns_of, words), *cells, 1)

    @property
    def _is_prose(self) -> bool:
        return any(" " in cell and columns_of(cell) > NARROWEST_TEXT for cell in self.cells)


@dataclass(frozen=True, kw_only=True, slots=True)
class LaidTable:
    """A table as lines.

    Attributes:
        heading: lines above the rows.
        rows: lines of the rows.
        left_out: headings of the columns there was no room for.
    """

    heading: tuple[str, ...]
    rows: tuple[str, ...]
    left_out: tuple[str, ...]


def lay(columns: Sequence[PrintedColumn], width: int, spared: Sequence[str] = ()) -> LaidTable:
    """Lay a table into a width.

    Headings are wrapped first, then sentences. Where that is not enough columns are left out:
    those named, in their order, then from the right, the first column never.

    Args:
        columns: from left to right.
        width: columns of the terminal.
        spared: names of columns, the one that is missed least first.
    """
    kept = list(columns)
    while len(kept) > 1 and _sum(column.narrowest for column in kept) > width:
        names = [column.name for column in kept[1:]]
        gone = next((name for name in spared if name in names), names[-1])
        kept = [kept[0], *(column for column in kept[1:] if column.name != gone)]
    widths = _widths(kept, width)
    left_out = tuple(column.heading for column in columns if column not in kept)
    head = list(_lines([column.heading for column in kept], widths, at_end=True))
    rows = [
        line
        for cells in zip(*(column.cells for column in kept), strict=True)
        for line in _lines(cells, widths)
    ]
    return LaidTable(heading=tuple(head), rows=tuple(rows), left_out=left_out)


def decimals_of(values: Sequence[float]) -> int | None:
    """Decimals that suit all numbers of a column; None where no common number does."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes:
        return 0 if all(map(math.isfinite, values)) else None
    digits = [
        SIGNIFICANT - 1 - _exponent(max(sizes)),
        LEAST_SIGNIFICANT - 1 - _exponent(min(sizes)),
    ]
    decimals = max(*digits, 0)
    return decimals if decimals <= MOST_DECIMALS else None


def at_the_point(cells: Sequence[str]) -> tuple[str, ...]:
    """Numerals with blanks behind them, so that their points stand under each other."""
    if not all(NUMERAL.fullmatch(cell) for cell in cells if cell != "-"):
        return tuple(cells)
    behind = [len(cell) - cell.find(".") if "." in cell else 0 for cell in cells]
    most = max(behind, default=0)
    return tuple(cell + " " * (most - own) for cell, own in zip(cells, behind, strict=True))


def _exponent(size: float) -> int:
    return math.floor(math.log10(size))


def _sum(widths: Iterator[int] | Sequence[int]) -> int:
    """Columns that columns take, with the gaps between them."""
    all_of_them = list(widths)
    return sum(all_of_them) + len(GAP) * (len(all_of_them) - 1)


def _widths(columns: Sequence[PrintedColumn], width: int) -> list[int]:
    """What each column gets: what it needs, then room for whole headings and sentences."""
    widths = [column.narrowest for column in columns]
    wanted = [max(column.widest, column.narrowest) for column in columns]
    for number, most in sorted(enumerate(wanted), key=lambda one: one[1] - widths[one[0]]):
        room = width - _sum(widths)
        widths[number] += max(0, min(most - widths[number], room))
    return widths


def _lines(cells: Sequence[str], widths: Sequence[int], *, at_end: bool = False) -> Iterator[str]:
    """A row as lines; a short cell begins in the first of them, or ends in the last."""
    wrapped = [
        [cell] if columns_of(cell) <= width else fold(cell, width)
        for cell, width in zip(cells, widths, strict=True)
    ]
    if at_end:
        most = max(map(len, wrapped))
        wrapped = [[""] * (most - len(lines)) + lines for lines in wrapped]
    for parts in zip_longest(*wrapped, fillvalue=""):
        padded = [
            " " * (width - columns_of(part)) + part
            for part, width in zip(parts, widths, strict=True)
        ]
        yield GAP.join(padded).rstrip()
