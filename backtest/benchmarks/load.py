"""What the sweep is measured on: made bars, signals on them, and grids."""

from typing import Any

import numpy as np

from quantsig.backtest.market import Floats, SymbolBars, SymbolSignals
from quantsig.backtest.sweep.sweep import Grid
from quantsig.data.calendar.sessions import DAY_US
from quantsig.data.labels import Prices

MINUTE = 60_000_000


def alternating_bars(count: int, seed: int = 0) -> SymbolBars:
    """Daily bars of which every second one is so calm that no stop of half a percent is met in it.

    With entries on the calm bars alone, a rule that checks stops on the entry bar and one that
    does not are the same rule.
    """
    random = np.random.default_rng(seed)
    calm = np.arange(count) % 2 == 0
    gaps = np.exp(random.normal(0.0, np.where(calm, 0.001, 0.008)))
    moves = np.exp(random.normal(0.0, np.where(calm, 0.0005, 0.012)))
    moves = np.where(calm, np.clip(moves, 0.998, 1.002), moves)
    return _bars(gaps, moves, np.where(calm, 0.0005, 0.006), DAY_US, random)


def random_bars(count: int, seed: int, *, spacing: int = DAY_US) -> SymbolBars:
    """A random walk with gaps and wicks."""
    random = np.random.default_rng(seed)
    scale = 0.02 * np.sqrt(spacing / DAY_US)
    gaps = np.exp(random.normal(0.0, scale / 2, count))
    moves = np.exp(random.normal(0.0, scale, count))
    return _bars(gaps, moves, np.full(count, scale / 2), spacing, random)


def random_signals(bars: int, seed: int, *, every: int, horizon_bars: int) -> SymbolSignals:
    """A long signal every so many bars, at random probabilities; no stops of its own."""
    decided = np.arange(every - 1, bars - 2, every)

    def same(value: float, kind: type) -> Any:
        return np.broadcast_to(np.array(value, kind), decided.shape)

    return SymbolSignals(
        bars=decided,
        directions=same(1, np.int64),
        delay_bars=same(1, np.int64),
        horizon_bars=same(horizon_bars, np.int64),
        stops=same(np.nan, np.float64),
        targets=same(np.nan, np.float64),
        probabilities=np.random.default_rng(seed).random(len(decided)),
    )


def before_calm(count: int) -> SymbolSignals:
    """A signal before every calm bar of `alternating_bars`, without a holding limit."""
    return random_signals(count, 0, every=2, horizon_bars=count)


def grid_over(signals: SymbolSignals, thresholds: int, barriers: int) -> Grid:
    """Thresholds that let in all signals, one part less, and so on; stops and targets alike."""
    shares = np.arange(thresholds) / thresholds
    distances = tuple(np.geomspace(0.005, 0.1, barriers).tolist())
    return Grid(
        thresholds=tuple(np.quantile(signals.probabilities, shares).tolist()),
        stops=distances,
        targets=distances,
    )


def _bars(
    gaps: Floats, moves: Floats, reach: Floats, spacing: int, random: np.random.Generator
) -> SymbolBars:
    """Bars of these gaps and moves, factors each, with wicks of up to `reach` of the price."""
    count = len(gaps)
    close = np.cumprod(gaps * moves) * np.float64(100.0)
    opened = close / moves
    return SymbolBars(
        times=np.arange(1, count + 1) * spacing,
        prices=Prices(
            open=opened,
            high=np.maximum(opened, close) * (1.0 + random.random(count) * reach),
            low=np.minimum(opened, close) * (1.0 - random.random(count) * reach),
            close=close,
        ),
    )
