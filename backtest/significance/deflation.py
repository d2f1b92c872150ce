"""How sure a Sharpe ratio is, given its length, its tails and how many were tried.

All Sharpe ratios here are per session, not annualised: mean over standard deviation (ddof 1).
"""

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from quantsig.backtest.market import Floats
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.returns import kurtosis, sharpe, skew

CONFIDENCE = 0.95  # of the minimum track record
EULER_MASCHERONI = 0.5772156649015329


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """What is known of a strategy's returns."""

    sharpe: float  # per session
    periods: int  # sessions
    skew: float  # of a normal 0
    kurtosis: float  # of a normal 3


def moments(returns: Floats) -> Moments:
    """The moments of (P,) session returns."""
    return Moments(
        sharpe=sharpe(returns, 1.0),
        periods=len(returns),
        skew=skew(returns),
        kurtosis=kurtosis(returns),
    )


def probabilistic_sharpe(seen: Moments, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio lies above a benchmark.

    Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR^2)), Bailey and López
    de Prado 2012, "The Sharpe ratio efficient frontier".

    Args:
        seen: the moments of n returns.
        benchmark: SR*, per session.
    """
    error = math.sqrt(_spread(seen) / (seen.periods - 1))
    return float(ndtr((seen.sharpe - benchmark) / error))


def minimum_track_record(seen: Moments, benchmark: float = 0.0) -> float:
    """Sessions needed to be 95 % sure that the true Sharpe ratio lies above a benchmark.

    1 + (1 - skew SR + (kurtosis - 1) / 4 SR^2) (z / (SR - SR*))^2 with z the 95 % quantile of the
    normal, Bailey and López de Prado 2012.

    Args:
        seen: the moments of the returns so far.
        benchmark: SR*, per session.
    """
    above = seen.sharpe - benchmark
    if above <= 0:
        raise UndefinedFigure(BacktestSentence.NO_LENGTH_PROVES())
    return 1.0 + _spread(seen) * (float(ndtri(CONFIDENCE)) / above) ** 2


def expected_maximum(trials: float, sharpe_variance: float) -> float:
    """The Sharpe ratio that the best of so many strategies without skill can be expected to show.

    sqrt(V) ((1 - g) Phi^-1(1 - 1 / N) + g Phi^-1(1 - 1 / (N e))) with g the constant of Euler and
    Mascheroni, Bailey and López de Prado 2014, "The deflated Sharpe ratio". Of a single one it
    is 0.

    Args:
        trials: N, how many independent ones were tried; need not be whole.
        sharpe_variance: V, of their Sharpe ratios per session.
    """
    if trials <= 1:
        return 0.0
    highest = ndtri(1.0 - 1.0 / trials)
    higher = ndtri(1.0 - 1.0 / (trials * math.e))
    share = EULER_MASCHERONI
    # of few trials the approximation can fall below the mean of a single one
    return max(math.sqrt(sharpe_variance) * float((1 - share) * highest + share * higher), 0.0)


def independent_trials(trials: int, average_correlation: float) -> float:
    """How many independent strategies so many correlated ones amount to.

    r + (1 - r) M for M trials of average correlation r, Bailey and López de Prado 2014,
    appendix 3; a negative average counts as none.
    """
    shared = min(max(average_correlation, 0.0), 1.0)
    return shared + (1.0 - shared) * trials


def _spread(seen: Moments) -> float:
    """Variance of the estimated Sharpe ratio times n - 1 (Mertens 2002)."""
    spread = 1.0 - seen.skew * seen.sharpe + (seen.kurtosis - 1.0) / 4.0 * seen.sharpe**2
    if spread <= 0:
        raise UndefinedFigure(BacktestSentence.NO_ERROR_OF_SHARPE())
    return spread
