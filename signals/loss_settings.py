"""What a researcher sets about a loss."""

import math
from dataclasses import dataclass

from quantsig.data.errors import refused, unknown_name
from quantsig.data.language.messages import phrase

WEIGHTINGS = ("none", "balanced", "profit_loss")
MEDIAN = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class LossSettings:
    """The numbers that losses take; which loss it is says `train.loss`."""

    # Weights of cross-entropy: a name, or the weight of the event when the others weigh 1.
    # None: the loss's own, which is balanced where "weighted" is in its name or parts.
    class_weights: str | float | None = None  # none, balanced, profit_loss or a number
    focal_gamma: float = 2.0  # 0 is cross-entropy; more: what is known already counts less
    focal_alpha: float | tuple[float, ...] | None = None  # of the event (the rest 1 - it), or all
    dice_smooth: float = 1.0  # added above and below, so that a batch without events is defined
    composite_f1_share: float = 0.5  # a of a * softF1 + (1 - a) * weighted cross-entropy
    adaptive_f1_share: float = 0.3  # the adaptive composite's a in the first epoch
    smooth_l1_beta: float = 1.0  # return below which smooth L1 is quadratic
    huber_delta: float = 1.0  # return below which Huber is quadratic
    weighted_mse_floor: float = 0.1  # added to |target|, so that quiet rows count too
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)  # pinball; 0.5 is the prediction
    l1_penalty: float = 0.0  # times the sum of |w| over the weights
    l2_penalty: float = 0.0  # times the sum of w * w
    head_penalty: float = 0.0  # times half the sum of w * w over the last layer alone

    def __post_init__(self) -> None:
        for name in ("smooth_l1_beta", "huber_delta", "weighted_mse_floor", "dice_smooth"):
            _check(name, getattr(self, name), "Give a number above 0.", above=0.0)
        for name in ("focal_gamma", "l1_penalty", "l2_penalty", "head_penalty"):
            _check(name, getattr(self, name), "Give 0 or more.", least=0.0)
        for name in ("composite_f1_share", "adaptive_f1_share"):
            _check(name, getattr(self, name), "Give a share from 0 to 1.", least=0.0, most=1.0)
        self._check_class_weights()
        self._check_alpha()
        self._check_quantiles()

    @property
    def median_column(self) -> int:
        """Of the outputs of a pinball, the one that is the prediction."""
        return self.quantiles.index(MEDIAN)

    def _check_class_weights(self) -> None:
        weights = self.class_weights
        if weights is None or weights in WEIGHTINGS:
            return
        try:
            number = float(weights)  # the environment knows only text
        except ValueError:
            where = "loss.class_weights"
            raise unknown_name("weighting", str(weights), WEIGHTINGS, where=where) from None
        remedy = phrase("Give a number above 0, or {names}.", names=", ".join(WEIGHTINGS))
        _check("class_weights", number, remedy, above=0.0)
        object.__setattr__(self, "class_weights", number)

    def _check_alpha(self) -> None:
        if isinstance(self.focal_alpha, tuple):
            for alpha in self.focal_alpha:
                _check("focal_alpha", alpha, "Give one number above 0 per class.", above=0.0)
        elif self.focal_alpha is not None and not 0.0 < self.focal_alpha < 1.0:
            remedy = "Give the event's share between 0 and 1, or one number per class."
            raise refused("loss.focal_alpha", self.focal_alpha, remedy)

    def _check_quantiles(self) -> None:
        inside = all(0.0 < quantile < 1.0 for quantile in self.quantiles)
        rising = list(self.quantiles) == sorted(set(self.quantiles))
        if not inside or not rising or MEDIAN not in self.quantiles:
            remedy = "Give rising numbers between 0 and 1, 0.5 among them."
            raise refused("loss.quantiles", list(self.quantiles), remedy)


def _check(
    name: str,
    value: float,
    remedy: str,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
) -> None:
    if not (math.isfinite(value) and least <= value <= most and value > above):
        raise refused(f"loss.{name}", value, remedy)
