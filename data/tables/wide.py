"""A wide table, a column per price and ticker, as one with a row per ticker and time."""

from collections.abc import Callable, Sequence

import polars as pl

from quantsig.data.tables.columns import PRICES, candidates
from quantsig.data.tables.table import SourceTable

SYMBOL = "symbol"


def lengthened(table: SourceTable, fields: Sequence[str], tickers: Sequence[str]) -> SourceTable:
    """The rows of each ticker one after the other, without those in which it has no price.

    Args:
        table: its first column is the time; the others are named as they stand there.
        fields: of each column after the first which price, or volume, it holds.
        tickers: of each of them the ticker.
    """
    time, *columns = table.names
    place = {
        (field, ticker): column
        for column, field, ticker in zip(columns, fields, tickers, strict=True)
    }
    names = tuple(dict.fromkeys(fields))
    prices = [name for field in PRICES for name in candidates(names, field)[:1]]
    kept = {
        ticker: _any_price([table.column(place[name, ticker]) for name in prices])
        for ticker in dict.fromkeys(tickers)
        if all((name, ticker) in place for name in prices)
    }

    def column(name: str) -> pl.Series:
        if name == SYMBOL:
            parts = [
                pl.repeat(ticker, int(rows.sum()), eager=True) for ticker, rows in kept.items()
            ]
        elif name == time:
            times = table.column(time)
            parts = [times.filter(rows) for rows in kept.values()]
        else:
            parts = [
                _cells(table.column, place.get((name, ticker)), rows)
                for ticker, rows in kept.items()
            ]
        return pl.concat([part.rename(name) for part in parts])

    rows = pl.concat([table.rows.filter(rows) for rows in kept.values()]).rechunk()
    return SourceTable(
        path=table.path,
        names=(SYMBOL, time, *names),
        column=column,
        rows=rows,
        layout=table.layout,
        commas=table.commas,
        notes=table.notes,
    )


def _cells(column: Callable[[str], pl.Series], name: str | None, rows: pl.Series) -> pl.Series:
    if name is None:
        return pl.repeat(None, int(rows.sum()), dtype=pl.String, eager=True)
    return column(name).filter(rows)


def _any_price(columns: Sequence[pl.Series]) -> pl.Series:
    """Where any of the columns says something."""
    frame = pl.DataFrame([column.alias(str(i)) for i, column in enumerate(columns)])
    if frame.schema.dtypes()[0] == pl.String:
        filled = pl.all().fill_null("") != ""
    else:
        filled = pl.all().cast(pl.Float64, strict=False).fill_nan(None).is_not_null()
    return frame.select(pl.any_horizontal(filled)).to_series()
