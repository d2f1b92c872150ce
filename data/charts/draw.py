"""Draw charts: bars up to the decision bar in, binary planes out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts import calendar
from quantsig.data.charts.forms import FORMS, merge
from quantsig.data.charts.panels import PANELS
from quantsig.data.charts.panels.panel import Extents, Geometry
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import unknown_name
from quantsig.data.language.messages import term
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
        raise unknown_name("form", form, FORMS, where=term("the form of a drawing"))
    decision_rows = np.ascontiguousarray(decision_rows, np.int64)
    if out is None:
        out = np.empty(FORMS[form].shape(len(decision_rows), *spec.shape), FORMS[form].dtype)
    whole = out
    share(
        lambda part: _draw_part(bars, decision_rows[part], spec, whole[part], form),
        len(decision_rows),
        threads,
    )
    return out


def column_extents(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    out: Extents | None = None,
    *,
    threads: int = 1,
) -> Extents:
    """Integer extents of every layer's columns, the form both fills start from.

    Args:
        bars, decision_rows, spec: as for `draw`.
        out: (B, L, 2, W) to fill; made when None.
        threads: how many share the batch.

    Returns:
        (B, L, 2, W) top and bottom rows of `spec.layers`, which are the planes unless those are
        merged; a column with top = bottom is empty. Cropping and padding are done here, so the
        fills know nothing of them.
    """
    decision_rows = np.ascontiguousarray(decision_rows, np.int64)
    if out is None:
        shape = (len(decision_rows), len(spec.layers), 2, spec.shape[2])
        out = np.empty(shape, np.int16)
    whole = out
    share(
        lambda part: _extents_part(bars, decision_rows[part], spec, whole[part]),
        len(decision_rows),
        threads,
    )
    return out


def share(work: Callable[[slice], None], samples: int, threads: int) -> None:
    """Have parts of a batch worked on side by side, by at most so many threads."""
    cuts = np.linspace(0, samples, min(threads, samples) + 1).astype(int)
    parts = [slice(first, end) for first, end in pairwise(cuts)]
    if len(parts) > 1:
        list(_pool(threads).map(work, parts))
    elif parts:
        work(parts[0])


def _extents_part(
    bars: BarMatrix, decision_rows: NDArray[np.int64], spec: ChartSpec, out: Extents
) -> None:
    if not any(spec.crop + spec.pad):
        _panel_extents(bars, decision_rows, spec, out)
        return
    (cut_rows, cut_columns), (more_rows, more_columns) = spec.crop, spec.pad
    _, layers, _, width = out.shape
    drawn = np.empty((len(out), layers, 2, spec.width), np.int16)
    _panel_extents(bars, decision_rows, spec, drawn)
    kept = drawn[..., cut_columns : spec.width - cut_columns]
    out[:] = 0
    inner = out[..., more_columns : width - more_columns]
    inner[:] = np.clip(kept - cut_rows, 0, spec.shape[1] - 2 * more_rows) + more_rows


def _draw_part(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    out: NDArray[Any],
    form: str,
) -> None:
    extents = np.empty((min(AT_ONCE, len(out)), len(spec.layers), 2, spec.shape[2]), np.int16)
    apart = _layers_apart(spec, len(extents), form)
    for start in range(0, len(out), AT_ONCE):
        rows = decision_rows[start : start + AT_ONCE]
        column_extents(bars, rows, spec, extents[: len(rows)])
        _fill_part(extents[: len(rows)], spec, out[start : start + AT_ONCE], form, apart)


def fill_charts(extents: Extents, spec: ChartSpec, out: NDArray[Any]) -> None:
    """Fill charts from the extents of their layers, as `draw` does.

    Args:
        extents: (B, L, 2, W) as `column_extents` gives them.
        spec: what they show.
        out: (B, C, H, W) uint8, overwritten with zeros and ones.
    """
    apart = _layers_apart(spec, min(AT_ONCE, len(out)), "uint8")
    for start in range(0, len(out), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        _fill_part(extents[part], spec, out[part], "uint8", apart)


def _layers_apart(spec: ChartSpec, samples: int, form: str) -> NDArray[Any] | None:
    """Where the layers of so many charts are filled before they are merged; None: they are not."""
    if not spec.merge:
        return None
    kind, (_, height, width) = FORMS[form], spec.shape
    return np.empty(kind.shape(samples, len(spec.layers), height, width), kind.dtype)


def _fill_part(
    extents: Extents,
    spec: ChartSpec,
    out: NDArray[Any],
    form: str,
    apart: NDArray[Any] | None,
) -> None:
    kind, height = FORMS[form], spec.shape[1]
    if apart is None:
        kind.fill(extents, height, out)
    else:
        kind.fill(extents, height, apart[: len(out)])
        merge(apart[: len(out)], spec.first_layers, out)


def _panel_extents(
    bars: BarMatrix, decision_rows: NDArray[np.int64], spec: ChartSpec, out: Extents
) -> None:
    """Fill (B, L, 2, spec.width) before crop and pad; panels that are not drawn are skipped."""
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
        resample_windows(bars, decision_rows, multiple, spec, windows)
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
    if "calendar" in spec.layers:
        weekly = spec.calendar == "week"
        calendar.extents(bars.times_us, decision_rows, weekly, geometry, out[:, first:])


def resample_windows(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    multiple: int,
    spec: ChartSpec,
    windows: NDArray[np.float64],
) -> None:
    """Fill windows (B, M, 5) with the newest M bars of a timeframe, grouped as the spec says."""
    if spec.alignment == "end":
        end_aligned(bars.values, decision_rows, multiple, windows)
    else:
        bar_us = spec.bar_seconds * 1_000_000
        calendar_aligned(bars.values, bars.times_us, decision_rows, multiple, bar_us, windows)


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="draw")
