"""The prices of all symbols side by side."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.market import Floats, Integers, Market


class PriceTable(NamedTuple):
    """Prices at all bar times, (T, S); where a symbol has no bar, its last close.

    Before its first bar that is its first open; nobody holds it then.
    """

    opens: Floats
    closes: Floats
    there: NDArray[np.bool_]  # whether the symbol has a bar


def price_table(times: Integers, market: Market) -> PriceTable:
    """The prices of a market.

    Args:
        times: (T,) of all bars of all symbols, microseconds since 1970 UTC, increasing.
        market: the bars of every symbol.
    """
    shape = (len(market), len(times))  # a symbol's prices lie side by side
    table = PriceTable(np.empty(shape).T, np.empty(shape).T, np.zeros(shape, np.bool_).T)
    for column, bars in enumerate(market.values()):
        latest = np.searchsorted(bars.times, times, side="right") - 1
        before = latest < 0
        there = ~before & (bars.times[latest] == times)
        closes = np.where(before, bars.prices.open[0], bars.prices.close[latest])
        table.closes[:, column] = closes
        table.opens[:, column] = np.where(there, bars.prices.open[latest], closes)
        table.there[:, column] = there
    return table


def by_time(table: PriceTable) -> PriceTable:
    """The same with the prices of a time side by side, for who reads it row by row."""
    return PriceTable(
        np.ascontiguousarray(table.opens),
        np.ascontiguousarray(table.closes),
        np.ascontiguousarray(table.there),
    )
