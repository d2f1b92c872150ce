"""A figure, or the reason why there is none."""

import math
from collections.abc import Callable, Mapping

from quantsig.backtest.messages import BacktestSentence
from quantsig.data.language.messages import Message

Figures = dict[str, float | None]


class UndefinedFigure(ValueError):  # noqa: N818 - not an error, a figure that does not exist
    """A figure that does not exist; the message says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


def collect(table: Mapping[str, Callable[[], float]]) -> tuple[Figures, dict[str, str]]:
    """Compute each figure; one that is undefined or not finite is None, with its reason.

    Returns:
        The figures, and the reasons of the missing ones by name.
    """
    figures: Figures = {}
    missing: dict[str, str] = {}
    for name, compute in table.items():
        figures[name] = None
        try:
            value = compute()
        except UndefinedFigure as reason:
            missing[name] = reason.reason
            continue
        if math.isfinite(value):
            figures[name] = value
        else:
            missing[name] = BacktestSentence.NO_NUMBER()
    return figures, missing
