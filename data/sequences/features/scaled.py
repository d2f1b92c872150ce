"""The bars of a window as numbers that are scaled inside it.

Prices are log(price / last close) over the root mean square of the window's log returns from close
to close, 1 where nothing moved. Volume is divided by its mean over the window; it is 0 where there
is none.
"""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit
from quantsig.data.resample import CLOSE, VOLUME

STILL = 1e-12  # RMS return of a window that did not move but for rounding


@njit(cache=True, nogil=True)
def values(
    windows: NDArray[np.float64], times_us: NDArray[np.int64], out: NDArray[np.float32]
) -> None:
    """Windows (B, N, 6) to channels (B, 5, N): open, high, low, close, volume."""
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
