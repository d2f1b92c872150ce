"""What sampling and weighing did to the odds of the event, and how to undo it.

A model trained on a mix in which the event is more frequent, or counts more, says higher odds
than there are. Where its scores are log-odds, the excess is a constant that is known
beforehand.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import Message
from quantsig.signals.losses import Loss
from quantsig.signals.messages import SignalsSentence

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class PriorShift:
    """By what the odds of the event were multiplied in training.

    With s the sampled and n the natural rate of the event, sampling multiplies its odds by
    s / (1 - s) / (n / (1 - n)) (Bayes; King and Zeng 2001, "Logistic regression in rare events
    data", prior correction), and a weight of the event, times the rest's, by itself (Elkan
    2001, "The foundations of cost-sensitive learning"). Both are exact for what minimises the
    expected cross-entropy.
    """

    natural_rate: float  # of the event among the training rows, between 0 and 1
    sampled_rate: float  # among the rows that training showed
    weight_ratio: float = 1.0  # weight of the event over that of the rest
    alpha_ratio: float = 1.0  # the same for the alpha of focal loss
    gamma: float = 0.0  # of focal loss
    exact: bool = True  # False: no closed form, and scores are left to the calibrator
    reason: str = ""  # why there is none

    def as_dict(self) -> dict[str, float | bool | str]:
        """JSON values, from which `PriorShift(**values)` is the same again."""
        return asdict(self)

    @property
    def sampling_ratio(self) -> float:
        """By what sampling multiplied the odds."""
        return _odds(self.sampled_rate) / _odds(self.natural_rate)

    @property
    def odds_ratio(self) -> float:
        """By what everything together multiplied the odds."""
        return self.sampling_ratio * self.weight_ratio * self.alpha_ratio

    @property
    def log_odds(self) -> float:
        """What is taken off the log-odds of the event, after the link of focal loss."""
        return math.log(self.odds_ratio)

    def correct(self, score: Floats) -> Floats:
        """Log-odds of the event at its natural rate.

        Args:
            score: (n,) log-odds of the event as the model says them; NaN stays NaN.

        Returns:
            (n,) corrected, in the same order; unchanged where there is no closed form.
        """
        if not self.exact:
            return score
        corrected: Floats = focal_log_odds(score, self.gamma) - self.log_odds
        return corrected

    def warnings(self) -> list[Message]:
        """What to tell the user: corrections that stack multiply."""
        stacked = self._corrections()
        if len(stacked) < 2:
            return []
        return [
            SignalsSentence.CORRECTIONS_STACK(
                corrections=" and ".join(stacked),
                factors=" x ".join(f"{ratio:.1f}" for ratio in stacked.values()),
                product=self.odds_ratio,
                truth=float(expit(-self.log_odds)),
            )
        ]

    def _corrections(self) -> dict[str, float]:
        """Everything that moved the odds, by name."""
        ratios = {
            "sampling": self.sampling_ratio,
            "class weights": self.weight_ratio,
            "focal alpha": self.alpha_ratio,
        }
        return {name: ratio for name, ratio in ratios.items() if not math.isclose(ratio, 1.0)}


def prior_shift(loss: Loss, natural_rate: float, sampled_rate: float) -> PriorShift:
    """The shift of a training.

    Exact for cross-entropy where all classes but the event weigh the same, and for focal loss
    of two classes; no closed form for Dice, soft F1, composites and returns.

    Args:
        loss: with its class weights.
        natural_rate: share of the event among the training rows, between 0 and 1.
        sampled_rate: `positive_share` of the order.
    """
    focal = loss.kind.link == "focal"
    ratio = loss.weights[-1] / _mean_rest(loss) if loss.weights else 1.0
    gamma = loss.settings.focal_gamma if focal else 0.0
    reason = _no_closed_form(loss, gamma)
    return PriorShift(
        natural_rate=natural_rate,
        sampled_rate=sampled_rate,
        weight_ratio=1.0 if focal else ratio,
        alpha_ratio=ratio if focal else 1.0,
        gamma=gamma,
        exact=not reason,
        reason=reason,
    )


def refuse_stacking(shift: PriorShift, *, consent: bool) -> None:
    """Stop where corrections stack and nobody agreed to it.

    Raises:
        ConfigError: balanced batches and class weights (or alpha) are both on.
    """
    if consent:
        return
    for warning in shift.warnings():
        raise ConfigError(
            warning,
            where="sampling.positives, loss.class_weights and loss.focal_alpha",
            remedy="Keep one of them, or agree with sampling.stack_corrections = true.",
        )


def focal_log_odds(score: Floats, gamma: float) -> Floats:
    """Log-odds of the event behind those that minimise focal loss.

    With v the model's probability, the true odds are those of v / phi(v), where
    phi(v) = (1 - v)^gamma - gamma (1 - v)^(gamma - 1) v log v (Charoenphakdee et al. 2021, "On
    focal loss for class-posterior probability estimation"). In log-odds s, with
    r(v) = -v log v / (1 - v), that is

        (1 + gamma) s - log(1 + gamma r(v)) + log(1 + gamma r(1 - v)),

    which stays finite at any s. Rising in s, so the order of the rows is kept.
    """
    if gamma == 0.0:
        return score
    corrected: Floats = (
        (1.0 + gamma) * score
        - np.log1p(gamma * _log_ratio(score))
        + np.log1p(gamma * _log_ratio(-score))
    )
    return corrected


def _log_ratio(score: Floats) -> Floats:
    """-v log v / (1 - v) of v = 1 / (1 + exp(-score)); 1 where v is 1."""
    v, rest = expit(score), expit(-score)
    sure = rest < 1e-12
    ratio = v * np.logaddexp(0.0, -score) / np.where(sure, 1.0, rest)
    return np.where(sure, 1.0, ratio)


def _no_closed_form(loss: Loss, gamma: float) -> str:
    if loss.kind.link is None:
        return f"the scores of the loss {loss.name} are no log-odds"
    if len(loss.weights) > 2 and gamma > 0.0:
        return "focal loss of more than two classes bends the score of the event by the others'"
    if not all(math.isclose(weight, loss.weights[0]) for weight in loss.weights[:-1]):
        return "the classes beside the event have different weights"
    return ""


def _mean_rest(loss: Loss) -> float:
    return sum(loss.weights[:-1]) / (len(loss.weights) - 1)


def _odds(rate: float) -> float:
    return rate / (1.0 - rate)
