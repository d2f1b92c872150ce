"""A threshold in as many digits as select the same rows."""

import math

import numpy as np
from numpy.typing import NDArray

FEWEST_DIGITS, MOST_DIGITS = 4, 15  # after the point


def spelled(threshold: float, probabilities: NDArray[np.float64]) -> float:
    """The threshold, shortened as far as the same rows reach it: `probability >= threshold`.

    Shortened downwards: rounded up, it would lose the row it was taken from.

    Args:
        threshold: a number of 0..1.
        probabilities: (n,) of all rows that it is applied to, in any order.
    """
    lower = probabilities[probabilities < threshold]
    below = float(lower.max()) if lower.size else -math.inf
    for digits in range(FEWEST_DIGITS, MOST_DIGITS + 1):
        scale = 10.0**digits
        for short in (round(threshold, digits), math.floor(threshold * scale) / scale):
            if below < short <= threshold:
                return short
    return threshold
