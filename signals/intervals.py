"""Intervals for a share."""

import numpy as np
from scipy.stats import norm

CONFIDENCE = 0.90  # two-sided


def wilson(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's score interval for a binomial share (Wilson 1927); (0, 1) without trials.

    It takes the trials as independent; labels that overlap in time are not, so the true
    interval is wider.
    """
    if not trials:
        return 0.0, 1.0
    z = float(norm.ppf(0.5 + confidence / 2))
    share = hits / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + (z / 2 / trials) ** 2)
    return max(float(centre - half), 0.0), min(float(centre + half), 1.0)
