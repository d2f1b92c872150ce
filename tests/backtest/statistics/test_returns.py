"""Figures of the equity against closed forms and empyrical."""

import math
from typing import Any

import empyrical
import numpy as np
import pytest
from scipy import stats

from quantsig.backtest.market import Floats
from quantsig.backtest.statistics.drawdowns import drawdowns
from quantsig.backtest.statistics.figures import UndefinedFigure, collect
from quantsig.backtest.statistics.returns import (
    annual_return,
    calmar,
    conditional_value_at_risk,
    kurtosis,
    omega,
    sharpe,
    skew,
    sortino,
    tail_ratio,
    total_return,
    value_at_risk,
    volatility,
)


def test_sharpe_and_volatility_closed_form() -> None:
    """Returns of 3 % and -1 % in turn: mean 1 %, deviation 2 % * sqrt(n / (n - 1))."""
    returns = np.tile([0.03, -0.01], 50)
    deviation = 0.02 * math.sqrt(100 / 99)
    assert volatility(returns, 252) == pytest.approx(deviation * math.sqrt(252))
    assert sharpe(returns, 252) == pytest.approx(0.01 / deviation * math.sqrt(252))


def test_sortino_closed_form() -> None:
    """The downside of 3 % and -1 % in turn is the root of half of one ten-thousandth."""
    returns = np.tile([0.03, -0.01], 50)
    assert sortino(returns, 252) == pytest.approx(0.01 / math.sqrt(0.0001 / 2) * math.sqrt(252))


def test_annual_return_compounds() -> None:
    """21 % in two years are 10 % a year."""
    assert annual_return(np.array([1.0, 1.21]), 2.0) == pytest.approx(0.1)


def test_growth_too_fast_to_annualise_is_null() -> None:
    """Doubling within an hour has no finite annual return."""
    figures, missing = collect({"annual": lambda: annual_return(np.array([1.0, 2.0]), 1e-4)})
    assert figures == {"annual": None}
    assert missing == {"annual": "too large to be a number"}


# empyrical as oracle: the same conventions except where a test says otherwise

RANDOM = np.random.default_rng(37)
SAMPLES: dict[str, Floats] = {
    "normal": RANDOM.normal(0.001, 0.01, 700),
    "heavy tails": RANDOM.standard_t(3, 501) / 100,
    "few": np.array([0.01, -0.02, 0.005]),
}


@pytest.fixture(params=list(SAMPLES))
def returns(request: pytest.FixtureRequest) -> Floats:
    """Session returns of several kinds."""
    return SAMPLES[str(request.param)]


def test_sharpe_volatility_and_sortino_equal_empyrical(returns: Floats) -> None:
    """No risk-free rate, ddof 1, downside over all sessions."""
    assert sharpe(returns, 243) == close(empyrical.sharpe_ratio(returns, annualization=243))
    assert volatility(returns, 243) == close(
        empyrical.annual_volatility(returns, annualization=243)
    )
    assert sortino(returns, 243) == close(empyrical.sortino_ratio(returns, annualization=243))


def test_tails_equal_empyrical(returns: Floats) -> None:
    """Omega, tail ratio, value at risk and its conditional one."""
    assert omega(returns) == close(empyrical.omega_ratio(returns))
    assert tail_ratio(returns) == close(empyrical.tail_ratio(returns))
    assert value_at_risk(returns) == close(empyrical.value_at_risk(returns))
    assert conditional_value_at_risk(returns) == close(empyrical.conditional_value_at_risk(returns))


def test_growth_and_drawdown_equal_empyrical(returns: Floats) -> None:
    """Annual return and Calmar, where a year has as many sessions as empyrical is told."""
    equity = np.cumprod(np.append(1.0, 1 + returns))
    years = len(returns) / 243
    assert total_return(equity) == close(empyrical.cum_returns_final(returns))
    deepest = float(drawdowns(equity).min())
    assert deepest == close(empyrical.max_drawdown(returns))
    yearly = annual_return(equity, years)
    assert yearly == close(empyrical.annual_return(returns, annualization=243))
    assert calmar(yearly, deepest) == close(empyrical.calmar_ratio(returns, annualization=243))


def test_skew_and_kurtosis_equal_scipy(returns: Floats) -> None:
    """Both with ddof 0; kurtosis is not in excess of the normal's 3."""
    assert skew(returns) == close(stats.skew(returns))
    assert kurtosis(returns) == close(stats.kurtosis(returns, fisher=False))


def test_everything_lost_is_minus_one_a_year() -> None:
    """No root of a negative number."""
    assert annual_return(np.array([1.0, 0.0]), 2.0) == -1.0
    assert annual_return(np.array([1.0, -0.2]), 2.0) == -1.0


def test_an_equity_that_never_fell_has_no_calmar() -> None:
    """Nothing to divide by."""
    with pytest.raises(UndefinedFigure, match="never fell"):
        calmar(0.1, 0.0)


def close(expected: float) -> Any:
    """Equal to 1e-10."""
    return pytest.approx(expected, rel=1e-10, abs=1e-10)
