"""The rule that says the move inside the window goes on: a line to read every figure beside."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet


def window_agrees(samples: SampleSet, ids: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """(n,) whether the price went the trade's way inside the window; None of imported pictures."""
    if not samples.drawn:
        return None
    risen = -samples.scaled_bars(ids)[:, 0, 0]  # the first open, on the last close's scale
    agrees: NDArray[np.bool_] = risen * samples.label.direction > 0.0
    return agrees
