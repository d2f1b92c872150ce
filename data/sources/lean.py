"""Trade bars of LEAN: a zip of csv without a header, in ten-thousandths, New York's clock.

Daily and hourly files are named after the symbol and state the time as 20131007 09:00. Finer
ones state milliseconds since midnight, and the day stands in the name of the csv:
20131007_aapl_minute_trade.csv.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from quantsig.data.tables.fields import match
from quantsig.data.tables.layout import Layout
from quantsig.data.tables.table import SourceTable

PRICE, VOLUME = r"\d+", r"\d+(\.\d+)?"
OF_ONE_DAY = re.compile(r"(\d{8})_([A-Za-z0-9.]+)_(?:minute|second)_trade")
PRICES = ("open", "high", "low", "close")
MILLISECONDS = "timestamp"


def _fits_row(fields: Sequence[str]) -> bool:
    return match(fields, r"\d{8} \d\d:\d\d", PRICE, PRICE, PRICE, PRICE, VOLUME)


LEAN = Layout(
    name="lean",
    about="trade bars of LEAN",
    header=(MILLISECONDS, *PRICES, "volume"),
    timezone="America/New_York",
    bar_label="open",
    price_units=10_000.0,
    fits_row=_fits_row,
)


def day_in_name(name: str) -> tuple[date, str] | None:
    """The day and the symbol in the name of a csv of one day; None where it is no such name."""
    found = OF_ONE_DAY.fullmatch(Path(name).stem)
    if not found:
        return None
    return datetime.strptime(found[1], "%Y%m%d").date(), found[2].upper()


def with_day(table: SourceTable, name: str) -> SourceTable:
    """The table of a csv of that name, its milliseconds since midnight as times of its day."""
    known = day_in_name(name)
    if known is None:
        return table
    day, symbol = known

    def column(wanted: str) -> pl.Series:
        cells = table.column(wanted)
        if wanted != MILLISECONDS:
            return cells
        since_midnight = cells.cast(pl.Int64, strict=False).cast(pl.Duration("ms"))
        return (since_midnight + datetime.combine(day, datetime.min.time())).dt.cast_time_unit("us")

    return replace(table, column=column, symbol=symbol)
