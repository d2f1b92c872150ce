"""How well scores rank and decide, free of any loss: the figures of one split."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionMetrics:
    """Figures of choosing some rows as events; None where undefined.

    With TP, FP, FN, TN the hits, false alarms, misses and rightly left rows.
    """

    accuracy: float | None  # (TP + TN) / all
    precision: float | None  # TP / (TP + FP)
    recall: float | None  # TP / (TP + FN)
    f1: float | None  # 2 TP / (2 TP + FP + FN)
    mcc: float | None  # correlation of choice and event, -1..1 (Matthews 1975)
    expectancy: float | None  # mean return of the chosen rows whose return is known, before costs

    def as_dict(self) -> dict[str, float | None]:
        """The figures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventMetrics:
    """Figures of a binary event over one set of rows; None where undefined."""

    samples: int
    base_rate: float | None  # share of rows in which the event happened
    average_precision: float | None  # sum of (R_n - R_n-1) P_n, scikit-learn's step definition
    roc_auc: float | None
    accuracy: float | None  # this and what follows as in DecisionMetrics
    precision: float | None
    recall: float | None
    f1: float | None
    mcc: float | None
    expectancy: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The figures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionMetrics:
    """Figures of predicted returns over one set of rows; None where undefined."""

    samples: int
    r2: float | None  # 1 - sum (t - p)^2 / sum (t - mean t)^2; the mean of these rows scores 0
    rank_correlation: float | None  # Spearman's rho, ties at their mean rank
    mean_absolute_error: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The figures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Baselines:
    """What no model at all would reach on the same rows; None where undefined."""

    base_rate: float | None  # precision and average precision of chance
    entropy: float | None  # cross-entropy of always saying the base rate, in nats
    majority_accuracy: float | None  # of always saying the more frequent of event and none
    window_accuracy: float | None  # of the rule: the window went the trade's way
    window_precision: float | None
    window_recall: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The figures by name."""
        return asdict(self)


def event_metrics(
    happened: Flags,
    score: Floats,
    forward_return: Floats | None = None,
    *,
    threshold: float = 0.0,
) -> EventMetrics:
    """Figures of scores against what happened.

    Args:
        happened: (n,) whether the event happened.
        score: (n,) log-odds of the event, no NaN among them.
        forward_return: (n,) signed by the direction of the trade; NaN where it is not known.
        threshold: log-odds from which a row is chosen; 0 is even odds.
    """
    from sklearn import metrics  # seconds to import, and not every verb judges scores

    both = bool(happened.any() and not happened.all())
    return EventMetrics(
        samples=len(score),
        base_rate=_ratio(happened.sum(), len(score)),
        average_precision=float(metrics.average_precision_score(happened, score)) if both else None,
        roc_auc=float(metrics.roc_auc_score(happened, score)) if both else None,
        **asdict(decision_metrics(happened, score >= threshold, forward_return)),
    )


def decision_metrics(
    happened: Flags, chosen: Flags, forward_return: Floats | None = None
) -> DecisionMetrics:
    """Figures of a choice of rows, whatever it was made by; (n,) each."""
    hits = int((chosen & happened).sum())
    false_alarms = int(chosen.sum()) - hits
    misses = int(happened.sum()) - hits
    left = len(happened) - hits - false_alarms - misses
    return DecisionMetrics(
        accuracy=_ratio(hits + left, len(happened)),
        precision=_ratio(hits, hits + false_alarms),
        recall=_ratio(hits, hits + misses),
        f1=_ratio(2 * hits, 2 * hits + false_alarms + misses),
        mcc=_matthews(hits, false_alarms, misses, left),
        expectancy=_expectancy(chosen, forward_return),
    )


def best_f1_threshold(happened: Flags, score: Floats) -> float | None:
    """The score from which on choosing gives the highest F1; the highest such score.

    For curves over epochs, on validation: a threshold to trade by is chosen elsewhere.

    Args:
        happened: (n,) whether the event happened.
        score: (n,) log-odds of the event.

    Returns:
        One of the scores; None where the event never happened.
    """
    if not happened.any():
        return None
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    hits = np.cumsum(happened[order])
    f1 = 2 * hits / (np.arange(1, len(score) + 1) + happened.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0  # rows of one score are chosen together
    return float(ranked[np.argmax(f1)])


def regression_metrics(came: Floats, predicted: Floats) -> RegressionMetrics:
    """Figures of predicted returns against those that came, (n,) each, no NaN among them."""
    from scipy.stats import rankdata  # a second to import

    spread = float(np.square(came - came.mean()).sum()) if len(came) else 0.0
    ranks = rankdata(came), rankdata(predicted)
    known = len(came) > 1 and all(rank.std() > 0 for rank in ranks)
    return RegressionMetrics(
        samples=len(came),
        r2=1.0 - float(np.square(came - predicted).sum()) / spread if spread else None,
        rank_correlation=float(np.corrcoef(*ranks)[0, 1]) if known else None,
        mean_absolute_error=_ratio(np.abs(came - predicted).sum(), len(came)),
    )


def baselines(happened: Flags, window_agrees: Flags | None = None) -> Baselines:
    """The lines that every figure is to be read beside.

    Args:
        happened: (n,) whether the event happened.
        window_agrees: (n,) whether the price went the trade's way inside the window; None
            where it is not known.
    """
    rate = _ratio(happened.sum(), len(happened))
    rule = None if window_agrees is None else decision_metrics(happened, window_agrees)
    return Baselines(
        base_rate=rate,
        entropy=None if rate is None else entropy(rate),
        majority_accuracy=None if rate is None else max(rate, 1.0 - rate),
        window_accuracy=rule.accuracy if rule else None,
        window_precision=rule.precision if rule else None,
        window_recall=rule.recall if rule else None,
    )


def event_log_loss(happened: Flags, score: Floats) -> float:
    """Mean cross-entropy of the event in nats, to be read beside the entropy of the base rate.

    Args:
        happened: (n,) whether the event happened.
        score: (n,) log-odds of the event, prior shift taken off.
    """
    return float(np.logaddexp(0.0, np.where(happened, -score, score)).mean())


def entropy(rate: float) -> float:
    """-p log p - (1 - p) log(1 - p) in nats; 0 where the event is certain either way."""
    parts = np.array([rate, 1.0 - rate])
    return float(-(parts[parts > 0] * np.log(parts[parts > 0])).sum())


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


def _matthews(hits: int, false_alarms: int, misses: int, left: int) -> float | None:
    sides = (hits + false_alarms, hits + misses, left + false_alarms, left + misses)
    product = float(hits) * left - float(false_alarms) * misses
    return _ratio(product, float(np.sqrt(np.prod(np.array(sides, dtype=np.float64)))))


def _expectancy(chosen: Flags, forward_return: Floats | None) -> float | None:
    if forward_return is None:
        return None
    earned = forward_return[chosen & ~np.isnan(forward_return)]
    return _ratio(earned.sum(), len(earned))


def _ratio(part: float, whole: float) -> float | None:
    return float(part) / float(whole) if whole else None
