"""The error of a mean whose values overlap in time (Newey and West 1987)."""

import math

import numpy as np

from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.figures import UndefinedFigure


def long_run_sum(values: Floats, lag: int) -> float:
    """Variance of the sum of a series whose mean is zero, allowing for autocorrelation.

    sum over |j| <= lag of (1 - |j| / (lag + 1)) * sum over t of x_t x_(t + j), the Bartlett
    kernel of Newey and West (1987); no correction for small samples. Never negative.

    Args:
        values: (T,) in the order of time.
        lag: how far values that lie apart still share something, >= 0.
    """
    total = float(values @ values)
    for step in range(1, min(lag, len(values) - 1) + 1):
        weight = 1.0 - step / (lag + 1.0)
        total += 2.0 * weight * float(values[step:] @ values[:-step])
    return max(total, 0.0)


def automatic_lag(count: int) -> int:
    """The lag for so many values of unknown dependence: floor(4 (n / 100)^(2/9)).

    Newey and West 1994, "Automatic lag selection in covariance matrix estimation", as usually
    fixed for the Bartlett kernel.
    """
    return int(4.0 * (count / 100.0) ** (2.0 / 9.0))


def mean_t(values: Floats, lag: int) -> float:
    """Mean of a series over its Newey-West standard error.

    Args:
        values: (T,) in the order of time.
        lag: of the values that overlap; of a return over h steps taken at every step, h - 1.
    """
    if len(values) < 2:
        raise UndefinedFigure(BacktestSentence.FEW_VALUES())
    away = values - values.mean()
    return _ratio(float(values.sum()), away, lag, values)


def trades_t(returns: Floats, entry_bars: Integers, bars: int, lag: int) -> float:
    """Mean return of trades over its standard error, allowing for trades at the same time.

    The returns less their mean are added up at the bar of each entry; the variance of their sum
    is that of `long_run_sum` over all bars (Driscoll and Kraay 1998; with one trade at a time
    that is Newey and West 1987).

    Args:
        returns: (K,) of the trades.
        entry_bars: (K,) the bar of each entry, counted over all times that have bars.
        bars: how many such times there are.
        lag: the bars after an entry in which its trade still runs.
    """
    if len(returns) < 2:
        raise UndefinedFigure(BacktestSentence.FEW_TRADES())
    away = np.bincount(entry_bars, returns - returns.mean(), minlength=bars)
    return _ratio(float(returns.sum()), away.astype(np.float64), lag, returns)


def _ratio(total: float, away: Floats, lag: int, values: Floats) -> float:
    error = math.sqrt(long_run_sum(away, lag))
    if error <= 1e-12 * max(1.0, float(np.abs(values).max())) * math.sqrt(len(values)):
        raise UndefinedFigure(BacktestSentence.VALUES_DO_NOT_VARY())
    return total / error
