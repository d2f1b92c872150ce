"""The marks of Jiang, Kelly and Xiu's price images: bars with ticks, one average, volume below.

Jiang, Kelly, Xiu, "(Re-)Imag(in)ing Price Trends", Journal of Finance 78(6), 2023. Volume takes
the bottom fifth of the rows, one row above it stays empty, prices have the rest.

Conventions, where the paper leaves a choice:
- The moving average at each bar is over the window's length of closes that end there, so an image
  of n bars needs 2n - 1 bars of history and its line has no gaps.
- Bars are counted, not days: a day without a bar takes no columns.
- Rows round to the nearest; a positive volume has at least one pixel.
"""

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
from quantsig.data.resample import CLOSE, HIGH, LOW, OPEN, VOLUME

VOLUME_SHARE = 5  # one row in so many
GAP = 1  # empty rows between prices and volume


@njit(cache=True, nogil=True)
def extents(windows: Windows, geometry: Geometry, out: Extents) -> None:
    """Fill planes bars, average, volume.

    The open is a tick left of the high-low bar, the close one right of it. The average is that
    of the last `slow_bars` closes and joins the bar centres. Prices are divided by the first
    visible close; their scale is the lowest to the highest of bars and average. The volume scale
    is zero to the highest visible volume; without volume its plane stays empty.
    """
    volume_rows = geometry.height // VOLUME_SHARE
    scale = Geometry(
        geometry.bars,
        geometry.bar_pixels,
        geometry.left,
        geometry.height - volume_rows - GAP,
        geometry.fast_bars,
        geometry.slow_bars,
    )
    pixels = geometry.bar_pixels
    middle = (pixels - 1) // 2
    average = np.empty(geometry.bars)
    for sample in range(len(windows)):
        window = windows[sample]
        visible = window[-geometry.bars :]
        unit = visible[0, CLOSE]
        moving_average(window[:, CLOSE] / unit, geometry.slow_bars, geometry.bars, average)
        low = min(visible[:, LOW].min() / unit, average.min())
        high = max(visible[:, HIGH].max() / unit, average.max())
        highest_volume = visible[:, VOLUME].max()
        tops, bottoms = out[sample, 0, 0], out[sample, 0, 1]
        for bar in range(geometry.bars):
            first = geometry.left + bar * pixels
            centre, after = first + middle, first + pixels
            opened = row_of(visible[bar, OPEN] / unit, low, high, scale.height)
            closed = row_of(visible[bar, CLOSE] / unit, low, high, scale.height)
            tops[first:centre], bottoms[first:centre] = opened, opened + 1
            tops[centre] = row_of(visible[bar, HIGH] / unit, low, high, scale.height)
            bottoms[centre] = row_of(visible[bar, LOW] / unit, low, high, scale.height) + 1
            tops[centre + 1 : after], bottoms[centre + 1 : after] = closed, closed + 1
            amount = visible[bar, VOLUME]
            if amount > 0.0:
                row = row_of(amount, 0.0, highest_volume, volume_rows)
                out[sample, 2, 0, centre] = geometry.height - volume_rows + row
                out[sample, 2, 1, centre] = geometry.height
        polyline(average, low, high, scale, out[sample, 1, 0], out[sample, 1, 1])
        last_centre = geometry.left + (geometry.bars - 1) * pixels + middle
        out[sample, 1, :, last_centre + 1 :] = 0
