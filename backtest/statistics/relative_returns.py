"""Figures of session returns beside those of a benchmark over the same sessions."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.market import Floats
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.returns import sharpe

Sessions = NDArray[np.bool_]


def correlation(returns: Floats, market: Floats) -> float:
    """Pearson's correlation of the session returns, (P,) each."""
    for values in (returns, market):
        sharpe(values, 1.0)  # that they vary
    return float(np.corrcoef(returns, market)[0, 1])


def information_ratio(returns: Floats, market: Floats, per_year: float) -> float:
    """Mean over standard deviation (ddof 1) of the differences, times the root of a year's periods.

    As the Sharpe ratio of Sharpe 1994 has it, with the benchmark in place of cash.
    """
    return sharpe(returns - market, per_year)


def up_capture(returns: Floats, market: Floats) -> float:
    """Mean growth of the sessions in which the benchmark rose, over its own in them.

    Growth is geometric, per session, as empyrical's capture with one period a year.
    """
    return _capture(returns, market, np.greater)


def down_capture(returns: Floats, market: Floats) -> float:
    """The same of the sessions in which the benchmark fell; below 1 less was lost than by it."""
    return _capture(returns, market, np.less)


def _capture(returns: Floats, market: Floats, moved: Callable[[Floats, float], Sessions]) -> float:
    among = moved(market, 0.0)
    if not among.any():
        raise UndefinedFigure(BacktestSentence.NO_SUCH_SESSION())
    return _growth(returns[among]) / _growth(market[among])


def _growth(returns: Floats) -> float:
    """Geometric mean of the returns; -1 where everything was lost."""
    if (returns <= -1.0).any():
        return -1.0
    return math.expm1(float(np.log1p(returns).mean()))
