"""When the bars of a window began and closed: what is said of a bar became known between."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.spec import ChartSpec
from quantsig.data.resample import newest_rows
from quantsig.data.sequences.spec import SequenceSpec

Integers = NDArray[np.int64]


def window_edges(
    times_us: Integers, rows: Integers, spec: SequenceSpec, chart: ChartSpec, step_us: int
) -> Integers:
    """(B, N + 1) when the oldest bar of each window began, and when each of its N bars closed.

    The oldest bar began as long before its close as the next bar closed after it.

    Args:
        times_us: when the base bars of a symbol, or of several one after another, closed.
        rows: (B,) of the decision bars, each with the history that the chart asks for.
        spec: of one timeframe.
        chart: that the sequence goes by.
        step_us: from base bar to base bar, which is how long a single bar of a window was.
    """
    (frame,) = spec.frames(chart)
    newest = np.empty((len(rows), spec.bars(chart)), np.int64)
    bar_us = chart.bar_seconds * 1_000_000 if chart.alignment == "calendar" else 0
    newest_rows(times_us, np.ascontiguousarray(rows), frame, bar_us, newest)
    closes = times_us[newest]
    length = closes[:, 1] - closes[:, 0] if closes.shape[1] > 1 else step_us
    return np.concatenate([(closes[:, 0] - length)[:, None], closes], axis=1)
