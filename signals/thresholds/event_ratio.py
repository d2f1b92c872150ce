"""How many events came for each that the probabilities foresaw."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.significance.block_bootstrap import (
    FEWEST_BLOCKS,
    block_weights,
    ratio_interval,
)
from quantsig.signals.significance.label_days import time_blocks
from quantsig.signals.thresholds.scored_rows import ScoredRows

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRatio:
    """Observed over predicted events of some rows; 1 where the probabilities are right.

    Attributes:
        rows: how many there are.
        predicted: the sum of their probabilities.
        observed: in how many the event happened.
        ratio: observed over predicted; None where nothing was predicted.
        low: end of its 90 % interval; None where stretches of time are too few or unknown.
        high: likewise.
    """

    rows: int
    predicted: float
    observed: int
    ratio: float | None
    low: float | None
    high: float | None

    @property
    def off(self) -> bool:
        """Whether the interval leaves out 1."""
        return self.low is not None and self.high is not None and not self.low <= 1.0 <= self.high


def event_ratio(rows: ScoredRows, chosen: Flags | None = None) -> EventRatio:
    """Observed over predicted events, calibration in the large as a ratio.

    The interval draws stretches of sessions again, all symbols together (`time_blocks`), and takes
    percentiles of the ratio of the two sums.

    Args:
        rows: scored rows of one split, at least one.
        chosen: (n,) which of them count; None: all.
    """
    kept = np.ones(len(rows), dtype=bool) if chosen is None else chosen
    said, came = rows.probability[kept], rows.happened[kept]
    predicted, observed = float(said.sum()), int(came.sum())
    days = rows.days()
    low, high = (None, None) if days is None else _interval(said, came, time_blocks(days)[kept])
    return EventRatio(
        rows=len(said),
        predicted=predicted,
        observed=observed,
        ratio=observed / predicted if predicted > 0 else None,
        low=low,
        high=high,
    )


def _interval(
    said: NDArray[np.float64], came: Flags, block: Integers
) -> tuple[float | None, float | None]:
    _, number = np.unique(block, return_inverse=True)
    blocks = int(number.max(initial=-1)) + 1
    if blocks < FEWEST_BLOCKS:
        return None, None
    events, foreseen = (
        np.bincount(number, values).astype(np.float64)[:, None] for values in (came, said)
    )
    low, high = ratio_interval(block_weights(blocks), events, foreseen)
    if np.isnan(low[0]):
        return None, None
    return float(low[0]), float(high[0])
