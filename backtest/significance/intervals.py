"""95 % intervals that hold in small samples of trades and sessions.

Trades that begin in one session, or while others run, share what the market does. So they are
taken together in blocks of sessions, and the errors are those of independent blocks, corrected
for how few there are and how unequal. `quantsig bench verdict` counts how often they cover.
"""

import math

import numpy as np
from scipy.special import stdtrit

from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.significance.newey_west import automatic_lag, long_run_sum
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.holdings import Holdings

CONFIDENCE = 0.95  # two-sided
LEAST_FOR_INTERVAL = 10  # values; fewer tell nothing of their spread
LEAST_BLOCKS = 5
BLOCK_HOLDINGS = 3  # length of a block over that of a trade
LONGEST_SHARE = 0.25  # of the sessions; longer trades leave too few blocks
MOST_BLOCK_SHARE = 0.1  # of the sessions in a block

Interval = tuple[float, float]


def check_enough(count: int) -> None:
    """Refuse an interval of a few values."""
    if count < LEAST_FOR_INTERVAL:
        raise UndefinedFigure(BacktestSentence.FEW_VALUES_FOR_INTERVAL(n=LEAST_FOR_INTERVAL))


def entry_blocks(held: Holdings) -> Integers:
    """(K,) the block of sessions that each trade begins in.

    A session of its own where trades end within it; else three times as long as they run, and
    not more than a tenth of the period.
    """
    if held.longest > LONGEST_SHARE * held.sessions:
        raise UndefinedFigure(BacktestSentence.TRADE_LONGER_THAN_QUARTER())
    if held.longest == 1:
        return held.entries
    length = min(BLOCK_HOLDINGS * held.longest, max(held.sessions * MOST_BLOCK_SHARE, 1.0))
    blocks: Integers = (held.entries // max(length, held.longest)).astype(np.int64)
    return blocks


def mean_interval(values: Floats, blocks: Integers) -> Interval:
    """Interval of the mean of values that depend on each other within blocks.

    The error is that of block sums, each widened by its own leverage (the CR2 of Bell and
    McCaffrey 2002, "Bias reduction in standard errors for linear regression with multi-stage
    samples"); the quantile is Student's with the degrees of freedom of Satterthwaite under one
    correlation within all blocks, estimated from the values.

    Args:
        values: (K,).
        blocks: (K,) the number of the block of each.
    """
    count = len(values)
    check_enough(count)
    _, own = np.unique(blocks, return_inverse=True)
    sizes = np.bincount(own).astype(np.float64)
    if len(sizes) < LEAST_BLOCKS:
        raise UndefinedFigure(BacktestSentence.FEW_BLOCKS_FOR_INTERVAL(n=LEAST_BLOCKS))
    mean = float(values.mean())
    sums: Floats = np.bincount(own, values - mean).astype(np.float64)
    weights = 1.0 / (1.0 - sizes / count)
    error = math.sqrt(float((weights * sums**2).sum())) / count
    alike = _correlation(values - mean, sums, sizes)
    freedom = _degrees_of_freedom(sizes, weights, alike)
    reach = float(stdtrit(freedom, 0.5 + CONFIDENCE / 2)) * error
    return mean - reach, mean + reach


def sharpe_interval(returns: Floats, per_year: float) -> Interval:
    """Interval of the yearly Sharpe ratio.

    Delta method: with z the standardised returns, each moves the ratio SR by
    z - SR / 2 (z^2 - 1) over n (Mertens 2002; Lo 2002). The error allows for their
    autocorrelation (Newey and West) where that widens it. The quantile is Student's; the degrees
    of freedom are those of so many equal contributions as there are effective ones,
    (sum w^2)^2 / sum w^4, for a strategy that is seldom invested has few.

    Args:
        returns: (P,) of the sessions.
        per_year: sessions a year.
    """
    count = len(returns)
    check_enough(count)
    deviation = float(returns.std(ddof=1))
    if deviation <= 1e-9 * max(1e-3, float(np.abs(returns).max())):
        raise UndefinedFigure(BacktestSentence.RETURNS_DO_NOT_VARY())
    standard = (returns - returns.mean()) / deviation
    ratio = float(returns.mean()) / deviation
    moves = standard - ratio / 2.0 * (standard**2 - 1.0)
    squares = float(moves @ moves)
    error = math.sqrt(max(squares, long_run_sum(moves, automatic_lag(count)))) / count
    effective = squares**2 / float((moves**4).sum())
    reach = float(stdtrit(max(effective - 1.0, 1.0), 0.5 + CONFIDENCE / 2)) * error
    root = math.sqrt(per_year)
    return (ratio - reach) * root, (ratio + reach) * root


def _correlation(away: Floats, sums: Floats, sizes: Floats) -> float:
    """Of two values in one block, 0..1; 0 where no block holds two."""
    pairs = float((sizes**2 - sizes).sum())
    squares = float(away @ away)
    if pairs == 0 or squares == 0:
        return 0.0
    shared = (float(sums @ sums) - squares) / pairs
    return min(max(shared / (squares / len(away)), 0.0), 1.0)


def _degrees_of_freedom(sizes: Floats, weights: Floats, alike: float) -> float:
    """Satterthwaite's, of the weighted sum of squared block sums less their share of the mean.

    With S block sums of covariance diag(w), w = n (1 - r) + n^2 r, the sums less n / K times
    their total have the covariance C = diag(w) - (n w' + w n') / K + n n' sum(w) / K^2, and the
    degrees of freedom are tr(A C)^2 / tr(A C A C) for the weights A.
    """
    count = sizes.sum()
    spread = sizes * (1.0 - alike) + sizes**2 * alike
    crossed = np.outer(sizes, spread)
    shared = np.outer(sizes, sizes) * (spread.sum() / count**2)
    covariance = np.diag(spread) - (crossed + crossed.T) / count + shared
    trace = float((weights * np.diag(covariance)).sum())
    squares = float((np.outer(weights, weights) * covariance**2).sum())
    return max(trace**2 / squares, 1.0)
