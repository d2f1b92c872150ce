"""How much a row of each class counts in the loss."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.loss_settings import LossSettings

if TYPE_CHECKING:  # the command line completes the names of losses without numpy
    import numpy as np
    from numpy.typing import NDArray

ClassWeights = tuple[float, ...]  # one per class


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetCounts:
    """What a loss must know of the targets of the training rows."""

    counts: tuple[int, ...] = ()  # rows of each class; empty where the targets are returns
    mean_gain: float | None = None  # mean forward return of the rows where it is above 0
    mean_loss: float | None = None  # mean size of those below 0, a positive fraction

    @property
    def classes(self) -> int:
        """How many classes there are; 0 for returns."""
        return len(self.counts)


def target_counts(
    classes: "NDArray[np.int64]", number_of_classes: int, forward_return: "NDArray[np.float64]"
) -> TargetCounts:
    """The counts of the training rows.

    Args:
        classes: (n,) class numbers; not looked at where `number_of_classes` is 0.
        number_of_classes: 0 where the targets are returns.
        forward_return: (n,) signed by the direction of the trade; NaN where it is not known.
    """
    import numpy as np  # noqa: PLC0415 - see above

    gains, losses = forward_return[forward_return > 0], forward_return[forward_return < 0]
    counts = np.bincount(classes, minlength=number_of_classes) if number_of_classes else ()
    return TargetCounts(
        counts=tuple(int(count) for count in counts),
        mean_gain=float(gains.mean()) if len(gains) else None,
        mean_loss=float(-losses.mean()) if len(losses) else None,
    )


def class_weights(weighting: str | float, targets: TargetCounts) -> ClassWeights:
    """Weight of each class, divided so that the mean over the training rows is 1.

    none: 1 each. balanced: N / (K * count), after King and Zeng 2001 ("Logistic regression in
    rare events data"), as scikit-learn has it. A number: the weight of the event, the last
    class, where the others weigh 1. profit_loss: that number is the mean gain over the mean
    loss, so that even odds of the weighted score are the break-even of a trade that earns the
    one or loses the other.

    Raises:
        DataError: a class has no rows, or there are no gains or losses to compare.
    """
    import numpy as np  # noqa: PLC0415 - see above

    count = np.array(targets.counts, dtype=np.float64)
    if weighting == "none":
        return (1.0,) * len(count)
    if weighting == "balanced":
        return _balanced(targets)
    weight = np.ones(len(count))
    weight[-1] = _profit_loss(targets) if weighting == "profit_loss" else float(weighting)
    return tuple((weight / (weight @ count / count.sum())).tolist())


def focal_alpha(settings: LossSettings, classes: int) -> ClassWeights:
    """Alpha of each class: the event's and one minus it for the others, or as listed.

    Raises:
        ConfigError: the list has another length.
    """
    alpha = settings.focal_alpha
    if alpha is None:
        return (1.0,) * classes
    if not isinstance(alpha, tuple):
        return (1.0 - alpha,) * (classes - 1) + (alpha,)
    if len(alpha) != classes:
        raise ConfigError(
            phrase("{alphas} alphas for {classes} classes.", alphas=len(alpha), classes=classes),
            where="loss.focal_alpha",
            remedy=phrase("List {classes} numbers, or give one for the event.", classes=classes),
        )
    return alpha


def _balanced(targets: TargetCounts) -> ClassWeights:
    if 0 in targets.counts:
        raise DataError(
            phrase(
                "class {number} has no training rows to balance.", number=targets.counts.index(0)
            ),
            where=term("the train split"),
            remedy="Use more bars, another label, or loss.class_weights none.",
        )
    rows = sum(targets.counts)
    return tuple(rows / (targets.classes * count) for count in targets.counts)


def _profit_loss(targets: TargetCounts) -> float:
    if targets.mean_gain is None or targets.mean_loss is None:
        raise DataError(
            "the training rows have no gains and losses to compare.",
            where=term("the train split"),
            remedy="Import the samples with their bars, or give loss.class_weights a number.",
        )
    return targets.mean_gain / targets.mean_loss
