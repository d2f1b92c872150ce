"""The rule that says the move inside the window goes on: a line to read every figure beside."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet

AT_ONCE = 1 << 14  # samples whose scaled bars are drawn


def window_agrees(samples: SampleSet, ids: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """(n,) whether the price went the trade's way inside the window; None of imported pictures."""
    if not samples.drawn:
        return None
    agrees = np.empty(len(ids), np.bool_)
    for start in range(0, len(ids), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        # the first open, on the scale of the last close
        risen = -samples.scaled_bars(ids[rows])[:, 0, 0]
        agrees[rows] = risen * samples.label.direction > 0.0
    return agrees
