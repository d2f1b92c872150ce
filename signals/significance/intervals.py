"""Shares, and intervals for them."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
CONFIDENCE = 0.90  # two-sided


def ratio(part: Floats, whole: Floats) -> Floats:
    """Their ratio; NaN where there is nothing to divide by."""
    found: Floats = np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
    return found


def wilson(hits: float, rows: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's score interval for a binomial share (Wilson 1927); (0, 1) without rows.

    It takes the rows as independent; labels that overlap in time are not, so the true
    interval is wider.
    """
    low, high = wilson_bounds(np.array([hits]), np.array([rows]), confidence)
    return float(low[0]), float(high[0])


def wilson_bounds(
    hits: Floats, rows: Floats, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """The same for many shares at once, (k,) each; rows need not be whole."""
    z = float(ndtri(0.5 + confidence / 2))
    some = rows > 0
    n = np.where(some, rows, 1.0)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + (z / 2 / n) ** 2)
    low = np.where(some, np.maximum(centre - half, 0.0), 0.0)
    high = np.where(some, np.minimum(centre + half, 1.0), 1.0)
    return low, high


def effective_rows(hits: Floats, rows: Floats) -> Floats:
    """How many independent rows say as much about a share as these dependent ones.

    The variance of a ratio whose blocks are independent, sum_b (h_b - p n_b)^2 / n^2 times
    b / (b - 1) (Cochran 1977, "Sampling techniques", 3rd ed., 9A), against p (1 - p) / n of
    independent rows. An estimate, rough where few blocks hold rows; held between
    n^2 / sum_b n_b^2, as if all rows of a block were one, and n.

    Args:
        hits: (b, k) of each block.
        rows: (b, k) of each block.

    Returns:
        (k,), 0 where there are no rows.
    """
    blocks = len(rows)
    n, squares = rows.sum(axis=0), (rows**2).sum(axis=0)
    share = hits.sum(axis=0) / np.maximum(n, 1)
    spread = ((hits - share * rows) ** 2).sum(axis=0) * blocks / max(blocks - 1, 1)
    fewest = n**2 / np.maximum(squares, 1)
    effective = n**2 * share * (1 - share) / np.where(spread > 0, spread, np.inf)
    sure = (share <= 0) | (share >= 1)  # no spread to judge by
    found: Floats = np.where(sure, fewest, np.clip(effective, fewest, n))
    return found
