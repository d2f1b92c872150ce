"""What is claimed after a search: the best of 100 cells on the rows that follow, and on its own.

A market is made twice as long. Its first half is swept as `quantsig sweep` does, the best cell is
traded on both halves, and each half is judged after what the ledger says was tried on its rows:
one strategy on the second, all cells on the first.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quantsig.backtest.benchmarks.verdict_worlds import MarketWorld, TradedWorld, make
from quantsig.backtest.document import Scrutiny, describe
from quantsig.backtest.execution import Execution
from quantsig.backtest.outcome import trade
from quantsig.backtest.significance.trials import trials_among
from quantsig.backtest.sweep.run import ranked_cells
from quantsig.backtest.sweep.sweep import Grid, Swept, WorkingRoom, sweep

SEED = 37
BARRIERS = (None, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.12, 0.15)
GRID = Grid(thresholds=(0.0,), stops=BARRIERS, targets=BARRIERS)  # 100 cells
EXECUTION = Execution()
VARIED = ("stop_loss", "take_profit", "holding_bars", "delay_bars")


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepClaims:
    """Whether the best cell of a sweep was called an edge."""

    afterwards: bool  # on the rows that follow, which no cell has seen
    in_place: bool  # on the rows that it was the best on


def search(world: MarketWorld, markets: int) -> list[SweepClaims]:
    """Sweep so many markets of a world, each from a seed of its own.

    Where no cell has ten trades nothing is claimed.

    Args:
        world: what is made.
        markets: how many.
    """
    return [_searched(world, np.random.default_rng([SEED, number])) for number in range(markets)]


def _searched(world: MarketWorld, random: np.random.Generator) -> SweepClaims:
    first, second = make(world, random), make(world, random)
    found = sweep(first.market, first.signals, GRID, EXECUTION, room=WorkingRoom(threads=1))
    ranked = ranked_cells(found.cells, "sharpe")
    if ranked.is_empty():
        return SweepClaims(afterwards=False, in_place=False)
    cell = ranked.row(0, named=True)
    best = replace(EXECUTION, **{name: cell[name] for name in VARIED})
    ledger = [_line(found)]
    return SweepClaims(
        afterwards=_claimed(second, best, ledger, "test"),
        in_place=_claimed(first, best, ledger, "calibration"),
    )


def _claimed(
    made: TradedWorld, execution: Execution, ledger: list[dict[str, Any]], split: str
) -> bool:
    accounts = trade(made.market, made.signals, execution).accounts
    tried = trials_among(ledger, split)
    scrutiny = Scrutiny(seed=SEED, trials=tried)
    found = describe(accounts, made.market, made.signals, execution, scrutiny)
    return found.record.verdict.edge


def _line(found: Swept) -> dict[str, Any]:
    """As `quantsig sweep` enters it into the ledger."""
    return {
        "event": "sweep",
        "trial_id": "swept",
        "split": "calibration",
        "cells": found.trials.count,
        "excess_sharpe_mean": found.trials.sharpe_mean,
        "excess_sharpe_variance": found.trials.sharpe_variance,
        "average_correlation": found.trials.average_correlation,
    }
