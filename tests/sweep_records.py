"""A sweep.json made by hand, for tests that need one field of it."""

from typing import Any

from quantsig.backtest.execution import Execution
from quantsig.backtest.record import SweepOverfitting
from quantsig.backtest.sweep.figures import SweepTrials
from quantsig.backtest.sweep.grid import SweepSpec
from quantsig.backtest.sweep.record import SweepRecord

TRIALS = SweepTrials(
    count=24,
    varying=0,
    sharpe_mean=None,
    sharpe_variance=None,
    sharpe_max=None,
    average_correlation=None,
    independent=None,
)


def sweep_record(**changes: Any) -> SweepRecord:
    """The record of a small sweep without a best cell, with some fields of the caller's."""
    fields: dict[str, Any] = {
        "run_id": "one",
        "trial_id": "s",
        "split": "calibration",
        "start": "2011-01-01T00:00:00+00:00",
        "end": "2012-01-01T00:00:00+00:00",
        "cells": 24,
        "symbols": ("A",),
        "bars": 250,
        "rows": 40,
        "grid": SweepSpec(),
        "execution": Execution(),
        "best": None,
        "by": "sharpe",
        "missing": "no cell has a sharpe and 20 trades",
        "overfitting": SweepOverfitting(probability=None, missing="too few sessions"),
        "trials": TRIALS,
        "periods": 250,
        "bankrupt": 0,
        "seconds": 1.0,
    }
    return SweepRecord(**(fields | changes))
