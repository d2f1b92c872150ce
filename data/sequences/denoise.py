"""Wavelet shrinkage inside a window; the series around it is not looked at.

Donoho and Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage": details are moved
towards zero by sigma sqrt(2 ln N), where sigma is the median size of the finest details over .6745.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.errors import UsageError

MOST_LEVELS = 3
NORMAL_MEDIAN = 0.6745  # of the size of a standard normal number


def denoised(channels: NDArray[np.float32], wavelet: str) -> NDArray[np.float32]:
    """Each channel (B, C, N) without its small details, in place of its old values.

    Args:
        channels: the features; every row is taken by itself.
        wavelet: haar or db4.

    Raises:
        UsageError: PyWavelets is not installed.
    """
    try:
        import pywt  # noqa: PLC0415 - only where it is asked for
    except ImportError as error:
        raise UsageError(
            "wavelets need PyWavelets.",
            where="input.denoise",
            remedy='Install it: pip install "quantsig[wavelets]"',
        ) from error
    bars = channels.shape[-1]
    levels = min(MOST_LEVELS, pywt.dwt_max_level(bars, wavelet))
    rows = channels.astype(np.float64)
    found: list[NDArray[Any]] = pywt.wavedec(rows, wavelet, "symmetric", levels, axis=-1)
    sigma = np.median(np.abs(found[-1]), axis=-1, keepdims=True) / NORMAL_MEDIAN
    least = sigma * np.sqrt(2.0 * np.log(bars))
    shrunk = [np.sign(part) * np.maximum(np.abs(part) - least, 0.0) for part in found[1:]]
    channels[:] = pywt.waverec([found[0], *shrunk], wavelet, "symmetric", axis=-1)[..., :bars]
    return channels
