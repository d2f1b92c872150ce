"""From column extents to pixels."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quantsig.data.charts.panels.panel import Extents


@njit(cache=True, nogil=True)
def fill(extents: Extents, out: NDArray[np.uint8]) -> None:
    """Set the pixels `top <= y < bottom` of every column, clear the rest.

    Args:
        extents: (B, C, 2, W) top and bottom of each plane's columns.
        out: (B, C, H, W), overwritten with 0 and 1.
    """
    samples, planes, height, width = out.shape
    for sample in range(samples):
        for plane in range(planes):
            top, bottom = extents[sample, plane, 0], extents[sample, plane, 1]
            for row in range(height):
                y = np.int16(row)
                line = out[sample, plane, row]
                for column in range(width):
                    line[column] = (top[column] <= y) & (y < bottom[column])
