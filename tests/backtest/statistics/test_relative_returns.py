"""Figures beside a benchmark, against empyrical and by hand."""

import empyrical
import numpy as np
import pytest

from quantsig.backtest.market import Floats
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.relative_returns import (
    correlation,
    down_capture,
    information_ratio,
    up_capture,
)

RANDOM = np.random.default_rng(37)
MARKET = RANDOM.normal(0.0004, 0.012, 700)
STRATEGIES: dict[str, Floats] = {
    "half of it": 0.5 * MARKET + RANDOM.normal(0.0002, 0.004, 700),
    "against it": RANDOM.normal(0.0003, 0.01, 700) - 0.3 * MARKET,
    "seldom invested": np.where(RANDOM.random(700) < 0.1, MARKET, 0.0),
}


@pytest.fixture(params=list(STRATEGIES))
def returns(request: pytest.FixtureRequest) -> Floats:
    """Session returns of several kinds."""
    return STRATEGIES[str(request.param)]


def test_capture_is_that_of_empyrical(returns: Floats) -> None:
    """With one period a year it compounds nothing: growth per session, as here."""
    for found, theirs in (
        (up_capture, empyrical.up_capture),
        (down_capture, empyrical.down_capture),
    ):
        assert found(returns, MARKET) == pytest.approx(theirs(returns, MARKET, period="yearly"))


def test_information_ratio_is_that_of_empyrical(returns: Floats) -> None:
    """Theirs is per session; here it is annualised."""
    theirs = empyrical.excess_sharpe(returns, MARKET)
    assert information_ratio(returns, MARKET, 250.0) == pytest.approx(theirs * 250**0.5)


def test_correlation_is_beta_by_the_deviations(returns: Floats) -> None:
    """Beta of empyrical times the deviation of the market over that of the strategy."""
    beta = empyrical.beta(returns, MARKET)
    assert correlation(returns, MARKET) == pytest.approx(beta * MARKET.std() / returns.std())


def test_capture_by_hand() -> None:
    """+2 % and 0 where the market made +1 % twice; -1 % where it lost 2 %; a ruin is all of it."""
    market = np.array([0.01, 0.01, -0.02])
    assert up_capture(np.array([0.02, 0.0, -0.01]), market) == pytest.approx((1.02**0.5 - 1) / 0.01)
    assert down_capture(np.array([0.02, 0.0, -0.01]), market) == pytest.approx(0.5)
    assert down_capture(np.array([0.02, 0.0, -1.0]), market) == pytest.approx(50.0)


def test_a_market_that_never_fell_has_no_down_capture() -> None:
    """Nor has one that stands still a correlation, or a difference that does not vary a ratio."""
    with pytest.raises(UndefinedFigure, match="no such session"):
        down_capture(np.array([0.01, 0.02]), np.array([0.01, 0.02]))
    with pytest.raises(UndefinedFigure, match="do not vary"):
        correlation(np.array([0.01, 0.02]), np.zeros(2))
    with pytest.raises(UndefinedFigure, match="do not vary"):
        information_ratio(MARKET, MARKET, 250.0)
