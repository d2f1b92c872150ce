"""What a model loses when a part is exchanged, with an interval over blocks of time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.curves import ranking
from quantsig.signals.explain.record import Importance, MeasureName
from quantsig.signals.metrics import regression_metrics
from quantsig.signals.significance.block_bootstrap import FEWEST_BLOCKS, block_weights
from quantsig.signals.significance.intervals import CONFIDENCE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measure:
    """How well scores foresee what came, on some rows and on draws of their blocks.

    Attributes:
        name: average_precision of an event, or rank_correlation of a return.
        value: of scores (n,).
        drawn: of scores (n,) on draws of the rows, (d,) by weights (d, n).
    """

    name: MeasureName
    value: Callable[[Floats], float]
    drawn: Callable[[Floats, Floats], Floats]


def event_measure(happened: Flags) -> Measure:
    """Average precision for an event (n,) that happened in some rows and not in others."""

    def value(score: Floats) -> float:
        return ranking(happened, score).average_precision or 0.0

    def drawn(score: Floats, weights: Floats) -> Floats:
        return weighted_average_precision(happened, score, weights)

    return Measure(name="average_precision", value=value, drawn=drawn)


def return_measure(came: Floats) -> Measure:
    """Spearman's correlation with returns (n,) that came; on draws that of the ranks of all."""

    def value(score: Floats) -> float:
        return regression_metrics(came, score).rank_correlation or 0.0

    def drawn(score: Floats, weights: Floats) -> Floats:
        return weighted_rank_correlation(came, score, weights)

    return Measure(name="rank_correlation", value=value, drawn=drawn)


def weighted_average_precision(happened: Flags, score: Floats, weights: Floats) -> Floats:
    """Sum of (R_n - R_n-1) P_n over the distinct scores, each row counted by its weight.

    Args:
        happened: (n,) whether the event happened.
        score: (n,) no NaN among them.
        weights: (d, n) of the rows in each draw.

    Returns:
        (d,); 0 where a draw holds no event.
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    ends = np.r_[np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1]
    rows = np.cumsum(weights[:, order], axis=1)[:, ends]
    hits = np.cumsum(weights[:, order] * happened[order], axis=1)[:, ends]
    precision = hits / np.maximum(rows, 1e-12)
    gained = np.diff(hits, axis=1, prepend=0.0)
    found: Floats = (gained * precision).sum(axis=1) / np.maximum(hits[:, -1], 1e-12)
    return found


def weighted_rank_correlation(came: Floats, score: Floats, weights: Floats) -> Floats:
    """(d,) correlation of ranks, each row counted by its weight (d, n); 0 where nothing varies."""
    from scipy.stats import rankdata  # noqa: PLC0415 - a second to import

    x, y = (rankdata(values) - (len(came) + 1) / 2 for values in (came, score))
    total = np.maximum(weights.sum(axis=1), 1e-12)
    mean_x, mean_y = weights @ x / total, weights @ y / total
    together = weights @ (x * y) / total - mean_x * mean_y
    spread = (weights @ (x * x) / total - mean_x**2) * (weights @ (y * y) / total - mean_y**2)
    varies = spread > 1e-12
    found: Floats = np.where(varies, together / np.sqrt(np.where(varies, spread, 1.0)), 0.0)
    return found


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Losses:
    """What is lost against the scores of whole inputs.

    Attributes:
        measure: on the rows.
        score: (n,) of whole inputs.
        weights: (d, n) of the rows in draws of their blocks; None where blocks are too few.
        drawn: (d,) the measure of whole inputs on the draws.
    """

    measure: Measure
    score: Floats
    weights: Floats | None
    drawn: Floats | None

    def of(self, score: Floats) -> Importance:
        """The measure of whole inputs less that of other scores of the same rows.

        The interval is one of percentiles over draws of whole blocks, on which both are measured,
        so what they share cancels (Carlstein 1986, as in `block_bootstrap`).
        """
        lost = self.measure.value(self.score) - self.measure.value(score)
        if self.weights is None or self.drawn is None:
            return Importance(lost=lost, low=None, high=None)
        gap = self.drawn - self.measure.drawn(score, self.weights)
        tail = (1.0 - CONFIDENCE) / 2.0
        low, high = np.quantile(gap, [tail, 1.0 - tail])
        return Importance(lost=lost, low=float(low), high=float(high))


def losses(measure: Measure, score: Floats, block: Integers, seed: int) -> Losses:
    """What is needed to say what is lost.

    Args:
        measure: on the rows.
        score: (n,) of whole inputs.
        block: (n,) number of each row's block of time.
        seed: of the draws.
    """
    _, place = np.unique(block, return_inverse=True)
    blocks = int(place.max()) + 1
    if blocks < FEWEST_BLOCKS:
        return Losses(measure=measure, score=score, weights=None, drawn=None)
    weights = block_weights(blocks, seed=seed)[:, place]
    drawn = measure.drawn(score, weights)
    return Losses(measure=measure, score=score, weights=weights, drawn=drawn)
