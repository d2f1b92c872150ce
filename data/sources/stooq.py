"""Bulk files of Stooq, whose columns stand in angle brackets."""

from collections.abc import Collection

from quantsig.data.tables.layout import Layout


def _fits_names(names: Collection[str]) -> bool:
    return {"ticker", "per", "date", "time", "openint"} <= set(names)


STOOQ = Layout(
    name="stooq",
    about="bulk files of Stooq",
    columns={"symbol": "ticker"},
    bar_label="open",
    fits_names=_fits_names,
)
