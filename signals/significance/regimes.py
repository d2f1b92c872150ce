"""Whether events come in regimes: times of more and of fewer of them than the scores explain.

Where the base rate wanders slowly, or what a high score is worth, the calibration period may have
been a good time, and no number of rows in it tells. What tells is how stretches of it differ, and
for how long.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HALF_LIVES = (1 / 12, 1 / 6, 1 / 3, 2 / 3)  # of a regime, as shares of the period
DEVIATIONS = np.linspace(0.0, 0.8, 9)  # standard deviations of the log-odds; 0: no regimes
STEADY = 0.5  # what is thought of 0 before any row is seen
STEADY_ABOVE = 0.8  # the same of a level that high scores alone share: a second look at some rows
ABOVE = 0.2  # share of the rows whose scores are high
NOISE = np.geomspace(0.7, 30.0, 18)  # variance within a stretch, in those of independent rows
SCORE_BINS = 20
ROWS_A_BIN = 100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Level:
    """How sure each size and half-life of a wandering level is, the rows seen.

    Attributes:
        weights: (h, s) that add up to 1: half-life by standard deviation.
        half_lives: (h,) in stretches.
    """

    weights: Floats
    half_lives: Floats

    @property
    def seen(self) -> float:
        """How likely it is that the level wanders at all, 0..1."""
        return float(self.weights[:, 1:].sum())

    @property
    def deviation(self) -> float:
        """Standard deviation of the log-odds over time that is expected, none counted as 0."""
        return float(np.sqrt(self.weights.sum(axis=0) @ DEVIATIONS**2))

    def variance(self, share: Floats) -> Floats:
        """What the level adds to the variance of the mean log-odds; see `Regimes.variance`."""
        alone = (share**2).sum(axis=0)
        place = np.arange(len(share))
        covariance = np.array(
            [
                np.einsum("bk,bk->k", share, _likeness(place, half_life) @ share) - alone
                for half_life in self.half_lives
            ]
        )
        found: Floats = (self.weights @ DEVIATIONS**2) @ covariance
        return found


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Regimes:
    """The levels that were looked for: of all rows, and of those of high scores."""

    levels: tuple[Level, ...]

    @property
    def seen(self) -> float:
        """How likely it is that there are regimes, by the level that shows them most."""
        return max(level.seen for level in self.levels)

    @property
    def deviation(self) -> float:
        """Standard deviation of the log-odds over time that is expected, the larger one."""
        return max(level.deviation for level in self.levels)

    def variance(self, share: Floats) -> Floats:
        """What regimes add to the variance of the mean log-odds over signals.

        That is the covariance of different stretches alone: what each stretch varies on its own
        is in the spread between stretches already.

        Args:
            share: (b, k) of the signals that lie in each stretch, for k thresholds; columns add
                up to 1.

        Returns:
            (k,), expected over sizes and half-lives, of the level that adds most.
        """
        found: Floats = np.max([level.variance(share) for level in self.levels], axis=0)
        return found

    def rescaled(self, factor: float) -> "Regimes":
        """The same regimes where a stretch lasts 1 / factor times as long."""
        return Regimes(
            levels=tuple(
                Level(weights=level.weights, half_lives=level.half_lives * factor)
                for level in self.levels
            )
        )


def find_regimes(score: Floats, happened: NDArray[np.bool_], stretch: Integers) -> Regimes:
    """Judge whether events come in regimes, by all rows and by the fifth with the highest scores.

    The rows' log-odds are those of their score and of a level that the rows share, which wanders
    about zero as a first-order autoregression. To first order a stretch's sum of residuals is
    then normal with variance c W + s^2 W^2, W the sum of p (1 - p), c what rows that depend on
    each other add, s the standard deviation of the level, correlated between stretches as
    2^(-lag / half-life). The mean is not known and left out (restricted likelihood; Patterson and
    Thompson 1971). A good part of the prior is that there is no such level; the rest, and the
    half-lives from a twelfth to two thirds of the period, are equally likely.

    Args:
        score: (n,) the higher, the likelier.
        happened: (n,) whether the event happened.
        stretch: (n,) as `stretches` gives it.
    """
    levels = [_level(score, happened, stretch, STEADY)]
    high = score >= np.quantile(score, 1.0 - ABOVE)
    if not high.all():
        period = int(stretch.max()) + 1
        levels.append(_level(score[high], happened[high], stretch[high], STEADY_ABOVE, period))
    return Regimes(levels=tuple(levels))


def _level(
    score: Floats,
    happened: NDArray[np.bool_],
    stretch: Integers,
    steady: float,
    period: int | None = None,
) -> Level:
    """What rows say of a level that they share; `period` is the number of stretches in all."""
    count = int(stretch.max()) + 1
    expected = _explained(score, happened)
    rows = np.bincount(stretch, minlength=count)
    residual = np.bincount(stretch, weights=happened - expected, minlength=count)
    certain = np.bincount(stretch, weights=expected * (1.0 - expected), minlength=count)
    place = np.flatnonzero(rows)
    root = np.sqrt(np.maximum(certain[place], 1e-9))
    half_lives = (period or count) * np.array(HALF_LIVES)
    likelihood = np.array(
        [
            _log_likelihood(residual[place] / root, root, _likeness(place, half_life))
            for half_life in half_lives
        ]
    )
    prior = np.full(len(DEVIATIONS), (1.0 - steady) / (len(DEVIATIONS) - 1))
    prior[0] = steady
    weights = np.exp(likelihood - likelihood.max()).sum(axis=1) * prior
    return Level(weights=weights / weights.sum(), half_lives=half_lives)


def _explained(score: Floats, happened: NDArray[np.bool_]) -> Floats:
    """(n,) share of events among the rows of like score."""
    bins = min(SCORE_BINS, max(4, len(score) // ROWS_A_BIN))
    edges = np.quantile(score, np.linspace(0.0, 1.0, bins + 1)[1:-1])
    place = np.searchsorted(edges, score, side="right")
    rows = np.bincount(place, minlength=bins)
    events = np.bincount(place, weights=happened, minlength=bins)
    share: Floats = (events / np.maximum(rows, 1))[place]
    return share


def _log_likelihood(residual: Floats, root: Floats, likeness: Floats) -> Floats:
    """(noise, deviation): of standardised residuals, (b,), whose mean is not known."""
    mean = root / np.sqrt((root**2).sum())
    apart = np.eye(len(root)) - np.outer(mean, mean)
    level = root[:, None] * likeness * root
    size, direction = np.linalg.eigh(apart @ level @ apart)
    size, square = np.maximum(size[1:], 0.0), (direction.T @ residual)[1:] ** 2
    variance = NOISE[:, None, None] + (DEVIATIONS**2)[:, None] * size
    found: Floats = -0.5 * (np.log(variance) + square / variance).sum(axis=-1)
    return found


def _likeness(place: Integers, half_life: float) -> Floats:
    """(b, b) correlation of the level between stretches."""
    found: Floats = 2.0 ** (-np.abs(place[:, None] - place) / half_life)
    return found
