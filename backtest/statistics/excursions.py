"""How far the price went against each trade and for it while it was open."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from quantsig.backtest.execution import FillPrice
from quantsig.backtest.market import Floats, Integers, Market
from quantsig.backtest.statistics.trade_bars import trade_bars
from quantsig.data.kernels import njit


@dataclass(frozen=True, kw_only=True, slots=True)
class Excursions:
    """The worst and the best price of each trade against its entry price, (K,) fractions."""

    adverse: Floats  # <= 0
    favourable: Floats  # >= 0


class _Spans(NamedTuple):
    """The bars that each trade lived through, (K,) each; see `TradeBars`."""

    rows: Integers
    first_bars: Integers
    past_bars: Integers


def excursions(trades: pl.DataFrame, market: Market, fill_price: FillPrice = "open") -> Excursions:
    """Maximum adverse and favourable excursion of each trade (Sweeney 1996).

    The price in favour of the trade, over the entry price, less one, at its lowest and highest.
    Of the bars that a trade lived through from open to close its high and low count; of a bar
    that it only began or ended in, its own price there. So a stop costs what it filled at, and
    what the price did after the exit plays no part.

    Args:
        trades: rows of trades.parquet, in the order of entry.
        market: the bars of every symbol.
        fill_price: that entries and timed exits filled at.

    Returns:
        Excursions in the order of `trades`.
    """
    entry, exits, direction = (
        trades[name].to_numpy() for name in ("entry_price", "exit_price", "direction")
    )
    lowest, highest = exits.copy(), exits.copy()
    for symbol, lived in trade_bars(trades, market, fill_price).items():
        prices = market[symbol].prices
        spans = _Spans(lived.rows, lived.first_bars, lived.past_bars)
        _widen(lowest, highest, spans, prices.high, prices.low)
    worst = np.where(direction > 0, lowest, highest)
    best = np.where(direction > 0, highest, lowest)
    return Excursions(
        adverse=np.minimum(direction * (worst / entry - 1.0), 0.0),
        favourable=np.maximum(direction * (best / entry - 1.0), 0.0),
    )


@njit(cache=True, nogil=True)
def _widen(lowest: Floats, highest: Floats, spans: _Spans, highs: Floats, lows: Floats) -> None:
    """Let the lows and highs of the bars that each trade lived through count, too."""
    for number in range(len(spans.rows)):
        row = spans.rows[number]
        for bar in range(spans.first_bars[number], spans.past_bars[number]):
            lowest[row] = min(lowest[row], lows[bar])
            highest[row] = max(highest[row], highs[bar])
