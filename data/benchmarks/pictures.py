"""The pictures that the user's files hold: crisp ones of zeros and ones, and antialiased ones."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix, column_extents
from quantsig.data.charts.panels.panel import Extents
from quantsig.data.charts.spec import ChartSpec

SUB_ROWS, SUB_COLUMNS = 66, 2  # of a pixel: 133 shades


def antialiased(
    bars: BarMatrix, decision_rows: NDArray[np.int64], spec: ChartSpec
) -> NDArray[np.float16]:
    """Charts drawn on a finer grid and averaged over its pixels; no line is thinner than a row.

    Returns:
        (B, C, H, W) shares of each pixel that are covered, 0..1.
    """
    finer = replace(spec, height=spec.height * SUB_ROWS, width=spec.width * SUB_COLUMNS)
    extents = column_extents(bars, decision_rows, finer)
    return np.stack([_averaged(sample, spec.height) for sample in extents])


def _averaged(extents: Extents, height: int) -> NDArray[np.float16]:
    """(C, 2, SUB_COLUMNS * W) extents of fine rows to (C, height, W) shares."""
    tops, bottoms = extents[:, 0].astype(np.int32), extents[:, 1].astype(np.int32)
    missing = np.where(bottoms > tops, np.maximum(SUB_ROWS - (bottoms - tops), 0), 0)
    tops, bottoms = tops - missing // 2, bottoms + missing - missing // 2
    shares = np.empty((len(extents), height, extents.shape[2] // SUB_COLUMNS), np.float16)
    for row in range(height):
        first = row * SUB_ROWS
        covered = np.minimum(bottoms, first + SUB_ROWS) - np.maximum(tops, first)
        fine = np.maximum(covered, 0).reshape(len(extents), -1, SUB_COLUMNS)
        shares[:, row] = fine.sum(axis=2) / (SUB_ROWS * SUB_COLUMNS)
    return shares
