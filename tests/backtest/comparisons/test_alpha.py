"""Alpha over holding the market, against the matrices of the textbook."""

import numpy as np
import pytest
from scipy.stats import t as student

from quantsig.backtest.comparisons.alpha import alpha, excess_over
from quantsig.backtest.significance.newey_west import mean_t
from quantsig.backtest.statistics.figures import UndefinedFigure


def by_matrices(returns: np.ndarray, market: np.ndarray, lag: int) -> tuple[float, float, float]:
    """Alpha, beta and the t of alpha: (X'X)^-1 S (X'X)^-1 of Newey and West."""
    design = np.column_stack([np.ones(len(market)), market])
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ returns
    moves = design * (returns - design @ found)[:, None]
    middle = moves.T @ moves
    for step in range(1, lag + 1):
        shared = moves[step:].T @ moves[:-step]
        middle += (1 - step / (lag + 1)) * (shared + shared.T)
    spread = inverse @ middle @ inverse * len(market) / (len(market) - 2)
    return found[0], found[1], found[0] / np.sqrt(spread[0, 0])


def test_alpha_is_that_of_the_textbook() -> None:
    """300 sessions of a strategy that holds a fifth of the market, lag 5."""
    random = np.random.default_rng(1)
    market = random.normal(0.001, 0.01, 300)
    returns = 0.0005 + 0.2 * market + random.normal(0, 0.005, 300)
    found = alpha(returns, market)
    assert (found.alpha, found.beta, found.t) == pytest.approx(by_matrices(returns, market, 5))
    reach = student.ppf(0.975, 298) * found.alpha / found.t
    assert (found.low, found.high) == pytest.approx((found.alpha - reach, found.alpha + reach))


def test_holding_less_of_the_market_has_no_alpha() -> None:
    """A third of a rising market earns, and nothing beyond it."""
    market = np.random.default_rng(1).normal(0.002, 0.01, 300)
    excess, beta = excess_over(market / 3, market)
    assert beta == pytest.approx(1 / 3)
    assert np.abs(excess).max() < 1e-15
    with pytest.raises(UndefinedFigure, match="do not vary"):
        alpha(market / 3, market)


def test_beside_a_still_market_alpha_is_the_mean() -> None:
    """Beta is 0, and t that of the mean, widened by 300 / 298."""
    returns = np.random.default_rng(1).normal(0.001, 0.01, 300)
    found = alpha(returns, np.zeros(300))
    assert found.alpha == pytest.approx(returns.mean())
    assert found.beta == 0.0
    assert found.t == pytest.approx(mean_t(returns, 5) * np.sqrt(298 / 300))


def test_few_sessions_have_no_alpha() -> None:
    """Nine returns."""
    with pytest.raises(UndefinedFigure, match="at least 10"):
        alpha(np.arange(9.0), np.arange(9.0))
