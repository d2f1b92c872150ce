"""Coarser bars from base bars that end at the decision bar, so that no later bar enters."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit

OPEN, HIGH, LOW, CLOSE, VOLUME, ADJUSTMENT = range(6)  # columns of a bar matrix
MONDAY_US = 4 * 86_400_000_000  # 1970-01-05, the first Monday of the epoch


@njit(cache=True, nogil=True)
def end_aligned(
    bars: NDArray[np.float64],
    decision_rows: NDArray[np.int64],
    multiple: int,
    windows: NDArray[np.float64],
) -> None:
    """Group the bars that end at each decision bar by `multiple`, newest group last.

    Prices are adjusted to the decision bar: each is multiplied by its own adjustment over that
    of the decision bar, volume is divided by it. A later split or dividend scales both alike and
    so changes nothing. Rows before the decision bar must belong to the same symbol.

    Args:
        bars: (N, 6) open, high, low, close, volume, adjustment; one row a base bar.
        decision_rows: (B,) rows of `bars`, each with at least M * multiple - 1 rows before it.
        multiple: base bars in a group, >= 1.
        windows: (B, M, 5), filled with open, high, low, close, volume.
    """
    count = windows.shape[1]
    for sample in range(len(decision_rows)):
        end = decision_rows[sample] + 1
        reference = bars[end - 1, ADJUSTMENT]
        for group in range(count):
            first = end - (count - group) * multiple
            _merge(bars, first, first + multiple, reference, windows[sample, group])


@njit(cache=True, nogil=True)
def calendar_aligned(
    bars: NDArray[np.float64],
    times_us: NDArray[np.int64],
    decision_rows: NDArray[np.int64],
    multiple: int,
    bar_us: int,
    windows: NDArray[np.float64],
) -> None:
    """Group the bars up to each decision bar by the clock, newest group last.

    A group covers `multiple * bar_us` of time. Groups are counted from a Monday, 00:00 UTC, so a
    length that divides a day or a week ends with it. The group of the decision bar holds what has
    closed so far and may be partial; a time without bars makes no group. No group holds more than
    `multiple` bars, so none looks back further than `end_aligned` does.

    Args:
        bars, decision_rows, multiple, windows: as for `end_aligned`.
        times_us: (N,) close of each bar, microseconds since the epoch.
        bar_us: time from base bar to base bar, microseconds.
    """
    count = windows.shape[1]
    length_us = multiple * bar_us
    for sample in range(len(decision_rows)):
        end = decision_rows[sample] + 1
        reference = bars[end - 1, ADJUSTMENT]
        for group in range(count - 1, -1, -1):
            first = _group_start(times_us, end, multiple, length_us)
            _merge(bars, first, end, reference, windows[sample, group])
            end = first


@njit(cache=True, nogil=True)
def newest_rows(
    times_us: NDArray[np.int64],
    decision_rows: NDArray[np.int64],
    multiple: int,
    bar_us: int,
    newest: NDArray[np.int64],
) -> None:
    """The row of the newest base bar in each group that those two functions make.

    Args:
        times_us, decision_rows, multiple: as for `calendar_aligned`.
        bar_us: as there; 0 where groups end at the decision bar.
        newest: (B, M), filled with rows.
    """
    count = newest.shape[1]
    length_us = multiple * bar_us
    for sample in range(len(decision_rows)):
        end = decision_rows[sample] + 1
        for group in range(count - 1, -1, -1):
            newest[sample, group] = end - 1
            if bar_us == 0:
                end -= multiple
            else:
                end = _group_start(times_us, end, multiple, length_us)


@njit(cache=True, nogil=True)
def _group_start(times_us: NDArray[np.int64], end: int, multiple: int, length_us: int) -> int:
    """The first row of the group by the clock whose last one is that before `end`."""
    first = end - 1
    period = _period(times_us[first], length_us)
    while end - first < multiple and _period(times_us[first - 1], length_us) == period:
        first -= 1
    return first


@njit(cache=True, nogil=True)
def _period(time_us: int, length_us: int) -> int:
    """Number of the period a bar with this close lies in; a close at its end is still inside."""
    return (time_us - 1 - MONDAY_US) // length_us


@njit(cache=True, nogil=True)
def _merge(
    bars: NDArray[np.float64], first: int, after: int, reference: float, bar: NDArray[np.float64]
) -> None:
    """Make one bar of the rows first..after, after excluded, adjusted to `reference`."""
    factor = bars[first, ADJUSTMENT] / reference
    bar[OPEN] = bars[first, OPEN] * factor
    bar[HIGH] = bars[first, HIGH] * factor
    bar[LOW] = bars[first, LOW] * factor
    bar[VOLUME] = 0.0
    for row in range(first, after):
        factor = bars[row, ADJUSTMENT] / reference
        bar[HIGH] = max(bar[HIGH], bars[row, HIGH] * factor)
        bar[LOW] = min(bar[LOW], bars[row, LOW] * factor)
        bar[CLOSE] = bars[row, CLOSE] * factor
        bar[VOLUME] += bars[row, VOLUME] / factor
