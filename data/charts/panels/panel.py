"""What a panel is handed, and the ruler all panels measure with."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit

Windows = NDArray[np.float64]  # (B, M, 5) open, high, low, close, volume; oldest bar first
Extents = NDArray[np.int16]  # (B, P, 2, W) top and bottom of each plane's column


class Geometry(NamedTuple):
    """Sizes a panel draws by; plain numbers, so that compiled code can take it."""

    bars: int  # visible bars, the last of the window
    bar_pixels: int
    left: int  # empty columns before the first visible bar
    height: int
    fast_bars: int
    slow_bars: int


@njit(cache=True, nogil=True)
def price_range(window: NDArray[np.float64], bars: int) -> tuple[float, float]:
    """Lowest low and highest high of the visible bars."""
    low, high = window[-bars, 2], window[-bars, 1]
    for bar in range(len(window) - bars, len(window)):
        low = min(low, window[bar, 2])
        high = max(high, window[bar, 1])
    return low, high


@njit(cache=True, nogil=True)
def row_of(value: float, low: float, high: float, height: int) -> int:
    """Pixel row of a value on a scale whose `high` is row 0; flat scales map to the middle."""
    if high <= low:
        return height // 2
    share = (high - value) / (high - low)
    row = int(np.floor(share * (height - 1) + 0.5))
    return min(max(row, 0), height - 1)


@njit(cache=True, nogil=True)
def polyline(
    values: NDArray[np.float64],
    low: float,
    high: float,
    geometry: Geometry,
    tops: NDArray[np.int16],
    bottoms: NDArray[np.int16],
) -> None:
    """A one-pixel line through the bar centres, without gaps: one extent per column.

    Args:
        values: (bars,) one value per visible bar.
        low, high: the scale.
        tops, bottoms: (W,) filled from the first bar's centre to the last bar's right edge.
    """
    pixels = geometry.bar_pixels
    centre = (pixels - 1) // 2
    previous = row_of(values[0], low, high, geometry.height)
    for bar in range(geometry.bars):
        start = values[bar]
        step = values[bar + 1] - start if bar + 1 < geometry.bars else 0.0
        for pixel in range(pixels):
            column = geometry.left + bar * pixels + centre + pixel
            if column >= geometry.left + geometry.bars * pixels:
                break
            row = row_of(start + step * pixel / pixels, low, high, geometry.height)
            tops[column] = min(row, previous + 1) if row > previous else row
            bottoms[column] = max(row + 1, previous) if row < previous else row + 1
            previous = row


@njit(cache=True, nogil=True)
def moving_average(
    values: NDArray[np.float64], length: int, bars: int, out: NDArray[np.float64]
) -> None:
    """Mean of the last `length` values at each of the last `bars` positions, into `out`."""
    first = len(values) - bars
    for position in range(bars):
        total = 0.0
        for back in range(length):
            total += values[first + position - back]
        out[position] = total / length
