"""How well scores of an event rank and decide: the figures of one split."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class EventMetrics:
    """Figures of a binary event over one set of rows; None where undefined."""

    samples: int
    base_rate: float | None  # share of rows in which the event happened
    average_precision: float | None  # sum of (R_n - R_n-1) P_n, scikit-learn's step definition
    roc_auc: float | None
    accuracy: float | None  # at probability 0.5 of the event
    precision: float | None
    recall: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The figures by name."""
        return asdict(self)


def event_metrics(happened: NDArray[np.bool_], score: Floats) -> EventMetrics:
    """Figures of logits against what happened.

    Args:
        happened: (n,) whether the event happened.
        score: (n,) logit of the event; 0 is even odds.
    """
    from sklearn import metrics  # seconds to import, and not every verb judges scores

    both = bool(happened.any() and not happened.all())
    chosen = score >= 0.0
    hits = int((chosen & happened).sum())
    return EventMetrics(
        samples=len(score),
        base_rate=_ratio(happened.sum(), len(score)),
        average_precision=float(metrics.average_precision_score(happened, score)) if both else None,
        roc_auc=float(metrics.roc_auc_score(happened, score)) if both else None,
        accuracy=_ratio((chosen == happened).sum(), len(score)),
        precision=_ratio(hits, chosen.sum()),
        recall=_ratio(hits, happened.sum()),
    )


def event_score(logits: Floats) -> Floats:
    """Log-odds of the last class against all others.

    Args:
        logits: (n, K) raw scores, K >= 2.

    Returns:
        (n,) log(p / (1 - p)) with p the softmax probability of class K - 1.
    """
    rest = logits[:, :-1]
    highest = rest.max(axis=1, keepdims=True)
    log_rest = np.log(np.exp(rest - highest).sum(axis=1)) + highest[:, 0]
    score: Floats = logits[:, -1] - log_rest
    return score


def _ratio(part: float, whole: float) -> float | None:
    return float(part) / float(whole) if whole else None
