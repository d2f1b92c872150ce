"""Log returns of every bar, in percent: from close to close, to the open, and from low to high."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit
from quantsig.data.resample import CLOSE, HIGH, LOW, OPEN

PERCENT = 100.0


@njit(cache=True, nogil=True)
def values(
    windows: NDArray[np.float64], times_us: NDArray[np.int64], out: NDArray[np.float32]
) -> None:
    """Windows (B, N + 1, 6) to channels (B, 3, N): close, gap, range."""
    samples, _, bars = out.shape
    for sample in range(samples):
        window = windows[sample]
        for bar in range(bars):
            now, before = window[bar + 1], window[bar, CLOSE]
            out[sample, 0, bar] = PERCENT * np.log(now[CLOSE] / before)
            out[sample, 1, bar] = PERCENT * np.log(now[OPEN] / before)
            out[sample, 2, bar] = PERCENT * np.log(now[HIGH] / now[LOW])
