"""Draw charts: bars up to the decision bar in, binary planes out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts import calendar, raster
from quantsig.data.charts.panels import PANELS
from quantsig.data.charts.panels.panel import Extents, Geometry
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.resample import end_aligned


@dataclass(frozen=True, kw_only=True, slots=True)
class BarMatrix:
    """Bars as arrays that compiled code reads; symbols stand one after the other."""

    values: NDArray[np.float64]  # (N, 6) open, high, low, close, volume, adjustment
    times_us: NDArray[np.int64]  # (N,) close, microseconds since the epoch


def draw(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Draw one chart per decision bar.

    Args:
        bars: the bars of one or more symbols.
        decision_rows: (B,) rows of the decision bars; each needs `spec.history_bars` rows of its
            own symbol, itself included.
        spec: what to draw.
        out: (B, C, H, W) to draw into; made when None.

    Returns:
        (B, C, H, W) zeros and ones, planes in the order of `spec.planes`.
    """
    if out is None:
        out = np.empty((len(decision_rows), len(spec.planes), spec.height, spec.width), np.uint8)
    raster.fill(column_extents(bars, decision_rows, spec), out)
    return out


def column_extents(bars: BarMatrix, decision_rows: NDArray[np.int64], spec: ChartSpec) -> Extents:
    """Integer extents of every plane's columns, the form both fills start from.

    Returns:
        (B, C, 2, W) top and bottom rows; a column with top = bottom is empty.
    """
    decision_rows = np.ascontiguousarray(decision_rows, np.int64)
    geometry = Geometry(
        bars=spec.bars,
        bar_pixels=spec.bar_pixels,
        left=spec.width - spec.bars * spec.bar_pixels,
        height=spec.height,
        fast_bars=spec.fast_bars,
        slow_bars=spec.slow_bars,
    )
    samples = len(decision_rows)
    extents = np.zeros((samples, len(spec.planes), 2, spec.width), np.int16)
    windows = np.empty((samples, spec.window_bars, 5))
    plane = 0
    for multiple in spec.timeframes:
        end_aligned(bars.values, decision_rows, multiple, windows)
        for name in spec.panels:
            after = plane + len(PANELS[name].planes)
            PANELS[name].extents(windows, geometry, extents[:, plane:after])
            plane = after
    if spec.calendar != "none":
        weekly = spec.calendar == "week"
        calendar.extents(bars.times_us, decision_rows, weekly, geometry, extents[:, plane:])
    return extents
