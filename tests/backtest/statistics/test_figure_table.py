"""Every figure of a backtest is described, and read as percent where it is a share."""

import json
from pathlib import Path

import pytest

from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.signals.figures import FIGURES as SIGNAL_FIGURES
from quantsig.signals.figures import described, is_share
from tests.golden.opened import STORED

STATS = sorted(STORED.rglob("stats.json"))
PERCENT = {  # what the console of version 0.1.0 wrote as percent
    "accuracy",
    "annual_return",
    "average_mae",
    "average_mfe",
    "base_rate",
    "conditional_value_at_risk",
    "cost_share",
    "expectancy",
    "expectancy_after_costs",
    "expectancy_high",
    "expectancy_low",
    "expected_precision",
    "expected_precision_high",
    "expected_precision_low",
    "exposure",
    "max_drawdown",
    "mean_after_costs",
    "mean_net_return_of_signals",
    "mean_net_return_of_taken",
    "mean_return",
    "overfitting_probability",
    "precision",
    "precision_high",
    "precision_low",
    "probabilistic_sharpe",
    "recall",
    "time_in_market",
    "total_return",
    "value_at_risk",
    "volatility",
    "win_rate",
}
SINCE = {"alpha_a_year", "current_drawdown", "down_capture", "up_capture"}  # later, percent too
SINCE |= {"break_even_after_costs", "break_even_precision"}


@pytest.mark.parametrize("stats", STATS, ids=lambda path: path.parent.name)
def test_every_figure_of_stats_is_described(stats: Path) -> None:
    """One that is added needs a line in the table."""
    figures = json.loads(stats.read_text(encoding="utf-8"))["figures"]
    assert [name for name in figures if described(name, FIGURES) is None] == []


def test_shares_are_what_the_console_always_wrote_as_percent() -> None:
    """By the unit of their entry."""
    ends = {f"{name}{end}" for name in PERCENT | SINCE for end in ("", "_low", "_high")}
    names = {*FIGURES, *SIGNAL_FIGURES, *ends}
    shares = {n for n in names if is_share(n, FIGURES) or is_share(n, SIGNAL_FIGURES)}
    assert shares == PERCENT | SINCE


def test_an_end_of_an_interval_is_that_of_its_figure() -> None:
    """Where the figure has one."""
    assert described("sharpe_low", FIGURES) is FIGURES["sharpe"]
    assert described("sortino_low", FIGURES) is None
