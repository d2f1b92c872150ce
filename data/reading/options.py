"""How a source writes its bars, as a user states it. Imports nothing heavy."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How the source writes its bars.

    Attributes:
        layout: the source, as `data/sources/layouts.py` names it; None: found where unmistakable.
        timezone: the zone of times that do not say theirs, and of the days of daily bars; None:
            the layout's, else UTC.
        bar_label: which moment of a bar its time names; "open" errs on the late side; None: the
            layout's, else open.
        interval: the time one bar covers; None: the most common step within a symbol.
        symbol: the symbol of a file without such a column; None: the file's name.
        sort: sort by time where rows go back, instead of refusing.
        session_start: the time of day of the source's clock, as "21:00", from which bars are of
            the next trading day; "00:00": of none; None: found where it is unmistakable, as in
            Chinese futures, else of none.
        encoding: of text; None: UTF-8, or what is unmistakable.
        decimal: the sign before decimals, where fields hold commas; None: found out.
        day_first: of dates such as 01/02/2024: the day comes first; None: found out.
        join: files that follow each other and differ by a date in their names are one symbol.
        drop_unfinished: leave out bars that close after now.
        adjust: splits and rolls of raw prices, such as "AAPL 2020-08-24 4"; see
            `data/checks/adjusting.py`.
    """

    layout: str | None = None
    timezone: str | None = None
    bar_label: Literal["open", "close"] | None = None
    interval: timedelta | None = None
    symbol: str | None = None
    sort: bool = False
    session_start: str | None = None
    encoding: str | None = None
    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None
    join: bool = True
    drop_unfinished: bool = True
    adjust: tuple[str, ...] = ()
