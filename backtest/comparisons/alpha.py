"""What a strategy earned beyond always holding the market at the same exposure."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from quantsig.backtest.market import Floats
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.significance.intervals import CONFIDENCE, check_enough
from quantsig.backtest.significance.newey_west import automatic_lag, long_run_sum
from quantsig.backtest.statistics.figures import UndefinedFigure

STILL = 1e-12  # relative: residuals below it are rounding


@dataclass(frozen=True, kw_only=True, slots=True)
class Alpha:
    """The regression of session returns on those of the market."""

    alpha: float  # per session
    beta: float  # the exposure at which always holding comes nearest
    t: float  # of alpha
    low: float  # of its 95 % interval, per session
    high: float
    excess: Floats  # (P,) session returns less beta times the market's


def alpha(returns: Floats, market: Floats) -> Alpha:
    """Jensen's alpha (1968) with the errors of Newey and West (1987).

    Least squares of returns = alpha + beta market + rest. The lag is floor(4 (P / 100)^(2/9)),
    the errors are widened by P / (P - 2), and the quantile is Student's with P - 2 degrees of
    freedom. Where the market does not move beta is 0.

    Args:
        returns: (P,) of the strategy's sessions.
        market: (P,) of always holding all symbols with equal weights.
    """
    count = len(returns)
    check_enough(count)
    excess, beta = excess_over(returns, market)
    found = float(excess.mean())
    error = _error(market, excess - found)
    if error <= STILL * max(1.0, float(np.abs(returns).max())):
        raise UndefinedFigure(BacktestSentence.RETURNS_DO_NOT_VARY())
    reach = float(stdtrit(count - 2, 0.5 + CONFIDENCE / 2)) * error
    return Alpha(
        alpha=found,
        beta=beta,
        t=found / error,
        low=found - reach,
        high=found + reach,
        excess=excess,
    )


def excess_over(returns: Floats, market: Floats) -> tuple[Floats, float]:
    """Returns less beta times the market's, and beta by least squares; 0 of a still market."""
    moves = market - market.mean()
    squares = float(moves @ moves)
    if squares <= STILL:
        return returns.copy(), 0.0
    beta = float(moves @ returns) / squares
    return returns - beta * market, beta


def _error(market: Floats, rest: Floats) -> float:
    """Of the intercept, given (P,) residuals; of a still market that of a mean."""
    count = len(rest)
    moves = market - market.mean()
    squares = float(moves @ moves)
    # what each residual moves the intercept by: its own part less that through the slope
    weights = np.full(count, 1.0 / count)
    if squares > STILL:
        weights = weights - market.mean() * moves / squares
    spread = long_run_sum(weights * rest, automatic_lag(count))
    return math.sqrt(spread * count / (count - 2))
