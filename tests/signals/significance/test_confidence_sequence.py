"""Sequences that hold at every look, held against closed forms and brute force."""

from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from quantsig.signals.significance.confidence_sequence import (
    PRIOR,
    log_mixture,
    mean_sequence,
    share_sequence,
)


def test_the_mixture_is_an_integral_over_shares() -> None:
    """By quadrature: 7 of 10 at p = .6, the other share drawn from a Beta about .6."""

    def ratio(share: float) -> float:
        likelihood = (share / 0.6) ** 7 * ((1 - share) / 0.4) ** 3
        return float(likelihood * beta.pdf(share, PRIOR * 0.6, PRIOR * 0.4))

    found = log_mixture(np.array([0.6]), np.array([7.0]), np.array([10.0]))
    assert np.exp(found[0]) == pytest.approx(quad(ratio, 0.0, 1.0)[0], rel=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_the_mixture_has_mean_one(share: float) -> None:
    """Over all outcomes of twelve windows whose share is the one it is about."""
    hits = np.arange(13)
    chance = np.array([comb(12, k) * share**k * (1 - share) ** (12 - k) for k in hits])
    found = np.exp(log_mixture(np.full(13, share), hits.astype(float), np.full(13, 12.0)))
    assert (chance * found).sum() == pytest.approx(1.0)


def test_the_ends_are_where_a_share_is_refused() -> None:
    """A grid of shares finds the same interval; without trials it is all of 0 to 1."""
    grid = np.linspace(0.0005, 0.9995, 1000)
    kept = grid[log_mixture(grid, np.full(1000, 30.0), np.full(1000, 50.0)) < np.log(10.0)]
    found = share_sequence(np.array([30.0, 0.0]), np.array([50.0, 0.0]), 0.1)
    assert (found.low[0], found.high[0]) == pytest.approx((kept[0], kept[-1]), abs=2e-3)
    assert (found.low[1], found.high[1]) == (0.0, 1.0)


def test_both_sequences_hold_at_all_looks_together() -> None:
    """400 simulations of 300 looks; misses within the stated share and three standard errors."""
    seen = (np.random.default_rng(37).random((400, 300)) < 0.6).astype(float)
    trials = np.broadcast_to(np.arange(1.0, 301.0), seen.shape)
    about = log_mixture(np.full(seen.shape, 0.6), np.cumsum(seen, axis=1), trials)
    ends = mean_sequence(seen, 0.1)
    allowed = 0.1 + 3 * np.sqrt(0.1 * 0.9 / 400)
    assert (about >= np.log(10.0)).any(axis=1).mean() <= allowed
    assert ((ends.low > 0.6) | (ends.high < 0.6)).any(axis=1).mean() <= allowed


def test_numbers_that_lie_together_narrow_faster() -> None:
    """The width follows the spread, and no look widens an earlier one."""
    random = np.random.default_rng(37)
    near = mean_sequence(0.5 + 0.02 * random.standard_normal(500), 0.1)
    far = mean_sequence((random.random(500) < 0.5).astype(float), 0.1)
    assert (near.high - near.low)[-1] < (far.high - far.low)[-1] / 2
    assert (np.diff(near.high) <= 0).all()
