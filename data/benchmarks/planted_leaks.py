"""Leaks that an audit has to find, and fifty causal features that it must not accuse."""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

Feature = Callable[[pl.DataFrame], pl.Series]
CLOSE, OPEN, VOLUME = pl.col("close"), pl.col("open"), pl.col("volume")


def _of(expression: pl.Expr, bars: pl.DataFrame) -> pl.Series:
    return bars.select(expression).to_series()


def feature(expression: pl.Expr) -> Feature:
    """A feature as one polars expression."""
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


def _slope(bars: int, frame: pl.DataFrame) -> NDArray[np.float64]:
    values = np.log(frame["close"].to_numpy())
    found = np.full(len(values), np.nan)
    if len(values) >= bars:
        windows = np.lib.stride_tricks.sliding_window_view(values, bars)
        found[bars - 1 :] = windows @ (np.arange(bars) - (bars - 1) / 2)
    return found


def _cumulative(frame: pl.DataFrame) -> NDArray[np.float64]:
    return np.cumsum(np.sign(np.diff(frame["close"].to_numpy(), prepend=frame["close"][0])))


def _convolved(bars: int, frame: pl.DataFrame) -> NDArray[np.float64]:
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


def foreseeing_volume(correlation: float, seed: int = 5) -> pl.DataFrame:
    """A random walk whose volume knows the return from the next open to the one after.

    Args:
        correlation: of the logarithm of the volume with that return.
        seed: of the walk.

    Returns:
        3,000 daily bars of one symbol, the columns of `CheckedBars.bars`.
    """
    random = np.random.default_rng(seed)
    bars = 3000
    moves = random.normal(0.0, 0.01, bars)
    opens = 100.0 * np.exp(np.cumsum(moves))
    following = np.append(moves[2:], [0.0, 0.0])
    noise = random.normal(0.0, 0.01, bars)
    known = correlation * following + np.sqrt(1 - correlation**2) * noise
    closes = np.append(opens[1:], opens[-1]) * np.exp(random.normal(0.0, 0.001, bars))
    days = pl.datetime_range(
        pl.datetime(2000, 1, 1), interval="1d", closed="both", time_zone="UTC", eager=True,
        end=pl.datetime(2000, 1, 1) + pl.duration(days=bars - 1),
    )  # fmt: skip
    return pl.DataFrame(
        {
            "symbol": ["A"] * bars,
            "timestamp": days,
            "open": opens,
            "high": np.maximum(opens, closes) * 1.001,
            "low": np.minimum(opens, closes) * 0.999,
            "close": closes,
            "volume": np.exp(10 + 50 * known),
            "adjustment": np.ones(bars),
        }
    )
