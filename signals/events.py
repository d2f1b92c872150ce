"""The event a signal foresees, and the score that a model's outputs give it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.metrics import event_score

FEWEST_PER_SPLIT = 2
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A class of a label, or a return above zero; the other way round for a short trade.

    Attributes:
        classes: how many classes the label has; 0 where it is a return.
        number: of the class that is the event.
        column: of the outputs that is the predicted return, where there are no classes.
        sign: +1 for a return above zero, -1 for one below.
    """

    classes: int
    number: int
    column: int = 0
    sign: int = 1

    def happened(self, labels: Floats) -> NDArray[np.bool_]:
        """(n,) whether the event happened; not where the label (n,) is NaN."""
        event: NDArray[np.bool_] = (
            labels == self.number if self.classes else self.sign * labels > 0.0
        )
        return event

    def expression(self, label: str = "label") -> pl.Expr:
        """The same on a column of labels."""
        column = pl.col(label)
        return column == self.number if self.classes else self.sign * column > 0

    def score(self, outputs: Floats) -> Floats:
        """The higher, the likelier: log-odds of the class, or the signed predicted return.

        Args:
            outputs: (n, K) raw outputs of a model.

        Returns:
            (n,).
        """
        if not self.classes:
            return self.sign * outputs[:, self.column]
        order = [number for number in range(self.classes) if number != self.number]
        return event_score(outputs[:, [*order, self.number]])


def long_event(classes: Sequence[str], column: int = 0) -> Event:
    """The last class, or a return above zero: what a signal to enter foresees."""
    return Event(classes=len(classes), number=len(classes) - 1, column=column)


def short_event(classes: Sequence[str], column: int = 0) -> Event | None:
    """The class down, or a return below zero; None where the label knows no fall."""
    if not classes:
        return Event(classes=0, number=-1, column=column, sign=-1)
    return Event(classes=len(classes), number=0) if classes[0] == "down" else None


def check_splits(happened: Mapping[str, Flags], where: str) -> None:
    """Whether each split holds what it is for.

    Args:
        happened: (n,) by split, whether the event of each row happened.
        where: for messages.

    Raises:
        DataError: a split is too small, or the event never or always happens in one that is not
            the test.
    """
    for name, events in happened.items():
        if len(events) < FEWEST_PER_SPLIT:
            raise DataError(
                phrase(
                    "the {split} split has {samples} samples.",
                    split=term(name),
                    samples=len(events),
                ),
                where=where,
                remedy="Use more bars, or give that split a larger share.",
            )
    for name, events in happened.items():
        if name != "test" and (events.all() or not events.any()):
            raise DataError(
                phrase(
                    "the event happens in {happened} of the {samples} {split} samples.",
                    happened=events.sum(),
                    samples=len(events),
                    split=term(name),
                ),
                where=where,
                remedy="Use more bars, a label whose event is less rare, or other splits or folds.",
            )
