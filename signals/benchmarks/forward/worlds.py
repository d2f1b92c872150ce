"""Simulated forward tests: signals of many moments, and the windows that they are thinned to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PERIOD = 400  # moments of a drift, there and back


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardWorld:
    """How the signals of a simulated market depend on each other; the precision is always kept.

    Attributes:
        name: of the world.
        more: signals of a moment beside the first, mean of a Poisson law.
        shared: part of the variance of a signal's luck that its moment shares.
        overlap: moments that the luck of a label is made of; the next ones share it.
        drift: how far the number of signals wanders, as a share of `more`.
        silent: share of moments without a signal.
    """

    name: str
    more: float = 0.0
    shared: float = 0.0
    overlap: int = 1
    drift: float = 0.0
    silent: float = 0.0


WORLDS = (
    ForwardWorld(name="independent"),
    ForwardWorld(name="shared days", more=4.0, shared=0.5),
    ForwardWorld(name="overlapping labels", more=2.0, shared=0.3, overlap=5, silent=0.3),
    ForwardWorld(name="drifting base rate", more=4.0, shared=0.3, drift=0.9, silent=0.1),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnMoments:
    """Signals of each moment, (sims, moments) each; labels last `overlap` moments."""

    signals: Integers
    hits: Integers
    overlap: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Windows:
    """What thinning leaves, (sims, windows) each, in the order of time."""

    signals: Floats
    hits: Floats


def simulate(
    world: ForwardWorld, precision: float, sims: int, moments: int, random: np.random.Generator
) -> DrawnMoments:
    """Signals that are events with the precision given, whatever they share.

    A signal is a hit where sqrt(r) Z + sqrt(1 - r) E > -z, with Z that its moment shares and E of
    its own, both standard normal, and z the quantile of the precision. Z is the mean of the next
    `overlap` draws, so neighbours' labels overlap as theirs do.
    """
    rate = world.more * (1.0 + world.drift * np.sin(np.arange(moments) * 2.0 * np.pi / PERIOD))
    signals = 1 + random.poisson(rate, (sims, moments))
    signals[random.random((sims, moments)) < world.silent] = 0
    draws = random.standard_normal((sims, moments + world.overlap - 1))
    total = np.cumsum(np.pad(draws, ((0, 0), (1, 0))), axis=1)
    common = (total[:, world.overlap :] - total[:, : -world.overlap]) / np.sqrt(world.overlap)
    chance = ndtr((np.sqrt(world.shared) * common + ndtri(precision)) / np.sqrt(1.0 - world.shared))
    return DrawnMoments(
        signals=signals, hits=random.binomial(signals, chance), overlap=world.overlap
    )


def thin(drawn: DrawnMoments, windows: int) -> Windows:
    """The first so many windows, as `WindowsInOrder` finds them line by line.

    A window is the first moment with a signal after the labels of the one before have ended.
    """
    sims, moments = drawn.signals.shape
    kept = Windows(signals=np.zeros((sims, windows)), hits=np.zeros((sims, windows)))
    free, filled = np.zeros(sims, np.int64), np.zeros(sims, np.int64)
    for moment in range(moments):
        new = (drawn.signals[:, moment] > 0) & (free <= moment) & (filled < windows)
        rows = np.flatnonzero(new)
        kept.signals[rows, filled[rows]] = drawn.signals[rows, moment]
        kept.hits[rows, filled[rows]] = drawn.hits[rows, moment]
        filled[rows] += 1
        free[rows] = moment + drawn.overlap
    return kept
