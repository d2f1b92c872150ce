"""Features that know the future, and fifty that do not."""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

Feature = Callable[[pl.DataFrame], pl.Series]
CLOSE, OPEN, VOLUME = pl.col("close"), pl.col("open"), pl.col("volume")


def _of(expression: pl.Expr, bars: pl.DataFrame) -> pl.Series:
    return bars.select(expression).to_series()


def feature(expression: pl.Expr) -> Feature:
    return partial(_of, expression)


def label_in_the_picture(bars: pl.DataFrame) -> pl.Series:
    """The bar after the decision as the last of the window."""
    return bars["close"].shift(-1).fill_null(strategy="forward")


LEAKS: dict[str, Feature] = {
    "forward_return": feature(OPEN.shift(-2) / OPEN.shift(-1) - 1),
    "whole_z_score": feature((CLOSE - CLOSE.mean()) / CLOSE.std()),
    "whole_min_max": feature((CLOSE - CLOSE.min()) / (CLOSE.max() - CLOSE.min())),
    "whole_rank": feature(CLOSE.rank()),
    "centred_window": feature(CLOSE.rolling_mean(5, center=True)),
    "back_fill": feature(
        pl.when(VOLUME.rolling_mean(10) < VOLUME).then(CLOSE).fill_null(strategy="backward")
    ),
    "label_in_the_picture": label_in_the_picture,
}


def _slope(bars: int, frame: pl.DataFrame) -> np.ndarray:
    values = np.log(frame["close"].to_numpy())
    found = np.full(len(values), np.nan)
    if len(values) >= bars:
        windows = np.lib.stride_tricks.sliding_window_view(values, bars)
        found[bars - 1 :] = windows @ (np.arange(bars) - (bars - 1) / 2)
    return found


def _cumulative(frame: pl.DataFrame) -> np.ndarray:
    return np.cumsum(np.sign(np.diff(frame["close"].to_numpy(), prepend=frame["close"][0])))


def _convolved(bars: int, frame: pl.DataFrame) -> np.ndarray:
    """Its sums have another order of addition where the bars are fewer."""
    return np.convolve(frame["close"].to_numpy(), np.hanning(bars + 2))[: len(frame)]


def _several(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        up=CLOSE > OPEN, body=(CLOSE - OPEN).abs(), hour=pl.col("timestamp").dt.hour()
    )


def _expanding(frame: pl.DataFrame) -> pl.Series:
    """A z-score over the past alone."""
    counts = pl.int_range(1, pl.len() + 1)
    mean = CLOSE.cum_sum() / counts
    square = (CLOSE**2).cum_sum() / counts
    return frame.select((CLOSE - mean) / (square - mean**2).clip(1e-12).sqrt()).to_series()


WINDOWS = (2, 3, 5, 10, 20)
Causal = Callable[[pl.DataFrame], object]


def _windowed(bars: int) -> dict[str, Causal]:
    return {
        "momentum": feature(CLOSE.pct_change(bars)),
        "mean": feature(CLOSE.rolling_mean(bars)),
        "deviation": feature(CLOSE.rolling_std(bars)),
        "rolling_rank": feature(CLOSE.rolling_max(bars) - CLOSE),
        "exponential": feature(CLOSE.ewm_mean(span=bars)),
        "volume_ratio": feature(VOLUME / VOLUME.rolling_mean(bars)),
        "slope": partial(_slope, bars),
        "convolved": partial(_convolved, bars),
        "delayed": feature(CLOSE.shift(bars)),
    }


CAUSAL: dict[str, Causal] = {
    "expanding_z_score": _expanding,
    "cumulative_sign": _cumulative,
    "several": _several,
    "forward_fill": feature(
        pl.when(VOLUME.rolling_mean(10) < VOLUME).then(CLOSE).fill_null(strategy="forward")
    ),
    "cumulative_high": feature(pl.col("high").cum_max()),
    **{f"{name}_{bars}": made for bars in WINDOWS for name, made in _windowed(bars).items()},
}
