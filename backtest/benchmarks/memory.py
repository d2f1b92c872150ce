"""The memory of a sweep, in a process of its own that imports nothing else.

`python -m quantsig.backtest.benchmarks.memory columns BARS THRESHOLDS BARRIERS` sweeps the bars
that vectorbt is compared on; `long BARS THRESHOLDS BARRIERS` sweeps minutes of twenty symbols.
"""

import json
import sys
import time

from quantsig.backtest.benchmarks.load import (
    MINUTE,
    alternating_bars,
    before_calm,
    grid_over,
    random_bars,
    random_signals,
)
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.sweep.sweep import sweep
from quantsig.data.benchmarks.peak import peak_mb

SYMBOLS = 20
HORIZON = 60  # minutes


def main(kind: str, bars: int, thresholds: int, barriers: int) -> None:
    """Sweep, and print cells, bars, seconds and peak memory as JSON."""
    market, signals = LOADS[kind](bars)
    grid = grid_over(next(iter(signals.values())), thresholds, barriers)
    started = time.perf_counter()
    swept = sweep(market, signals, grid, Execution(slippage_bps=0))
    answer = {
        "cells": swept.cells.height,
        "bars": sum(len(symbol.times) for symbol in market.values()),
        "trades": int(swept.cells["trades"].sum()),
        "seconds": time.perf_counter() - started,
        "peak_mb": peak_mb(),
    }
    print(json.dumps(answer))


def columns(bars: int) -> tuple[dict[str, SymbolBars], dict[str, SymbolSignals]]:
    """One symbol of daily bars."""
    return {"A": alternating_bars(bars)}, {"A": before_calm(bars)}


def minutes(bars: int) -> tuple[dict[str, SymbolBars], dict[str, SymbolSignals]]:
    """So many minute bars of all symbols together, a signal on every third."""
    each = -(-bars // SYMBOLS)
    names = [f"S{number:02}" for number in range(SYMBOLS)]
    return (
        {name: random_bars(each, seed, spacing=MINUTE) for seed, name in enumerate(names)},
        {
            name: random_signals(each, seed, every=3, horizon_bars=HORIZON)
            for seed, name in enumerate(names)
        },
    )


LOADS = {"columns": columns, "long": minutes}

if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
