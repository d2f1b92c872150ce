"""Trades as a vectorbt Portfolio, for whoever wants its figures and plots.

Not what decides anything: `portfolio.py` keeps the accounts. The orders are handed over as
records, so a bar may hold several of one symbol.
"""

import numpy as np
import pandas as pd
import polars as pl
import vectorbt as vbt
from vectorbt.portfolio.enums import OrderSide, log_dt, order_dt

from quantsig.backtest.market import Market, to_times

START = 1.0  # the capital of all symbols together, as in trades.parquet


def portfolio_of(trades: pl.DataFrame, market: Market) -> vbt.Portfolio:
    """The account that some trades make on the bars they were made on.

    Symbols share one account. The fees of a trade are divided between its entry and its exit by
    the values traded there.

    Args:
        trades: columns of trades.parquet.
        market: the bars of every symbol, of which each close is a row of the portfolio.

    Returns:
        A portfolio with a column per symbol; its value starts at 1.0.
    """
    times = np.unique(np.concatenate([bars.times for bars in market.values()]))
    closes = pd.DataFrame(
        {symbol: pd.Series(bars.prices.close, bars.times) for symbol, bars in market.items()},
        index=times,
    )
    index = pd.DatetimeIndex(to_times(times).to_list())
    wrapper = vbt.ArrayWrapper(
        index,
        list(market),
        2,
        freq=pd.Timedelta(np.median(np.diff(times)), "us"),  # vectorbt reckons durations by it
        group_by=np.zeros(len(market), np.int64),
    )
    return vbt.Portfolio(
        wrapper,
        closes.ffill().bfill().set_axis(index, axis=0),
        _records(trades, list(market), times),
        np.empty(0, log_dt),
        np.array([START]),
        True,
    )


def _records(trades: pl.DataFrame, symbols: list[str], times: np.ndarray) -> np.ndarray:
    """Two orders a trade, by column and bar, an exit before an entry in the same bar."""
    column = trades["symbol"].replace_strict(symbols, range(len(symbols)), return_dtype=pl.Int64)
    sizes, directions = trades["size"].to_numpy(), trades["direction"].to_numpy()
    values = {side: trades[f"{side}_price"].to_numpy() * sizes for side in ("entry", "exit")}
    whole = values["entry"] + values["exit"]
    made = []
    for side, buys in (("exit", directions < 0), ("entry", directions > 0)):
        records = np.empty(len(trades), order_dt)
        records["col"] = column
        records["idx"] = np.searchsorted(times, trades[f"{side}_time"].dt.epoch("us"))
        records["size"], records["price"] = sizes, trades[f"{side}_price"]
        records["fees"] = trades["fees"].to_numpy() * values[side] / whole
        records["side"] = np.where(buys, OrderSide.Buy, OrderSide.Sell)
        made.append(records)
    orders = np.concatenate(made)
    orders = orders[np.lexsort((orders["idx"], orders["col"]))]
    orders["id"] = np.arange(len(orders))
    return orders
