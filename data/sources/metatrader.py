"""Exports of MetaTrader: version 4 writes no header, version 5 two volumes."""

from collections.abc import Collection, Sequence

from quantsig.data.tables.fields import match
from quantsig.data.tables.layout import Layout

DAY, MINUTE, VALUE = r"\d{4}\.\d\d\.\d\d", r"\d\d:\d\d(:\d\d)?", r"\d+(\.\d+)?"
BROKER = "its times are the broker's clock, which the file does not name"


def _is_mt4(fields: Sequence[str]) -> bool:
    return match(fields, DAY, MINUTE, VALUE, VALUE, VALUE, VALUE, r"\d+")


def _is_mt5(fields: Sequence[str]) -> bool:
    return match(fields, DAY, MINUTE, VALUE, VALUE, VALUE, VALUE, r"\d+", r"\d+", r"\d+") or match(
        fields, DAY, VALUE, VALUE, VALUE, VALUE, r"\d+", r"\d+", r"\d+"
    )


def _has_mt5_names(names: Collection[str]) -> bool:
    return {"tickvol", "spread", "date"} <= set(names)


MT4 = Layout(
    name="mt4",
    about="bars of MetaTrader 4",
    header=("date", "time", "open", "high", "low", "close", "tickvol"),
    bar_label="open",
    fits_row=_is_mt4,
    remark=BROKER,
)
MT5 = Layout(
    name="mt5",
    about="bars of MetaTrader 5",
    header=("date", "time", "open", "high", "low", "close", "tickvol", "vol", "spread"),
    bar_label="open",
    fits_names=_has_mt5_names,
    fits_row=lambda fields: len(fields) == 9 and _is_mt5(fields),
    remark=BROKER,
)
