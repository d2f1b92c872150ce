"""Intervals of a mean that hold at all times together, however often one looks.

A confidence interval holds the truth at one look that was fixed before. These hold it at every look
at once, with the stated confidence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, xlog1py, xlogy

Floats = NDArray[np.float64]

PRIOR = 6.0  # observations that the mixture is worth: narrowest at some hundred of them
HALVINGS = 40  # of an interval within 0..1
MOST_BET = 0.5  # of the empirical Bernstein bets
FIRST_VARIANCE = 0.25  # that is taken for one observation, the largest there is


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """The ends of intervals, of the shape of what they were asked of."""

    low: Floats
    high: Floats


def share_sequence(hits: Floats, rows: Floats, alpha: float) -> Bounds:
    """Beta-binomial mixture (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021).

    For each mean p the likelihood ratio of q against p, mixed over q by a Beta distribution about
    p, is a martingale where p is the truth; what it has not refused at 1 / alpha is in the
    interval. It holds for observations in 0..1 as for yes-or-no ones, and for observations that
    count in part: the ratio is convex in an observation, and a power of it below 1 is concave.

    Args:
        hits: sums of the observations, each times its weight.
        rows: sums of the weights.
        alpha: one minus the confidence.
    """
    hits, rows = np.broadcast_arrays(np.asarray(hits, float), np.asarray(rows, float))
    middle = hits / np.where(rows > 0, rows, 1.0)
    low = _edge(np.zeros_like(middle), middle, hits, rows, alpha)
    high = _edge(np.ones_like(middle), middle, hits, rows, alpha)
    none = rows <= 0
    return Bounds(low=np.where(none, 0.0, low), high=np.where(none, 1.0, high))


def log_mixture(share: Floats, hits: Floats, rows: Floats) -> Floats:
    """Logarithm of the mixture martingale of a share; infinite where it cannot be."""
    before, other = PRIOR * share, PRIOR * (1.0 - share)
    inside = (share > 0.0) & (share < 1.0)
    with np.errstate(all="ignore"):
        found = (
            betaln(before + hits, other + rows - hits)
            - betaln(before, other)
            - xlogy(hits, share)
            - xlog1py(rows - hits, -share)
        )
    return np.where(inside, found, np.inf)


def _edge(outside: Floats, inside: Floats, hits: Floats, rows: Floats, alpha: float) -> Floats:
    """Where the martingale reaches 1 / alpha between a share outside and the mean seen."""
    for _ in range(HALVINGS):
        share = (outside + inside) / 2.0
        refused = log_mixture(share, hits, rows) >= -np.log(alpha)
        outside, inside = np.where(refused, share, outside), np.where(refused, inside, share)
    return outside


def mean_sequence(seen: Floats, alpha: float) -> Bounds:
    """Empirical Bernstein (Waudby-Smith and Ramdas 2024, theorem 2), for any numbers in 0..1.

    The interval is as wide as the observations scatter; those that lie together narrow it fast.

    Args:
        seen: (..., n) observations in 0..1, in the order of time.
        alpha: one minus the confidence.

    Returns:
        (..., n) the ends after each observation; what follows from a later one never widens an
        earlier one, so the intervals so far are cut.
    """
    count = np.arange(1, seen.shape[-1] + 1)
    mean = (0.5 + np.cumsum(seen, axis=-1)) / (count + 1)
    variance = (FIRST_VARIANCE + np.cumsum((seen - mean) ** 2, axis=-1)) / (count + 1)
    before = _shifted(variance, FIRST_VARIANCE)
    confident = np.log(2.0 / alpha)
    bet = np.minimum(np.sqrt(2.0 * confident / (before * count * np.log1p(count))), MOST_BET)
    surprise = 4.0 * (seen - _shifted(mean, 0.5)) ** 2
    paid = np.cumsum(surprise * (-np.log1p(-bet) - bet) / 4.0, axis=-1)
    staked = np.cumsum(bet, axis=-1)
    centre = np.cumsum(bet * seen, axis=-1) / staked
    half = (confident + paid) / staked
    return Bounds(
        low=np.maximum.accumulate(np.clip(centre - half, 0.0, 1.0), axis=-1),
        high=np.minimum.accumulate(np.clip(centre + half, 0.0, 1.0), axis=-1),
    )


def _shifted(values: Floats, first: float) -> Floats:
    """What was known before each observation."""
    known = np.empty_like(values)
    known[..., :1], known[..., 1:] = first, values[..., :-1]
    return known
