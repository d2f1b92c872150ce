"""Volume: columns of rising bars, columns of falling bars, and their average as a line."""

import numpy as np

from quantsig.data.charts.panels.panel import (
    Extents,
    Geometry,
    Windows,
    moving_average,
    polyline,
    row_of,
)
from quantsig.data.kernels import njit
from quantsig.data.resample import CLOSE, OPEN, VOLUME


@njit(cache=True, nogil=True)
def extents(windows: Windows, geometry: Geometry, out: Extents) -> None:
    """Fill planes up, down, average; all stay empty where the window has no volume."""
    height, pixels = geometry.height, geometry.bar_pixels
    body_pixels = max(pixels - 1, 1)
    average = np.empty(geometry.bars)
    for sample in range(len(windows)):
        window = windows[sample]
        moving_average(window[:, VOLUME], geometry.slow_bars, geometry.bars, average)
        visible = window[-geometry.bars :]
        highest = max(visible[:, VOLUME].max(), average.max())
        if highest <= 0.0:
            continue
        for bar in range(geometry.bars):
            amount = visible[bar, VOLUME]
            if amount <= 0.0:
                continue
            plane = 0 if visible[bar, CLOSE] >= visible[bar, OPEN] else 1
            first = geometry.left + bar * pixels
            top = row_of(amount, 0.0, highest, height)
            out[sample, plane, 0, first : first + body_pixels] = top
            out[sample, plane, 1, first : first + body_pixels] = height
        polyline(average, 0.0, highest, geometry, out[sample, 2, 0], out[sample, 2, 1])
