"""Windows of bars as the channels of features that a model of sequences reads."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix, resample_windows
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.resample import ADJUSTMENT, newest_rows
from quantsig.data.sequences.denoise import denoised
from quantsig.data.sequences.features import FEATURES
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec

AT_ONCE = 64  # samples whose windows are held together, so that memory stays flat


def sequences(
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    chart: ChartSpec,
    spec: SequenceSpec = AS_CHARTED,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """The features of every timeframe, each of windows that end at the decision bars.

    Args:
        bars: the bars of one or more symbols.
        decision_rows: (B,) rows of the decision bars, each with the history the chart needs.
        chart: how bars are grouped; what it shows is the default of the spec.
        spec: features, bars and timeframes.
        out: (B, C, N) to fill, as `spec.shape` says; made when None.

    Returns:
        (B, C, N) float32, channels in the order of `spec.channels`, the newest bar last.
    """
    decision_rows = np.ascontiguousarray(decision_rows, np.int64)
    if out is None:
        out = np.empty((len(decision_rows), *spec.shape(chart)), np.float32)
    window_bars = spec.bars(chart) + spec.bars_before
    held = min(AT_ONCE, len(out))
    windows, newest = np.empty((held, window_bars, 6)), np.empty((held, window_bars), np.int64)
    for start in range(0, len(out), AT_ONCE):
        rows = decision_rows[start : start + AT_ONCE]
        channels = out[start : start + AT_ONCE]
        first = 0
        for frame in spec.frames(chart):
            part, last = windows[: len(rows)], newest[: len(rows)]
            resample_windows(bars, rows, frame, chart, part[:, :, :ADJUSTMENT])
            bar_us = chart.bar_seconds * 1_000_000 if chart.alignment == "calendar" else 0
            newest_rows(bars.times_us, rows, frame, bar_us, last)
            adjustment = bars.values[:, ADJUSTMENT]
            np.divide(adjustment[last], adjustment[rows, None], out=part[:, :, ADJUSTMENT])
            times_us = bars.times_us[last]
            for name in spec.features:
                features = FEATURES[name]
                own = spec.bars_before - features.bars_before
                after = first + len(features.names)
                features.values(part[:, own:], times_us[:, own:], channels[:, first:after])
                first = after
        if spec.denoise is not None:
            denoised(channels, spec.denoise)
    return out
