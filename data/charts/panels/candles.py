"""Candles: bodies of rising bars, bodies of falling bars, and the high-low wicks."""

from quantsig.data.charts.panels.panel import Extents, Geometry, Windows, price_range, row_of
from quantsig.data.kernels import njit
from quantsig.data.resample import CLOSE, HIGH, LOW, OPEN


@njit(cache=True, nogil=True)
def extents(windows: Windows, geometry: Geometry, out: Extents) -> None:
    """Fill planes up, down, wicks; a bar that closes where it opened counts as up."""
    height, pixels = geometry.height, geometry.bar_pixels
    body_pixels = max(pixels - 1, 1)
    for sample in range(len(windows)):
        window = windows[sample]
        low, high = price_range(window, geometry.bars)
        for bar in range(geometry.bars):
            prices = window[len(window) - geometry.bars + bar]
            plane = 0 if prices[CLOSE] >= prices[OPEN] else 1
            top = row_of(max(prices[OPEN], prices[CLOSE]), low, high, height)
            bottom = row_of(min(prices[OPEN], prices[CLOSE]), low, high, height) + 1
            first = geometry.left + bar * pixels
            out[sample, plane, 0, first : first + body_pixels] = top
            out[sample, plane, 1, first : first + body_pixels] = bottom
            centre = first + (pixels - 1) // 2
            out[sample, 2, 0, centre] = row_of(prices[HIGH], low, high, height)
            out[sample, 2, 1, centre] = row_of(prices[LOW], low, high, height) + 1
