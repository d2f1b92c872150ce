"""Draw charts: bars up to the decision bar in, binary planes out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts import calendar
from quantsig.data.charts.forms import FORMS
from quantsig.data.charts.panels import PANELS
from quantsig.data.charts.panels.panel import Extents, Geometry
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import unknown_name
from quantsig.data.resample import calendar_aligned, end_aligned

AT_ONCE = 8  # samples whose extents are held together, so that they stay in the cache


@dataclass(frozen=True, kw_only=True, slots=True)
class BarMatrix:
    """Bars as arrays that compiled code reads; symbols stand one after the other."""

    values: NDArray[np.float64]  # (N, 6) open, high, low, close, volume, adjustment
    times_us: NDArray[np.int64]  # (N,) close, microseconds since the epoch


def draw(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    out: NDArray[Any] | None = None,
    *,
    form: str = "uint8",
    threads: int = 1,
) -> NDArray[Any]:
    """Draw one chart per decision bar.

    Args:
        bars: the bars of one or more symbols.
        decision_rows: (B,) rows of the decision bars; each needs `spec.history_bars` rows of its
            own symbol, itself included.
        spec: what to draw.
        out: an array to draw into, of the form's type; made when None. A new array costs more
            time than the drawing, so use one again and again.
        form: a key of FORMS.
        threads: how many share the batch.

    Returns:
        (B, C, H, W) zeros and ones, planes in the order of `spec.planes`, H and W those of
        `spec.shape`. Form "packed" has ceil(W / 8) bytes for W, "bf16" the bits of bfloat16
        numbers, see `forms.as_tensor`.
    """
    if form not in FORMS:
        raise unknown_name("form", form, FORMS, where="the form of a drawing")
    decision_rows = np.ascontiguousarray(decision_rows, np.int64)
    if out is None:
        out = np.empty(FORMS[form].shape(len(decision_rows), *spec.shape), FORMS[form].dtype)
    cuts = np.linspace(0, len(decision_rows), min(threads, len(decision_rows)) + 1).astype(int)
    parts = [(bars, decision_rows[a:b], spec, out[a:b], form) for a, b in pairwise(cuts)]
    if len(parts) > 1:
        list(_pool(threads).map(lambda part: _draw_part(*part), parts))
    elif parts:
        _draw_part(*parts[0])
    return out


def column_extents(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    out: Extents | None = None,
) -> Extents:
    """Integer extents of every plane's columns, the form both fills start from.

    Args:
        bars, decision_rows, spec: as for `draw`.
        out: (B, C, 2, W) to fill; made when None.

    Returns:
        (B, C, 2, W) top and bottom rows; a column with top = bottom is empty. Cropping and
        padding are done here, so the fills know nothing of them.
    """
    decision_rows = np.ascontiguousarray(decision_rows, np.int64)
    planes, height, width = spec.shape
    if out is None:
        out = np.empty((len(decision_rows), planes, 2, width), np.int16)
    if not any(spec.crop + spec.pad):
        _panel_extents(bars, decision_rows, spec, out)
        return out
    drawn = np.empty((len(decision_rows), planes, 2, spec.width), np.int16)
    _panel_extents(bars, decision_rows, spec, drawn)
    (cut_rows, cut_columns), (more_rows, more_columns) = spec.crop, spec.pad
    kept = drawn[..., cut_columns : spec.width - cut_columns]
    out[:] = 0
    inner = out[..., more_columns : width - more_columns]
    inner[:] = np.clip(kept - cut_rows, 0, height - 2 * more_rows) + more_rows
    return out


def _draw_part(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    out: NDArray[Any],
    form: str,
) -> None:
    planes, height, width = spec.shape
    extents = np.empty((min(AT_ONCE, len(out)), planes, 2, width), np.int16)
    for start in range(0, len(out), AT_ONCE):
        rows = decision_rows[start : start + AT_ONCE]
        column_extents(bars, rows, spec, extents[: len(rows)])
        FORMS[form].fill(extents[: len(rows)], height, out[start : start + AT_ONCE])


def _panel_extents(
    bars: BarMatrix, decision_rows: NDArray[np.int64], spec: ChartSpec, out: Extents
) -> None:
    """Fill (B, C, 2, spec.width) before crop and pad; panels without a drawn plane are skipped."""
    geometry = Geometry(
        bars=spec.bars,
        bar_pixels=spec.bar_pixels,
        left=spec.width - spec.bars * spec.bar_pixels,
        height=spec.height,
        fast_bars=spec.fast_bars,
        slow_bars=spec.slow_bars,
    )
    out[:] = 0
    windows = np.empty((len(decision_rows), spec.window_bars, 5))
    first = 0
    for multiple in spec.timeframes:
        _resample(bars, decision_rows, multiple, spec, windows)
        for panel in spec.panels:
            names = [f"{panel}.{plane}@{multiple}" for plane in PANELS[panel].planes]
            kept = [place for place, name in enumerate(names) if name not in spec.drop_planes]
            planes = out[:, first : first + len(kept)]
            first += len(kept)
            if len(kept) == len(names):
                PANELS[panel].extents(windows, geometry, planes)
            elif kept:
                every = np.zeros((len(out), len(names), 2, spec.width), np.int16)
                PANELS[panel].extents(windows, geometry, every)
                planes[:] = every[:, kept]
    if "calendar" in spec.planes:
        weekly = spec.calendar == "week"
        calendar.extents(bars.times_us, decision_rows, weekly, geometry, out[:, first:])


def _resample(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    multiple: int,
    spec: ChartSpec,
    windows: NDArray[np.float64],
) -> None:
    if spec.alignment == "end":
        end_aligned(bars.values, decision_rows, multiple, windows)
    else:
        bar_us = spec.bar_seconds * 1_000_000
        calendar_aligned(bars.values, bars.times_us, decision_rows, multiple, bar_us, windows)


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="draw")
