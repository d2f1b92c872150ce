"""What the other symbols of a market say about the return of each."""

from dataclasses import dataclass

import numpy as np

from quantsig.backtest.comparisons.price_table import price_table
from quantsig.backtest.market import Floats, Integers, Market, calendar_in

LEAST_SESSIONS = 20  # fewer say too little of how symbols move together
MOST_BETA = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Fellows:
    """How all other symbols together moved, as each symbol sees them."""

    betas: Floats  # (S,) of a symbol's session returns on the mean of the others', 0..2
    opens: tuple[Floats, ...]  # (N,) a symbol: log of what the others' mean grew to at its opens
    closes: tuple[Floats, ...]  # (N,) a symbol: and at its closes


def fellows(market: Market, times: Integers) -> Fellows:
    """The equally weighted mean of all other symbols, bar by bar, and what each owes to it.

    The betas are least squares over all sessions of the period, whatever was traded in it. A
    symbol alone has no others: its beta is 0.

    Args:
        market: the bars of every symbol.
        times: (T,) of all bars, microseconds since 1970 UTC.
    """
    table, symbols = price_table(times, market), len(market)
    others = max(symbols - 1, 1)
    before = np.vstack([table.opens[:1], table.closes[:-1]])
    whole, first = table.closes / before - 1.0, table.opens / before - 1.0
    sums, firsts = whole.sum(axis=1), first.sum(axis=1)
    days = calendar_in(market).days(times)
    ends = np.flatnonzero(np.append(days[1:] != days[:-1], True))
    betas, opens, closes = np.zeros(symbols), [], []
    for column, bars in enumerate(market.values()):
        grown = np.cumsum(np.log1p((sums - whole[:, column]) / others))
        opened = np.append(0.0, grown[:-1]) + np.log1p((firsts - first[:, column]) / others)
        if symbols > 1:
            betas[column] = _beta(np.log(table.closes[ends, column]), grown[ends])
        rows = np.searchsorted(times, bars.times)
        opens.append(opened[rows])
        closes.append(grown[rows])
    return Fellows(betas=betas, opens=tuple(opens), closes=tuple(closes))


def _beta(own: Floats, others: Floats) -> float:
    """Least squares slope of a symbol's log returns on those of the others."""
    moves, market = np.diff(own), np.diff(others)
    market = market - market.mean() if len(market) else market
    squares = float(market @ market)
    if len(moves) < LEAST_SESSIONS or squares == 0:
        return 0.0
    return float(np.clip(market @ (moves - moves.mean()) / squares, 0.0, MOST_BETA))
