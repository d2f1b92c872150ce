"""Intervals of ratios over time, by drawing whole stretches of it again."""

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.significance.intervals import CONFIDENCE

Floats = NDArray[np.float64]
DRAWS = 1000
FEWEST_BLOCKS = 10  # fewer say little about how blocks differ


def block_weights(blocks: int, draws: int = DRAWS, seed: int = 0) -> Floats:
    """How often each block is drawn: (draws, blocks), every row adds up to `blocks`.

    The bootstrap of blocks that do not overlap (Carlstein 1986, "The use of subseries values for
    estimating the variance of a general statistic from a stationary sequence").
    """
    random = np.random.default_rng(seed)
    return random.multinomial(blocks, np.full(blocks, 1 / blocks), size=draws).astype(np.float64)


def ratio_interval(
    weights: Floats, part: Floats, whole: Floats, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Percentile interval of the ratio of two sums over blocks.

    Args:
        weights: (draws, b) as `block_weights` gives them.
        part: (b, k) sums of each block.
        whole: (b, k) or (b, 1) sums of each block.
        confidence: of the two-sided interval.

    Returns:
        (k,) low and high; NaN where less than half of the draws hold anything to divide by.
    """
    below = weights @ whole
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(below > 0, (weights @ part) / below, np.nan)
    ratio.sort(axis=0)  # NaN last
    held = np.count_nonzero(~np.isnan(ratio), axis=0)
    column = np.arange(ratio.shape[1])
    edges = []
    for quantile in ((1 - confidence) / 2, (1 + confidence) / 2):
        place = np.rint(quantile * np.maximum(held - 1, 0)).astype(np.int64)
        edges.append(np.where(2 * held >= len(ratio), ratio[place, column], np.nan))
    return edges[0], edges[1]
