"""Klines of Binance: csv in a zip, without a header, in ms and since 2025 in microseconds."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from quantsig.data.tables.fields import epochs, numbers
from quantsig.data.tables.layout import Layout

COLUMNS = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)
FILE_NAME = re.compile(r"([A-Z0-9]+(?:_\w+)?)-\d+(?:s|m|h|d|w|mo)(?:-\d{4}-\d\d(?:-\d\d)?)?")


def _fits_names(names: Collection[str]) -> bool:
    return {"open time", "close time"} <= set(names)


def _fits_row(fields: Sequence[str]) -> bool:
    if len(fields) != len(COLUMNS) or not numbers(fields):
        return False
    return epochs([fields[0], fields[6]]) and float(fields[6]) > float(fields[0])


def _symbol_of(path: Path) -> str | None:
    found = FILE_NAME.fullmatch(path.name.partition(".")[0])
    return found[1] if found else None


BINANCE = Layout(
    name="binance",
    about="klines of Binance",
    header=COLUMNS,
    columns={"timestamp": "open time"},
    timezone="UTC",
    bar_label="open",
    fits_names=_fits_names,
    fits_row=_fits_row,
    symbol_of=_symbol_of,
)
