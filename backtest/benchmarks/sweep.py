"""Speed and memory of the sweep, against vectorbt and backtesting.py in the same run."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest import point_figures as statistics
from quantsig.backtest.benchmarks.load import (
    alternating_bars,
    before_calm,
    grid_over,
    random_bars,
    random_signals,
)
from quantsig.backtest.benchmarks.rivals import ByBacktesting, by_vectorbt, has_backtesting
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Market
from quantsig.backtest.portfolio import keep_accounts
from quantsig.backtest.statistics.calendar_returns import monthly, yearly
from quantsig.backtest.statistics.drawdowns import deepest_drawdowns
from quantsig.backtest.statistics.excursions import excursions
from quantsig.backtest.statistics.figures import Figures
from quantsig.backtest.statistics.trades import per_symbol
from quantsig.backtest.sweep.sweep import sweep
from quantsig.backtest.trading.accounts import Accounts
from quantsig.backtest.trading.fills import trade_signals
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.machine import UNKNOWN_MEMORY
from quantsig.data.progress import Progress, silent

STEPS = 5
SWEPT = Execution(slippage_bps=0)
HORIZON = 10


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Everything, one after the other.

    The memory, in processes of their own, comes first: vectorbt leaves little of it in this one.
    """
    found = compare_memory(scale)
    progress(1, STEPS)
    found += sweep_long(scale)
    progress(2, STEPS)
    found += time_one_strategy(scale)
    progress(3, STEPS)
    speed = compare_speed(scale)
    progress(4, STEPS)
    found += speed + compare_backtesting(scale, speed.details["sweep_seconds"])
    progress(STEPS, STEPS)
    return found


def compare_speed(scale: Scale) -> BenchmarkFigures:
    """The sweep and vectorbt with the same figures, taking turns; their equities compared."""
    bars, signals = alternating_bars(scale.swept_bars), before_calm(scale.swept_bars)
    grid = grid_over(signals, scale.swept_thresholds, scale.swept_barriers)
    found: dict[str, pl.DataFrame] = {}

    def ours() -> None:
        found["sweep"] = sweep({"A": bars}, {"A": signals}, grid, SWEPT).cells

    def vectorbt() -> None:
        found["vectorbt"] = by_vectorbt(bars, signals, found["sweep"])

    seconds = medians({"sweep": ours, "vectorbt": vectorbt}, scale.sweep_repetitions)
    swept, theirs = found["sweep"], found["vectorbt"]
    off = np.abs((swept["total_return"] + 1.0).to_numpy() - theirs["equity"].to_numpy())
    return BenchmarkFigures(
        figures={
            "sweep_speedup": seconds["vectorbt"] / seconds["sweep"],
            "max_equity_difference": float(off.max()),
        },
        details={
            "combinations": swept.height,
            "bars": len(bars.times),
            "sweep_seconds": seconds["sweep"],
            "vectorbt_seconds": seconds["vectorbt"],
        },
        remarks=(
            "Both give trades, win rate, expectancy, profit factor, return, Sharpe, drawdown and "
            "exposure of every combination; the sweep also the sums that the probability of "
            "overfitting and the correlation of the trials are computed from.",
        ),
    )


def compare_backtesting(scale: Scale, sweep_seconds: float) -> BenchmarkFigures:
    """Seconds of backtesting.py for one combination over those of the sweep for one of its own."""
    if not has_backtesting():
        return BenchmarkFigures(
            figures={"sweep_vs_backtesting": None},
            missing={"sweep_vs_backtesting": "backtesting is not installed (it is for developers)"},
        )
    bars, signals = alternating_bars(scale.swept_bars), before_calm(scale.swept_bars)
    grid = grid_over(signals, scale.swept_thresholds, scale.swept_barriers)
    cells = sweep({"A": bars}, {"A": signals}, grid, SWEPT).cells
    rival = ByBacktesting(bars, signals)
    some = cells.gather_every(-(-cells.height // 5)).rows(named=True)  # of few and many trades
    seconds = medians({"rival": lambda: [rival(cell) for cell in some]}, 1)["rival"] / len(some)
    return BenchmarkFigures(
        figures={"sweep_vs_backtesting": seconds * len(grid) / sweep_seconds},
        details={"backtesting_seconds_each": seconds},
    )


def compare_memory(scale: Scale) -> BenchmarkFigures:
    """Peak memory of the same sweep and of vectorbt, imports included."""
    size = (scale.swept_bars, scale.swept_thresholds, scale.swept_barriers)
    ours = _own_process("quantsig.backtest.benchmarks.memory", "columns", *size)["peak_mb"]
    theirs = _own_process("quantsig.backtest.benchmarks.rivals", *size)["peak_mb"]
    return BenchmarkFigures(
        figures={"sweep_memory_ratio": theirs / ours if ours and theirs else None},
        missing={} if ours and theirs else {"sweep_memory_ratio": UNKNOWN_MEMORY},
        details={"sweep_peak_mb": ours, "vectorbt_peak_mb": theirs},
    )


def sweep_long(scale: Scale) -> BenchmarkFigures:
    """Peak memory of a sweep over very many bars."""
    found = _own_process("quantsig.backtest.benchmarks.memory", "long", scale.long_bars, 10, 10)
    return BenchmarkFigures(
        figures={"ten_million_peak_mb": found["peak_mb"]},
        missing={} if found["peak_mb"] else {"ten_million_peak_mb": UNKNOWN_MEMORY},
        details={
            "long_bars": found["bars"],
            "long_combinations": found["cells"],
            "long_trades": found["trades"],
            "long_seconds": found["seconds"],
        },
    )


def time_one_strategy(scale: Scale) -> BenchmarkFigures:
    """Trading one strategy on many symbols, and its point statistics."""
    names = [f"S{number:03}" for number in range(scale.traded_symbols)]
    market = {name: random_bars(scale.swept_bars, seed) for seed, name in enumerate(names)}
    signals = {
        name: random_signals(scale.swept_bars, seed, every=5, horizon_bars=HORIZON)
        for seed, name in enumerate(names)
    }
    execution = Execution(stop_loss=0.03, take_profit=0.06)

    def trade() -> Accounts:
        traded = trade_signals(market, signals, execution)
        accounts = keep_accounts(market, signals, traded)
        point_statistics(accounts, market)
        return accounts

    traded = trade().trades.height
    return BenchmarkFigures(
        figures={"one_strategy_seconds": medians({"trade": trade}, scale.repetitions)["trade"]},
        details={"traded_symbols": len(names), "traded": traded},
    )


def point_statistics(accounts: Accounts, market: Market) -> Figures:
    """Every figure and table of one strategy that needs no resampling."""
    figures, _ = statistics.point_figures(accounts, excursions(accounts.trades, market))
    per_symbol(accounts.trades, accounts.symbols, accounts.values)
    monthly(accounts.times, accounts.equity, accounts.calendar)
    yearly(accounts.trades, accounts.times, accounts.equity, accounts.calendar)
    deepest_drawdowns(accounts.times, accounts.equity)
    return figures


def _own_process(module: str, *words: object) -> dict[str, Any]:
    """The JSON that a module prints in a fresh process."""
    command = [sys.executable, "-m", module, *map(str, words)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found
