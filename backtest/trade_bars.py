"""The bars that each trade lived through."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from quantsig.backtest.market import Integers, Market

AT_OPEN, AT_CLOSE = ("time",), ("end",)  # reasons of trades that end there; others end inside


@dataclass(frozen=True, kw_only=True, slots=True)
class TradeBars:
    """The trades of one symbol on its bars, (K,) each."""

    rows: Integers  # of the table of trades
    entry_bars: Integers
    exit_bars: Integers
    first_bars: Integers  # the first bar lived through from open to close
    past_bars: Integers  # the bar after the last such one


def trade_bars(trades: pl.DataFrame, market: Market) -> dict[str, TradeBars]:
    """Where each trade lies on the bars of its symbol; symbols without trades are left out.

    Args:
        trades: rows of trades.parquet.
        market: the bars of every symbol.
    """
    parts = trades.with_row_index("row").partition_by("symbol", as_dict=True)
    return {str(key[0]): _of_symbol(part, market[str(key[0])].times) for key, part in parts.items()}


def _of_symbol(trades: pl.DataFrame, times: Integers) -> TradeBars:
    entries = np.searchsorted(times, trades["entry_time"].dt.epoch("us").to_numpy())
    exits = np.searchsorted(times, trades["exit_time"].dt.epoch("us").to_numpy())
    whole_exit = trades["reason"].is_in(AT_CLOSE).to_numpy()
    return TradeBars(
        rows=trades["row"].cast(pl.Int64).to_numpy(),
        entry_bars=entries,
        exit_bars=exits,
        first_bars=entries,
        past_bars=exits + whole_exit,
    )
