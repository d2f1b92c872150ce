"""The bars a chart shows, as numbers for models that read no pixels."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix, resample_windows
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.kernels import njit
from quantsig.data.resample import CLOSE, VOLUME

FIELDS = ("open", "high", "low", "close", "volume")  # channels of each timeframe, in order
STILL = 1e-12  # RMS return of a window that did not move but for rounding
AT_ONCE = 64  # samples whose windows are held together, so that memory stays flat


def scaled_bars(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """The visible bars of every timeframe, scaled inside the window.

    Prices are log(price / last close) over the root mean square of the window's log returns from
    close to close, 1 where nothing moved. Volume is divided by its mean over the window; it is 0
    where there is none. Each timeframe has a window and a scale of its own.

    Args:
        bars: the bars of one or more symbols.
        decision_rows: (B,) rows of the decision bars, each with the history the chart needs.
        spec: the chart; its timeframes, visible bars and alignment are used.
        out: (B, 5 * timeframes, spec.bars) to fill; made when None.

    Returns:
        (B, 5 * timeframes, spec.bars) float32, FIELDS of the first timeframe first, the newest
        bar last.
    """
    decision_rows = np.ascontiguousarray(decision_rows, np.int64)
    fields = len(FIELDS)
    if out is None:
        shape = (len(decision_rows), fields * len(spec.timeframes), spec.bars)
        out = np.empty(shape, np.float32)
    windows = np.empty((min(AT_ONCE, len(out)), spec.bars, fields))
    for start in range(0, len(out), AT_ONCE):
        rows = decision_rows[start : start + AT_ONCE]
        for place, multiple in enumerate(spec.timeframes):
            resample_windows(bars, rows, multiple, spec, windows[: len(rows)])
            channels = out[start : start + AT_ONCE, place * fields : (place + 1) * fields]
            _scale(windows[: len(rows)], channels)
    return out


@njit(cache=True, nogil=True)
def _scale(windows: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    """Windows (B, N, 5) to scaled channels (B, 5, N)."""
    samples, bars, _ = windows.shape
    for sample in range(samples):
        window = windows[sample]
        last = window[bars - 1, CLOSE]
        squares, volume = 0.0, window[0, VOLUME]
        for bar in range(1, bars):
            squares += np.log(window[bar, CLOSE] / window[bar - 1, CLOSE]) ** 2
            volume += window[bar, VOLUME]
        unit = np.sqrt(squares / max(bars - 1, 1))
        if unit < STILL:
            unit = 1.0
        mean = volume / bars if volume > 0.0 else 1.0
        for bar in range(bars):
            for price in range(CLOSE + 1):
                out[sample, price, bar] = np.log(window[bar, price] / last) / unit
            out[sample, VOLUME, bar] = window[bar, VOLUME] / mean
