"""95 % intervals of means and Sharpe ratios, against textbooks and closed forms."""

import math

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from quantsig.backtest.significance.intervals import entry_blocks, mean_interval, sharpe_interval
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.holdings import Holdings


def test_few_values_have_no_interval() -> None:
    """Nine values tell nothing."""
    with pytest.raises(UndefinedFigure, match="at least 10"):
        mean_interval(np.arange(9.0), np.arange(9))


def test_trades_of_few_days_have_no_interval() -> None:
    """Forty trades on four days are four looks at the market."""
    with pytest.raises(UndefinedFigure, match="at least 5 stretches"):
        mean_interval(np.arange(40.0), np.repeat(np.arange(4), 10))


@pytest.mark.parametrize("count", [12, 300])
def test_with_a_value_a_block_it_is_students_interval(count: int) -> None:
    """n - 1 degrees of freedom and the error with ddof 1, as scipy has them."""
    values = np.random.default_rng(37).normal(size=count)
    expected = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert mean_interval(values, np.arange(count)) == pytest.approx(tuple(expected))


def test_blocks_of_equal_values_count_as_one() -> None:
    """Runs of five equal values: exactly the interval of one of each."""
    values = np.random.default_rng(37).normal(size=40)
    runs = mean_interval(np.repeat(values, 5), np.repeat(np.arange(40), 5))
    assert runs == pytest.approx(mean_interval(values, np.arange(40)))


def test_a_block_that_outweighs_the_others_leaves_few_degrees_of_freedom() -> None:
    """Ninety of 100 alike values in one of eleven blocks: wider than ten degrees would be."""
    random = np.random.default_rng(1)
    blocks = np.r_[np.zeros(90, int), np.arange(1, 11)]
    values = random.normal(size=11)[blocks]
    low, high = mean_interval(values, blocks)
    sums = np.bincount(blocks, values - values.mean())
    error = math.sqrt((sums**2 / (1 - np.bincount(blocks) / 100)).sum()) / 100
    assert high - low > 1.5 * 2 * student.ppf(0.975, 10) * error


def test_blocks_are_sessions_or_three_holdings() -> None:
    """Trades that end in their session, others, and never more than a tenth of the period."""
    entries = np.array([0, 1, 14, 15, 99])

    def blocks(longest: int) -> list[int]:
        held = Holdings(entries=entries, sessions=100, longest=longest)
        return [int(block) for block in entry_blocks(held)]

    assert blocks(1) == [0, 1, 14, 15, 99]
    assert blocks(3) == [0, 0, 1, 1, 11]
    assert blocks(5) == [0, 0, 1, 1, 9]
    with pytest.raises(UndefinedFigure, match="quarter of the sessions"):
        blocks(26)


def test_interval_of_the_sharpe_ratio_has_the_width_of_theory() -> None:
    """Of independent normal returns the error is sqrt((1 + SR^2 / 2) / n), times the root."""
    returns = np.random.default_rng(37).normal(0.001, 0.01, 2000)
    low, high = sharpe_interval(returns, 252)
    error = math.sqrt((1 + 0.01 / 2) / 2000 * 252)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_few_days_in_the_market_widen_the_interval_of_the_sharpe_ratio() -> None:
    """Ten returns among 240 zeros are worth about ten, not 250."""
    returns = np.zeros(250)
    returns[::25] = np.random.default_rng(1).normal(0, 0.01, 10)
    low, high = sharpe_interval(returns, 252)
    assert high - low > 1.1 * 2 * 1.96 * math.sqrt(252 / 250)


def test_returns_that_do_not_vary_have_no_interval() -> None:
    """There is no ratio either."""
    with pytest.raises(UndefinedFigure, match="do not vary"):
        sharpe_interval(np.full(50, 0.01), 252)
