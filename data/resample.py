"""Coarser bars from base bars, counted back from the decision bar so that no later bar enters."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

OPEN, HIGH, LOW, CLOSE, VOLUME, ADJUSTMENT = range(6)  # columns of a bar matrix


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
            factor = bars[first, ADJUSTMENT] / reference
            bar = windows[sample, group]
            bar[OPEN] = bars[first, OPEN] * factor
            bar[HIGH] = bars[first, HIGH] * factor
            bar[LOW] = bars[first, LOW] * factor
            bar[VOLUME] = 0.0
            for row in range(first, first + multiple):
                factor = bars[row, ADJUSTMENT] / reference
                bar[HIGH] = max(bar[HIGH], bars[row, HIGH] * factor)
                bar[LOW] = min(bar[LOW], bars[row, LOW] * factor)
                bar[CLOSE] = bars[row, CLOSE] * factor
                bar[VOLUME] += bars[row, VOLUME] / factor
