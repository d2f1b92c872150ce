"""How far the price went against each trade and for it while it was open."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit

from quantsig.backtest.market import Floats, Integers, Market, SymbolBars
from quantsig.backtest.trade_bars import TradeBars, trade_bars


@dataclass(frozen=True, kw_only=True, slots=True)
class Excursions:
    """The worst and the best price of each trade against its entry price, (K,) fractions."""

    adverse: Floats  # <= 0
    favourable: Floats  # >= 0


def excursions(trades: pl.DataFrame, market: Market) -> Excursions:
    """Maximum adverse and favourable excursion of each trade (Sweeney 1996).

    The price in favour of the trade, over the entry price, less one, at its lowest and highest.
    Of the bars that a trade lived through from open to close its high and low count; of a bar
    that it only began or ended in, its own price there. So a stop costs what it filled at, and
    what the price did after the exit plays no part.

    Args:
        trades: rows of trades.parquet.
        market: the bars of every symbol.

    Returns:
        Excursions in the order of `trades`.
    """
    adverse, favourable = np.zeros(trades.height), np.zeros(trades.height)
    for symbol, lived in trade_bars(trades, market).items():
        worst, best = _of_symbol(trades[lived.rows], lived, market[symbol])
        adverse[lived.rows], favourable[lived.rows] = worst, best
    return Excursions(adverse=adverse, favourable=favourable)


def _of_symbol(trades: pl.DataFrame, lived: TradeBars, bars: SymbolBars) -> tuple[Floats, Floats]:
    entry, exit_, direction = (
        trades[name].to_numpy() for name in ("entry_price", "exit_price", "direction")
    )
    lows, highs = _extremes(bars.prices.high, bars.prices.low, lived.first_bars, lived.past_bars)
    lows, highs = np.minimum(lows, exit_), np.maximum(highs, exit_)
    worst = np.where(direction > 0, lows, highs)
    best = np.where(direction > 0, highs, lows)
    return (
        np.minimum(direction * (worst / entry - 1.0), 0.0),
        np.maximum(direction * (best / entry - 1.0), 0.0),
    )


@njit(cache=True, nogil=True)
def _extremes(
    highs: Floats, lows: Floats, first_bars: Integers, past_bars: Integers
) -> tuple[Floats, Floats]:
    """The lowest low and the highest high of each trade; infinite where it lived no whole bar."""
    lowest = np.full(len(first_bars), np.inf)
    highest = np.full(len(first_bars), -np.inf)
    for row in range(len(first_bars)):
        for bar in range(first_bars[row], past_bars[row]):
            lowest[row] = min(lowest[row], lows[bar])
            highest[row] = max(highest[row], highs[bar])
    return lowest, highest
