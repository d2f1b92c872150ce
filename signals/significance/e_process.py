"""A test of a mean that may be looked at after every observation: a betting martingale.

Against "the mean is p or more" one bets on every observation that it is less. Where the statement
is true nobody gains by that on average, however the bets are chosen: the capital is a
supermartingale, and the chance that it ever reaches 1 / alpha is alpha at most (Ville 1939). So it
may be looked at every day, and stopped at any time. For observations in 0..1 the capital after n of
them is the product of 1 + lambda (p - x), 0 <= lambda <= 1 / (1 - p) (Waudby-Smith and Ramdas 2024,
"Estimating means of bounded random variables by betting", section 4). Which lambda gains most
depends on the true mean; here the capital is divided over a few that each are best for one loss.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOSSES = (0.025, 0.05, 0.1, 0.2, 0.4)  # of the mean, that a bet is best for
SHARES = (1.0, 2.0, 6.0, 2.0, 1.0)  # of the capital: ten points are what a promise is dropped for


@dataclass(frozen=True, kw_only=True, slots=True)
class Bets:
    """How the capital is divided, (k,) each."""

    lambdas: Floats
    log_shares: Floats


def bets_against(mean: float) -> Bets:
    """The bets against "the mean is `mean` or more".

    A loss of d of a yes-or-no observation is met best by lambda = d / (p (1 - p)), which makes the
    capital the ratio of the likelihoods of p - d and p.

    Args:
        mean: p, between 0 and 1.
    """
    losses = np.array(LOSSES)
    possible = losses < mean
    if not possible.any():
        losses, possible = np.array([mean / 2.0]), np.array([True])
    shares = np.array(SHARES[: len(losses)])[possible]
    return Bets(
        lambdas=losses[possible] / (mean * (1.0 - mean)), log_shares=np.log(shares / shares.sum())
    )


def log_capital(seen: Floats, weights: Floats, mean: float) -> Floats:
    """Logarithm of the capital after each observation of "the mean is `mean` or more".

    Args:
        seen: (..., n) observations in 0..1, in the order of time.
        weights: (..., n) in 0..1: what part of its bet an observation gets; known before it is.
        mean: p.

    Returns:
        (..., n); at log(1 / alpha) or more the statement is refused with confidence 1 - alpha.
    """
    bets = bets_against(mean)
    total = np.full(np.broadcast(seen, weights).shape, -np.inf)
    for factor, share in zip(bets.lambdas, bets.log_shares, strict=True):
        gained = np.cumsum(np.log1p(factor * weights * (mean - seen)), axis=-1)
        total = np.logaddexp(total, share + gained)
    return total
