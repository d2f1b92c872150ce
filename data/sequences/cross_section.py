"""Which bar of each symbol belongs to a time: the only place where rows of others are chosen."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit

ABSENT = -1  # the row of a symbol that is not there
Rows = NDArray[np.int64]


@njit(cache=True, nogil=True)
def member_rows(
    times_us: Rows, ranges: Rows, when_us: Rows, since_us: Rows, history: int, out: Rows
) -> None:
    """Fill `out` (U, S) with the newest row of each symbol at each time, or ABSENT.

    A row is never of a bar stamped after the time. A symbol is absent where it has fewer bars
    than a sample needs, and where it has none that is newer than the bar before of those that
    close at that time: it is halted, or no longer listed. Markets that close at other hours of
    the same day are there, each with its own newest close. Which bars are decisions is not asked.

    Args:
        times_us: (R,) closes of all bars, ascending inside a symbol.
        ranges: (2, S) the first row of each symbol, and the one after its last; the same where it
            has no bars.
        when_us: (U,) the times.
        since_us: (U,) a bar that is not newer is stale, whatever the others closed.
        history: bars, the newest included, that a symbol needs.
        out: (U, S).
    """
    for unit in range(len(when_us)):
        when = when_us[unit]
        since = since_us[unit]
        for symbol in range(ranges.shape[1]):
            first = ranges[0, symbol]
            low, high = first, ranges[1, symbol]
            while low < high:  # the first row stamped after the time
                middle = (low + high) // 2
                if times_us[middle] <= when:
                    low = middle + 1
                else:
                    high = middle
            row = low - 1
            out[unit, symbol] = row if row >= first else ABSENT
            if row > first and times_us[row] == when:
                since = max(since, times_us[row - 1])
        for symbol in range(ranges.shape[1]):
            row = out[unit, symbol]
            if row == ABSENT:
                continue
            if row - ranges[0, symbol] + 1 < history or times_us[row] <= since:
                out[unit, symbol] = ABSENT
