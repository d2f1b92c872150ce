"""The calendar plane: where sessions begin, and how far the session has gone."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.panels.panel import Extents, Geometry
from quantsig.data.kernels import njit

DAY_US = 86_400_000_000
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0


@njit(cache=True, nogil=True)
def extents(
    times_us: NDArray[np.int64],
    decision_rows: NDArray[np.int64],
    weekly: bool,
    geometry: Geometry,
    out: Extents,
) -> None:
    """Fill one plane from the stamps of the base bars.

    A bar that opens a new session is marked by a full-height column at its left; its other
    columns rise with the share of the session that has passed when it closes. A session is a
    UTC day, or with `weekly` a UTC week from Monday.

    Args:
        times_us: (N,) close of each bar, microseconds since the epoch.
        decision_rows: (B,) rows that windows end at; the row before the window must exist.
        weekly: sessions are weeks.
        out: (B, 1, 2, W), zeroed.
    """
    length = 7 * DAY_US if weekly else DAY_US
    offset = EPOCH_WEEKDAY * DAY_US if weekly else 0
    for sample in range(len(decision_rows)):
        for bar in range(geometry.bars):
            row = decision_rows[sample] - geometry.bars + 1 + bar
            instant = times_us[row] - 1 + offset  # a stamp at midnight closes the day before
            share = (instant % length + 1) / length
            first = geometry.left + bar * geometry.bar_pixels
            after = first + max(geometry.bar_pixels - 1, 1)
            top = geometry.height - int(np.ceil(share * geometry.height))
            out[sample, 0, 0, first:after] = top
            out[sample, 0, 1, first:after] = geometry.height
            if row > 0 and instant // length != (times_us[row - 1] - 1 + offset) // length:
                out[sample, 0, 0, first] = 0
