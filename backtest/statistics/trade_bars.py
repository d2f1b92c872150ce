"""The bars that each trade lived through."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from quantsig.backtest.execution import FillPrice
from quantsig.backtest.market import Integers, Market

AT_CLOSE = ("end", "bankrupt")  # reasons of trades that end at a close
WHOLE: dict[FillPrice, tuple[str, ...]] = {  # of those whose last bar is lived through
    "open": AT_CLOSE,
    "close": (*AT_CLOSE, "time"),
    "typical": AT_CLOSE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TradeBars:
    """The trades of one symbol on its bars, in the order of time, (K,) each."""

    rows: Integers  # of the table of trades
    entry_bars: Integers
    first_bars: Integers  # the first bar lived through from open to close
    past_bars: Integers  # the bar after the last such one


def trade_bars(trades: pl.DataFrame, market: Market, fill_price: FillPrice) -> dict[str, TradeBars]:
    """Where each trade lies on the bars of its symbol; symbols without trades are left out.

    Args:
        trades: rows of trades.parquet, in the order of entry.
        market: the bars of every symbol.
        fill_price: that entries and timed exits filled at.
    """
    names = list(market)
    codes = trades["symbol"].cast(pl.Enum(names)).to_physical().to_numpy()
    order = np.argsort(codes, kind="stable")
    past = np.searchsorted(codes[order], np.arange(len(names)), side="right")
    entries, exits = (
        trades[f"{side}_time"].dt.epoch("us").to_numpy() for side in ("entry", "exit")
    )
    whole = trades["reason"].is_in(WHOLE[fill_price]).to_numpy()
    found = {}
    for symbol, rows in zip(names, np.split(order, past[:-1]), strict=True):
        if len(rows):
            times = market[symbol].times
            entry_bars = np.searchsorted(times, entries[rows])
            last_bars = np.searchsorted(times, exits[rows], side="right") - 1
            found[symbol] = TradeBars(
                rows=rows,
                entry_bars=entry_bars,
                first_bars=entry_bars + (fill_price != "open"),
                past_bars=last_bars + whole[rows],
            )
    return found
