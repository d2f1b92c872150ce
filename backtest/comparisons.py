"""What the same money would have earned without the signals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quantsig.backtest.execution import TIME, Execution, Fills, account_growth
from quantsig.backtest.market import Floats, Integers, Market, SymbolBars, SymbolSignals

DRAWS = 1_000
BLOCK = 1_000_000  # random trades drawn at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomEntries:
    """Random trades of one symbol: (draws, trades) bars, in the order of time."""

    entry_bars: Integers
    exit_bars: Integers  # its open, or the last close where it lies past the end
    directions: Integers


def always_long(market: Market) -> dict[str, SymbolSignals]:
    """One signal a symbol: buy at the first open that can be filled, hold to the last close."""
    return {
        symbol: SymbolSignals(
            bars=np.zeros(1, np.int64),
            directions=np.ones(1, np.int64),
            delay_bars=np.ones(1, np.int64),
            horizon_bars=np.full(1, len(bars.times)),
            stops=np.full(1, np.nan),
            targets=np.full(1, np.nan),
            probabilities=np.full(1, np.nan),
        )
        for symbol, bars in market.items()
    }


def random_entries(
    bars: SymbolBars, fills: Fills, first: int, draws: int, random: np.random.Generator
) -> RandomEntries:
    """As many trades as `fills`, as long and in the same directions, at random bars.

    Each trade keeps its length in bars; a trade that ended inside a bar counts that bar. The
    order of the trades and the gaps between them are random, and none overlap. Stops and targets
    are not applied: the lengths already are those that they left.

    Args:
        bars: of one symbol.
        fills: the trades to imitate.
        first: the first bar that can be an entry.
        draws: how many times.
        random: the source of chance.
    """
    lengths = fills.exit_bars - fills.entry_bars + (fills.reasons != TIME)
    order = random.permuted(np.tile(np.arange(len(fills)), (draws, 1)), axis=1)
    drawn = lengths[order]
    slack = len(bars.times) - first - int(lengths.sum())  # bars outside every trade
    gaps = np.sort(random.integers(0, slack + 1, drawn.shape), axis=1)
    ends = first + gaps + np.cumsum(drawn, axis=1)
    return RandomEntries(
        entry_bars=ends - drawn, exit_bars=ends, directions=fills.directions[order]
    )


def random_returns(
    market: Market,
    trades: Mapping[str, Fills],
    execution: Execution,
    *,
    seed: int,
    draws: int = DRAWS,
) -> Floats:
    """Total return of random entries on the same accounts and costs; (draws,).

    An account that loses everything stays at zero.
    """
    random = np.random.default_rng(seed)
    total = np.zeros(draws)
    for symbol, bars in market.items():
        fills = trades[symbol]
        size = max(1, BLOCK // max(len(fills), 1))
        for start in range(0, draws, size):
            part = slice(start, min(start + size, draws))
            count = part.stop - part.start
            drawn = random_entries(bars, fills, execution.delay_bars or 1, count, random)
            total[part] += _growth(bars, drawn, execution).prod(axis=1)
    return total / len(market) - 1.0


def p_value(returns: Floats, reached: float) -> float:
    """Share of random draws at least as good, counting the strategy itself as one of them.

    (1 + #{draw >= reached}) / (1 + draws), Phipson and Smyth 2010; never zero.
    """
    return (1.0 + float((returns >= reached).sum())) / (1.0 + len(returns))


def _growth(bars: SymbolBars, drawn: RandomEntries, execution: Execution) -> Floats:
    """(draws, trades) what each random trade multiplies its account by, at least 0."""
    prices = bars.prices
    exits = np.append(prices.open, prices.close[-1])
    against = drawn.directions * execution.slippage
    growth = account_growth(
        prices.open[drawn.entry_bars] * (1.0 + against),
        exits[drawn.exit_bars] * (1.0 - against),
        drawn.directions,
        execution,
    )
    return np.maximum(growth, 0.0)
