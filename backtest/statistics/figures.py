"""A figure, or the reason why there is none."""

import math
from collections.abc import Callable, Mapping

Figures = dict[str, float | None]


class Undefined(ValueError):  # noqa: N818 - not an error, a figure that does not exist
    """A figure that does not exist; the message says why."""


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
        except Undefined as reason:
            missing[name] = str(reason)
            continue
        if math.isfinite(value):
            figures[name] = value
        else:
            missing[name] = "too large to be a number"
    return figures, missing
