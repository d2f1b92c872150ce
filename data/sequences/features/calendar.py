"""Where each close lies in the day, the week and the year, in UTC, as points on circles.

Sine and cosine, so that the end of a day lies beside its beginning. A year is the Gregorian mean of
365.2425 days.
"""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.kernels import njit
from quantsig.data.resample import MONDAY_US

DAY_US = 86_400_000_000
PERIODS_US = (DAY_US, 7 * DAY_US, 31_556_952_000_000)


@njit(cache=True, nogil=True)
def values(
    windows: NDArray[np.float64], times_us: NDArray[np.int64], out: NDArray[np.float32]
) -> None:
    """Closes (B, N) to channels (B, 6, N): sine and cosine of day, week and year."""
    samples, bars = times_us.shape
    for sample in range(samples):
        for bar in range(bars):
            for place in range(len(PERIODS_US)):
                start = MONDAY_US if place == 1 else 0
                passed = (times_us[sample, bar] - start) % PERIODS_US[place] / PERIODS_US[place]
                out[sample, 2 * place, bar] = np.sin(2.0 * np.pi * passed)
                out[sample, 2 * place + 1, bar] = np.cos(2.0 * np.pi * passed)
