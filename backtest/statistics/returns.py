"""Figures of an equity curve and its session returns.

Yearly figures use as many sessions a year as the data itself shows, and no risk-free rate.
"""

import math

import numpy as np

from quantsig.backtest.market import Floats
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.figures import UndefinedFigure

TAIL = 0.05  # share of the sessions in each tail


def total_return(equity: Floats) -> float:
    """Last equity over the first, less one."""
    return float(equity[-1] / equity[0] - 1.0)


def annual_return(equity: Floats, years: float) -> float:
    """Compound growth a year: (1 + total return) ** (1 / years) - 1, years of 365.2425 days.

    An account that lost everything earned -1 a year.
    """
    if years <= 0:
        raise UndefinedFigure(BacktestSentence.NO_PERIOD())
    if equity[-1] <= 0:
        return -1.0
    try:
        return float((1.0 + total_return(equity)) ** (1.0 / years) - 1.0)
    except OverflowError:
        return math.inf


def a_year(amounts: Floats, years: float) -> float:
    """Sum of amounts over the period, divided by its years."""
    if years <= 0:
        raise UndefinedFigure(BacktestSentence.NO_PERIOD())
    return float(amounts.sum()) / years


def volatility(returns: Floats, per_year: float) -> float:
    """Standard deviation of returns (ddof 1) times the root of the periods a year."""
    return _deviation(returns) * math.sqrt(per_year)


def sharpe(returns: Floats, per_year: float) -> float:
    """Mean over standard deviation (ddof 1), times the root of the periods a year (Sharpe 1994)."""
    deviation = _deviation(returns)
    if deviation <= _dust(returns):
        raise UndefinedFigure(BacktestSentence.RETURNS_DO_NOT_VARY())
    return float(returns.mean()) / deviation * math.sqrt(per_year)


def sortino(returns: Floats, per_year: float) -> float:
    """Mean over the downside deviation, times the root of the periods a year.

    Downside deviation: root of the mean over all periods of min(return, 0) squared, target 0
    (Sortino and Price 1994).
    """
    downside = math.sqrt(float(np.square(np.minimum(_some(returns), 0.0)).mean()))
    if downside == 0:
        raise UndefinedFigure(BacktestSentence.NO_SESSION_LOST())
    return float(returns.mean()) / downside * math.sqrt(per_year)


def calmar(yearly_return: float, deepest: float) -> float:
    """Annual return over the depth of the deepest drawdown, of the whole period (Young 1991).

    Args:
        yearly_return: compound.
        deepest: maximum drawdown, <= 0.
    """
    if deepest == 0:
        raise UndefinedFigure(BacktestSentence.EQUITY_NEVER_FELL())
    return yearly_return / -deepest


def omega(returns: Floats) -> float:
    """Sum of the gains over the sum of the losses of the sessions (Keating and Shadwick 2002).

    The threshold between the two is a return of zero.
    """
    lost = -float(np.minimum(_some(returns), 0.0).sum())
    if lost == 0:
        raise UndefinedFigure(BacktestSentence.NO_SESSION_LOST())
    return float(np.maximum(returns, 0.0).sum()) / lost


def skew(returns: Floats) -> float:
    """Third central moment over the cubed standard deviation, both with ddof 0; normal is 0."""
    return float((_standardised(returns) ** 3).mean())


def kurtosis(returns: Floats) -> float:
    """Fourth central moment over the squared variance, both with ddof 0; normal is 3."""
    return float((_standardised(returns) ** 4).mean())


def tail_ratio(returns: Floats) -> float:
    """Size of the 95 % quantile of the session returns over that of the 5 % quantile.

    Quantiles are interpolated linearly.
    """
    low, high = np.quantile(_some(returns), [TAIL, 1.0 - TAIL])
    if low == 0:
        raise UndefinedFigure(BacktestSentence.QUANTILE_ZERO())
    return abs(float(high)) / abs(float(low))


def value_at_risk(returns: Floats) -> float:
    """The 5 % quantile of the session returns, interpolated linearly; a loss is negative."""
    return float(np.quantile(_some(returns), TAIL))


def conditional_value_at_risk(returns: Floats) -> float:
    """Mean of the worst session returns, the lowest 5 % of them (expected shortfall).

    The worst floor(0.05 * (n - 1)) + 1 of n, as empyrical counts them; at least one.
    """
    worst = int(TAIL * (len(_some(returns)) - 1))
    return float(np.partition(returns, worst)[: worst + 1].mean())


def _standardised(returns: Floats) -> Floats:
    _some(returns)
    spread = float(returns.std())
    if spread <= _dust(returns):
        raise UndefinedFigure(BacktestSentence.RETURNS_DO_NOT_VARY())
    standard: Floats = (returns - returns.mean()) / spread
    return standard


def _dust(returns: Floats) -> float:
    """A deviation that is nothing but rounding."""
    return 1e-12 * max(1.0, float(np.abs(returns).max()))


def _some(returns: Floats) -> Floats:
    if not len(returns):
        raise UndefinedFigure(BacktestSentence.NO_SESSION_RETURNS())
    return returns


def _deviation(returns: Floats) -> float:
    if len(returns) < 2:
        raise UndefinedFigure(BacktestSentence.FEW_SESSION_RETURNS())
    return float(returns.std(ddof=1))
