"""Axes that fit what rests on enough rows: one lucky row does not flatten all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quantsig.data.language.saying import say
from quantsig.reports.page import theme
from quantsig.reports.page.numerals import count

FEWEST = 20  # rows that a value rests on, for the axis to reach it
MARGIN = 0.05  # of the height, above and below


@dataclass(frozen=True, kw_only=True, slots=True)
class FittedAxis:
    """From where to where an axis goes, and how many points it leaves out."""

    low: float
    high: float
    beyond: int  # points that have a value outside
    values: int  # points

    def axis(self, title: str, *, least: float | None = None, **settings: object) -> theme.Axis:
        """The axis; it begins no lower than `least`."""
        margin = MARGIN * (self.high - self.low or 1.0)
        low = self.low - margin if least is None else max(least, self.low - margin)
        return theme.named(title, range=[low, self.high + margin], **settings)

    @property
    def note(self) -> str:
        """What is cut off; empty where nothing is."""
        if not self.beyond:
            return ""
        return say(
            "The axis fits what rests on {few} rows or more; {beyond} of {all} points lie beyond.",
            few=FEWEST,
            beyond=count(self.beyond),
            all=count(self.values),
        )


def fitted(values: Sequence[ArrayLike], rows: ArrayLike, also: Sequence[Any] = ()) -> FittedAxis:
    """The reach of values.

    Args:
        values: (n,) each; NaN or null where there is none.
        rows: (n,) how many rows each rests on; all values count where none has enough.
        also: levels and marks that are to be seen in any case, None where there is none.
    """
    table = np.array([np.asarray(line, dtype=np.float64) for line in values])
    firm = np.array(np.asarray(rows) >= FEWEST)
    seen = table[:, firm if firm.any() else np.ones_like(firm)]
    marks = [level for level in also if level is not None]
    reached = np.append(seen[np.isfinite(seen)], marks)
    if not len(reached):
        return FittedAxis(low=0.0, high=1.0, beyond=0, values=0)
    low, high = float(reached.min()), float(reached.max())
    outside = ((table < low) | (table > high)).any(axis=0)
    return FittedAxis(low=low, high=high, beyond=int(outside.sum()), values=table.shape[1])
