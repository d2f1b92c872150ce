"""Figures of an equity curve and its session returns.

Yearly figures use as many sessions a year as the data itself shows, and no risk-free rate.
"""

import math

import numpy as np

from quantsig.backtest.figures import Undefined
from quantsig.backtest.market import Floats


def total_return(equity: Floats) -> float:
    """Last equity over the first, less one."""
    return float(equity[-1] / equity[0] - 1.0)


def annual_return(equity: Floats, years: float) -> float:
    """Compound growth a year: (1 + total return) ** (1 / years) - 1, years of 365.2425 days."""
    if years <= 0:
        raise Undefined("the period has no length")
    try:
        return float((1.0 + total_return(equity)) ** (1.0 / years) - 1.0)
    except OverflowError:
        return math.inf


def volatility(returns: Floats, per_year: float) -> float:
    """Standard deviation of returns (ddof 1) times the root of the periods a year."""
    return _deviation(returns) * math.sqrt(per_year)


def sharpe(returns: Floats, per_year: float) -> float:
    """Mean over standard deviation (ddof 1), times the root of the periods a year (Sharpe 1994)."""
    deviation = _deviation(returns)
    if deviation <= 1e-12 * max(1.0, float(np.abs(returns).max())):
        raise Undefined("the returns do not vary")
    return float(returns.mean()) / deviation * math.sqrt(per_year)


def sortino(returns: Floats, per_year: float) -> float:
    """Mean over the downside deviation, times the root of the periods a year.

    Downside deviation: root of the mean over all periods of min(return, 0) squared, target 0
    (Sortino and Price 1994).
    """
    if not len(returns):
        raise Undefined("no session returns")
    downside = math.sqrt(float(np.square(np.minimum(returns, 0.0)).mean()))
    if downside == 0:
        raise Undefined("no session lost")
    return float(returns.mean()) / downside * math.sqrt(per_year)


def _deviation(returns: Floats) -> float:
    if len(returns) < 2:
        raise Undefined("fewer than two session returns")
    return float(returns.std(ddof=1))
