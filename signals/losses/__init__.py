"""What training minimises. To add one: a function beside its kin and a line in LOSSES."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from quantsig.data.deferred import Deferred
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.language.messages import phrase, term
from quantsig.signals.loss_settings import LossSettings
from quantsig.signals.losses.class_weights import (
    ClassWeights,
    TargetCounts,
    class_weights,
    focal_alpha,
    target_counts,
)
from quantsig.signals.losses.composite import adaptive_f1_share, phased_f1_share

if TYPE_CHECKING:  # the names are asked for by verbs that should not wait for torch
    import torch

__all__ = [
    "LOSSES",
    "Loss",
    "LossKind",
    "LossSettings",
    "LossValue",
    "TargetCounts",
    "find_loss",
    "loss_kind",
    "outputs_needed",
    "target_counts",
]

HERE = "quantsig.signals.losses"

Targets = Literal["classes", "returns"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LossValue:
    """A loss and, where it is a sum, what it was added up from (before their shares)."""

    total: "torch.Tensor"  # a scalar
    parts: dict[str, "torch.Tensor"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """A loss with its settings and the weights of the classes."""

    name: str
    settings: LossSettings
    weights: ClassWeights  # per class; of focal its alpha; empty where there are none
    outputs: int  # how many numbers the model gives per row

    @property
    def kind(self) -> "LossKind":
        """Its line in the table."""
        return LOSSES[self.name]

    @property
    def prediction_column(self) -> int:
        """The output that is the predicted return; 0 unless there are quantiles."""
        return self.settings.median_column if self.name == "pinball" else 0

    def __call__(
        self, outputs: "torch.Tensor", targets: "torch.Tensor", share: float = 0.0
    ) -> LossValue:
        """The loss of a batch.

        Args:
            outputs: (B, K) logits or predicted returns.
            targets: (B,) class numbers or returns.
            share: epoch / epochs, 0..1, for the composites that change on the way.
        """
        if self.kind.targets == "returns":
            targets = targets.to(outputs.dtype)
        value = self.kind.compute(outputs, targets, self, share)
        return value if isinstance(value, LossValue) else LossValue(total=value)


Compute = Callable[["torch.Tensor", "torch.Tensor", Loss, float], Any]  # a scalar or LossValue

cross_entropy, focal = (Deferred(f"{HERE}.entropy", name) for name in ("cross_entropy", "focal"))
hinge = Deferred(f"{HERE}.margin", "hinge")
dice, soft_f1 = (Deferred(f"{HERE}.overlap", name) for name in ("dice", "soft_f1"))
mse, l1, smooth_l1, huber, weighted_mse, pinball = (
    Deferred(f"{HERE}.returns", name)
    for name in ("mse", "l1", "smooth_l1", "huber", "weighted_mse", "pinball")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LossKind:
    """What a loss is for and how it is computed."""

    compute: Compute
    targets: Targets = "classes"
    weights: Literal["none", "balanced", "alpha"] | None = None  # its own; None: it takes none
    link: Literal["log_odds", "focal"] | None = None  # what its scores are; None: no probability
    by_row: bool = True  # a mean over rows, so that a batch is the mean of its equal parts
    per_quantile: bool = False  # an output per quantile


def _composite(
    logits: "torch.Tensor", classes: "torch.Tensor", weights: ClassWeights, f1_share: float
) -> LossValue:
    """a * softF1 + (1 - a) * weighted cross-entropy, and both."""
    f1, entropy = soft_f1(logits, classes), cross_entropy(logits, classes, weights)
    parts = {"soft_f1": f1, "weighted_cross_entropy": entropy}
    return LossValue(total=f1_share * f1 + (1.0 - f1_share) * entropy, parts=parts)


LOSSES: dict[str, LossKind] = {
    "cross_entropy": LossKind(
        compute=lambda z, y, loss, _: cross_entropy(z, y, loss.weights),
        weights="none",
        link="log_odds",
    ),
    "weighted_cross_entropy": LossKind(
        compute=lambda z, y, loss, _: cross_entropy(z, y, loss.weights),
        weights="balanced",
        link="log_odds",
    ),
    "focal": LossKind(
        compute=lambda z, y, loss, _: focal(z, y, loss.weights, loss.settings.focal_gamma),
        weights="alpha",
        link="focal",
    ),
    "hinge": LossKind(compute=lambda z, y, loss, _: hinge(z, y)),
    "dice": LossKind(
        compute=lambda z, y, loss, _: dice(z, y, loss.settings.dice_smooth), by_row=False
    ),
    "soft_f1": LossKind(compute=lambda z, y, loss, _: soft_f1(z, y), by_row=False),
    "composite": LossKind(
        compute=lambda z, y, loss, _: _composite(
            z, y, loss.weights, loss.settings.composite_f1_share
        ),
        weights="balanced",
        by_row=False,
    ),
    "composite_phased": LossKind(
        compute=lambda z, y, loss, share: _composite(z, y, loss.weights, phased_f1_share(share)),
        weights="balanced",
        by_row=False,
    ),
    "composite_adaptive": LossKind(
        compute=lambda z, y, loss, share: _composite(
            z, y, loss.weights, adaptive_f1_share(share, loss.settings.adaptive_f1_share)
        ),
        weights="balanced",
        by_row=False,
    ),
    "mse": LossKind(compute=lambda p, t, loss, _: mse(p[:, 0], t), targets="returns"),
    "l1": LossKind(compute=lambda p, t, loss, _: l1(p[:, 0], t), targets="returns"),
    "smooth_l1": LossKind(
        compute=lambda p, t, loss, _: smooth_l1(p[:, 0], t, loss.settings.smooth_l1_beta),
        targets="returns",
    ),
    "huber": LossKind(
        compute=lambda p, t, loss, _: huber(p[:, 0], t, loss.settings.huber_delta),
        targets="returns",
    ),
    "weighted_mse": LossKind(
        compute=lambda p, t, loss, _: weighted_mse(p[:, 0], t, loss.settings.weighted_mse_floor),
        targets="returns",
    ),
    "pinball": LossKind(
        compute=lambda p, t, loss, _: pinball(p, t, loss.settings.quantiles),
        targets="returns",
        per_quantile=True,
    ),
}


def loss_kind(name: str) -> LossKind:
    """The table's line of `name`; an unknown name raises an error that lists the known."""
    if name not in LOSSES:
        raise unknown_name("loss", name, LOSSES, where="train.loss")
    return LOSSES[name]


def outputs_needed(name: str, settings: LossSettings, classes: int) -> int:
    """How many numbers a model gives per row for this loss.

    Args:
        name: of the loss.
        settings: its settings.
        classes: how many classes the label has; not looked at by a loss of returns.
    """
    kind = loss_kind(name)
    if kind.targets == "classes":
        return classes
    return len(settings.quantiles) if kind.per_quantile else 1


def find_loss(
    name: str, settings: LossSettings, targets: TargetCounts, outputs: int | None = None
) -> Loss:
    """The loss called `name`, for these targets.

    Args:
        name: a key of LOSSES.
        settings: its numbers.
        targets: of the training rows.
        outputs: what the model gives per row, to be checked; None if there is no model yet.

    Raises:
        ConfigError: the name is unknown, the loss is for other targets or another number of
            outputs, or it takes no class weights and some were set.
        DataError: the training rows cannot be weighed that way.
    """
    kind = loss_kind(name)
    given: Targets = "classes" if targets.classes else "returns"
    if kind.targets != given:
        fitting = [other for other, entry in LOSSES.items() if entry.targets == given]
        raise ConfigError(
            phrase(
                "the loss {name} is for {targets}, and the targets are {given}.",
                name=name,
                targets=term(kind.targets),
                given=term(given),
            ),
            where="train.loss",
            remedy=phrase("Use {names}.", names=", ".join(fitting)),
        )
    needed = outputs_needed(name, settings, targets.classes)
    if outputs not in (None, needed):
        raise ConfigError(
            phrase(
                "the loss {name} needs {needed} outputs of the model, which gives {outputs}.",
                name=name,
                needed=needed,
                outputs=outputs,
            ),
            where="train.loss",
            remedy="Build the model with the outputs that the loss needs, or use another loss.",
        )
    weights = _weights(name, kind, settings, targets)
    return Loss(name=name, settings=settings, weights=weights, outputs=needed)


def _weights(
    name: str, kind: LossKind, settings: LossSettings, targets: TargetCounts
) -> ClassWeights:
    if kind.weights in (None, "alpha"):
        if settings.class_weights not in (None, "none"):
            other = "loss.focal_alpha" if kind.weights else "train.loss weighted_cross_entropy"
            raise ConfigError(
                phrase(
                    "the loss {name} takes no class weights, and they are set to {weights}.",
                    name=name,
                    weights=str(settings.class_weights),
                ),
                where="loss.class_weights",
                remedy=phrase("Leave them out, or use {other}.", other=other),
            )
        return focal_alpha(settings, targets.classes) if kind.weights else ()
    asked = kind.weights if settings.class_weights is None else settings.class_weights
    return class_weights(asked, targets)
