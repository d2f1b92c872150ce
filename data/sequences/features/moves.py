"""The eleven features of Feng et al. (IJCAI 2019), in percent.

Open, high and low over the close, less 1; the raw close and the adjusted close over the one before,
less 1; the means of the last 5, 10, 15, 20, 25 and 30 adjusted closes over the adjusted close, less
1.
"""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit
from quantsig.data.resample import ADJUSTMENT, CLOSE

PERCENT = 100.0
MEANS, STEP = 6, 5  # of 5, 10, ... 30 closes
BEFORE = MEANS * STEP - 1


@njit(cache=True, nogil=True)
def values(
    windows: NDArray[np.float64], times_us: NDArray[np.int64], out: NDArray[np.float32]
) -> None:
    """Windows (B, N + 29, 6) to channels (B, 11, N)."""
    samples, _, bars = out.shape
    for sample in range(samples):
        window = windows[sample]
        for bar in range(bars):
            now = bar + BEFORE
            close, before = window[now, CLOSE], window[now - 1, CLOSE]
            raw = (close / window[now, ADJUSTMENT]) / (before / window[now - 1, ADJUSTMENT])
            for price in range(CLOSE):
                out[sample, price, bar] = PERCENT * (window[now, price] / close - 1.0)
            out[sample, CLOSE, bar] = PERCENT * (raw - 1.0)
            out[sample, CLOSE + 1, bar] = PERCENT * (close / before - 1.0)
            total = 0.0
            for mean in range(MEANS):
                for back in range(mean * STEP, (mean + 1) * STEP):
                    total += window[now - back, CLOSE]
                share = total / ((mean + 1) * STEP) / close
                out[sample, CLOSE + 2 + mean, bar] = PERCENT * (share - 1.0)
