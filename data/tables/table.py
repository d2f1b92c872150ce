"""A source's columns as they are, before anybody has interpreted them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.tables.layout import Layout

CANONICAL_MARK = ("quantsig.bars", "1")  # a key and value in the metadata of our own Parquet
CALENDAR_MARK = "quantsig.calendar"  # and the key under which it keeps whose days they are


@dataclass(frozen=True, kw_only=True)
class SourceTable:
    """The columns of one file or frame as they are.

    Attributes:
        path: the file.
        names: of the columns.
        column: reads the column of that name; from text it is text without spaces around it,
            from anything else as typed there.
        rows: (N,) where each row stands: the line of a text, the row of anything else from 1.
        canonical: quantsig wrote the file, so its times are closing times in UTC.
        calendar: in such a file, what it says of the calendar of its sessions.
        layout: the source that writes its bars so, where it was named or is unmistakable.
        symbol: of all rows, where the file says it elsewhere than in a column; None: the file's
            name.
        commas: a field holds a comma, as thousands or decimals may.
        notes: what is to be said of how the file was read, a sentence each.
    """

    path: Path
    names: tuple[str, ...]
    column: Callable[[str], pl.Series]
    rows: pl.Series
    canonical: bool = False
    calendar: Mapping[str, Any] = field(default_factory=dict)
    layout: Layout | None = None
    symbol: str | None = None
    commas: bool = False
    notes: tuple[str, ...] = ()
