"""Trend: a fast and a slow average of the closes, and the band two deviations about the slow one.

The scale is that of the candles, so a line lies where a trader would see it over the prices.
"""

import numpy as np

from quantsig.data.charts.panels.panel import (
    Extents,
    Geometry,
    Windows,
    moving_average,
    polyline,
    price_range,
    row_of,
)
from quantsig.data.kernels import njit
from quantsig.data.resample import CLOSE

BAND_DEVIATIONS = 2.0  # Bollinger's width, population deviation


@njit(cache=True, nogil=True)
def extents(windows: Windows, geometry: Geometry, out: Extents) -> None:
    """Fill planes fast, slow, band; what lies beyond the price scale is cut at its edge."""
    height, pixels = geometry.height, geometry.bar_pixels
    fast, slow = np.empty(geometry.bars), np.empty(geometry.bars)
    for sample in range(len(windows)):
        window = windows[sample]
        closes = window[:, CLOSE]
        low, high = price_range(window, geometry.bars)
        moving_average(closes, geometry.fast_bars, geometry.bars, fast)
        moving_average(closes, geometry.slow_bars, geometry.bars, slow)
        polyline(fast, low, high, geometry, out[sample, 0, 0], out[sample, 0, 1])
        polyline(slow, low, high, geometry, out[sample, 1, 0], out[sample, 1, 1])
        for bar in range(geometry.bars):
            end = len(window) - geometry.bars + bar + 1
            width = BAND_DEVIATIONS * closes[end - geometry.slow_bars : end].std()
            first = geometry.left + bar * pixels
            out[sample, 2, 0, first : first + pixels] = row_of(slow[bar] + width, low, high, height)
            out[sample, 2, 1, first : first + pixels] = (
                row_of(slow[bar] - width, low, high, height) + 1
            )
