"""Speed and memory of the sweep, against vectorbt and backtesting.py in the same run."""

import numpy as np

from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.data.labels import Prices

DAY = 86_400_000_000  # microseconds


def alternating_bars(count: int, seed: int = 0) -> SymbolBars:
    """Daily bars of which every second one is so calm that no stop of half a percent is met in it.

    With entries on the calm bars alone, a rule that checks stops on the entry bar and one that
    does not are the same rule.
    """
    random = np.random.default_rng(seed)
    calm = np.arange(count) % 2 == 0
    gaps = np.exp(random.normal(0.0, np.where(calm, 0.001, 0.008)))
    moves = np.exp(np.clip(random.normal(0.0, np.where(calm, 0.0005, 0.012)), -0.05, 0.05))
    moves = np.where(calm, np.clip(moves, 0.998, 1.002), moves)
    close = 100.0 * np.cumprod(gaps * moves)
    opened = close / moves
    reach = np.where(calm, 0.0005, 0.006)
    high = np.maximum(opened, close) * (1.0 + random.random(count) * reach)
    low = np.minimum(opened, close) * (1.0 - random.random(count) * reach)
    return SymbolBars(
        times=np.arange(1, count + 1) * DAY,
        prices=Prices(open=opened, high=high, low=low, close=close),
    )


def decided_before_calm(count: int, seed: int = 0) -> SymbolSignals:
    """A long signal before every calm bar but the first and the last, at random probabilities."""
    bars = np.arange(1, count - 2, 2)
    ones = np.ones(len(bars), np.int64)
    return SymbolSignals(
        bars=bars,
        directions=ones,
        delay_bars=ones,
        horizon_bars=count * ones,
        stops=np.full(len(bars), np.nan),
        targets=np.full(len(bars), np.nan),
        probabilities=np.random.default_rng(seed).random(len(bars)),
    )
