"""From column extents to pixels.

Rows are filled in bands of at most 255, so that a row, an extent and their comparison all fit
into bytes: the processor then compares 32 or 64 columns at a time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.panels.panel import Extents
from quantsig.data.kernels import njit

Bytes = NDArray[np.uint8]

BAND = 255  # rows
GATHER = np.uint64(0x8040201008040201)  # times eight bytes of 0 or 1: their bits in the top byte
TOP_BYTE = np.uint64(56)


@njit(cache=True, nogil=True)
def fill(extents: Extents, out: NDArray[Any], ink: int = 1) -> None:
    """Set the pixels `top <= y < bottom` of every column to `ink`, clear the rest.

    Args:
        extents: (B, C, 2, W) top and bottom of each plane's columns.
        out: (B, C, H, W) of any number type, overwritten with 0 and `ink`.
        ink: what a set pixel holds.
    """
    samples, planes, height, width = out.shape
    blank, mark = out.dtype.type(0), out.dtype.type(ink)
    first, count = np.empty(width, np.uint8), np.empty(width, np.uint8)
    for sample in range(samples):
        for plane in range(planes):
            for start in range(0, height, BAND):
                band = out[sample, plane, start : min(start + BAND, height)]
                low, high = _cut(extents[sample, plane], start, len(band), first, count)
                band[:low] = blank
                for row in range(low, high):
                    y = np.uint8(row)
                    line = band[row]
                    for column in range(width):
                        inside = np.uint8(y - first[column]) < count[column]
                        line[column] = mark if inside else blank
                band[high:] = blank


@njit(cache=True, nogil=True)
def fill_packed(extents: Extents, height: int, out: Bytes) -> None:
    """Set the pixels as `fill` does, eight columns to a byte, the leftmost in the highest bit.

    Args:
        extents: (B, C, 2, W) top and bottom of each plane's columns.
        height: rows of the picture.
        out: (B, C, H, ceil(W / 8)), overwritten; what `np.packbits` makes of `fill`'s rows.
    """
    samples, planes = out.shape[:2]
    width = extents.shape[3]
    line = np.zeros(8 * out.shape[3], np.uint8)
    eights = line.view(np.uint64)
    first, count = np.empty(width, np.uint8), np.empty(width, np.uint8)
    for sample in range(samples):
        for plane in range(planes):
            for start in range(0, height, BAND):
                band = out[sample, plane, start : min(start + BAND, height)]
                low, high = _cut(extents[sample, plane], start, len(band), first, count)
                band[:low] = 0
                for row in range(low, high):
                    y = np.uint8(row)
                    for column in range(width):
                        line[column] = np.uint8(y - first[column]) < count[column]
                    for place in range(len(eights)):
                        band[row, place] = (eights[place] * GATHER) >> TOP_BYTE
                band[high:] = 0


@njit(cache=True, nogil=True)
def _cut(
    columns: Extents, start: int, rows: int, first: Bytes, count: Bytes
) -> tuple[np.int16, np.int16]:
    """The part of a plane's extents that lies in a band of rows.

    Args:
        columns: (2, W) top and bottom of one plane.
        start, rows: the band.
        first, count: (W,) filled with the first row in the band and the number of rows.

    Returns:
        The rows of the band that hold ink are within low..high, high excluded.
    """
    top, bottom = columns[0], columns[1]
    zero, end, offset = np.int16(0), np.int16(rows), np.int16(start)
    low, high = end, zero
    for column in range(len(first)):
        upper = min(max(np.int16(top[column] - offset), zero), end)
        lower = min(max(np.int16(bottom[column] - offset), upper), end)
        first[column] = upper
        count[column] = np.int16(lower - upper)
        low = min(low, upper if lower > upper else end)
        high = max(high, lower if lower > upper else zero)
    return low, max(low, high)
