"""How well scores rank: average precision, ROC AUC and the curves behind them.

The definitions are scikit-learn's, to which the tests hold them; its import takes seconds.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PARTIAL_RATE = 0.1  # false positive rate up to which the partial AUC goes


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Figures of a ranking; None where no row, or every row, is an event."""

    average_precision: float | None  # sum of (R_n - R_n-1) P_n
    roc_auc: float | None
    partial_auc: float | None  # up to a false positive rate of 0.1; 0.5 is chance, 1 the best

    def as_dict(self) -> dict[str, float | None]:
        """The figures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """A point per distinct score, (k,) each, from the highest score down."""

    threshold: Floats
    hits: Floats  # events at or above the threshold
    false_alarms: Floats  # other rows at or above it

    @property
    def precision(self) -> Floats:
        """Share of events among the rows at or above each threshold."""
        return self.hits / (self.hits + self.false_alarms)

    @property
    def recall(self) -> Floats:
        """Share of all events at or above each threshold; there must be one."""
        share: Floats = self.hits / self.hits[-1]
        return share

    @property
    def false_positive_rate(self) -> Floats:
        """Share of all other rows at or above each threshold; there must be one."""
        share: Floats = self.false_alarms / self.false_alarms[-1]
        return share


def curve(happened: NDArray[np.bool_], score: Floats) -> Curve:
    """Count events and others above each distinct score; rows of one score go together.

    Args:
        happened: (n,) whether the event happened, n > 0.
        score: (n,) no NaN among them.
    """
    order = np.argsort(score)[::-1]
    ranked = score[order]
    ends = np.r_[np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1]
    hits = np.cumsum(happened[order])[ends].astype(np.float64)
    return Curve(threshold=ranked[ends], hits=hits, false_alarms=ends + 1.0 - hits)


def ranking(happened: NDArray[np.bool_], score: Floats) -> Ranking:
    """Average precision, AUC and partial AUC of scores (n,) without NaN."""
    if happened.all() or not happened.any():
        return Ranking(average_precision=None, roc_auc=None, partial_auc=None)
    points = curve(happened, score)
    recall = np.r_[0.0, points.recall]
    alarms = np.r_[0.0, points.false_positive_rate]
    return Ranking(
        average_precision=float(np.sum(np.diff(recall) * points.precision)),
        roc_auc=float(np.trapezoid(recall, alarms)),
        partial_auc=_partial_auc(alarms, recall),
    )


def _partial_auc(alarms: Floats, recall: Floats, most: float = PARTIAL_RATE) -> float:
    """Area up to `most`, scaled so that chance is 0.5 and the best 1 (McClish 1989)."""
    stop = int(np.searchsorted(alarms, most, side="right"))
    edge = np.interp(most, alarms[stop - 1 : stop + 1], recall[stop - 1 : stop + 1])
    area = float(np.trapezoid(np.r_[recall[:stop], edge], np.r_[alarms[:stop], most]))
    least = 0.5 * most**2
    return 0.5 * (1 + (area - least) / (most - least))
