"""Parts of a stats.json made by hand."""

from dataclasses import replace
from typing import Any

from quantsig.backtest.record import DeflatedSharpe
from quantsig.reports.inputs import Inputs


def deflated_by(trials: int, sharpe: float | None) -> DeflatedSharpe:
    """A Sharpe ratio, deflated by so many trials."""
    return DeflatedSharpe(
        trials=trials,
        independent_trials=trials,
        average_correlation=0.0,
        sharpe_variance=0.01,
        expected_maximum=0.0,
        probabilistic_sharpe=sharpe,
        deflated_sharpe=sharpe,
        how="",
        missing={},
    )


def with_stats(inputs: Inputs, **changes: Any) -> Inputs:
    """The inputs of a traded run whose stats.json says something else."""
    assert inputs.stats is not None
    return replace(inputs, stats=replace(inputs.stats, **changes))
