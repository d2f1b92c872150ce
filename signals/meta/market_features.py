"""What is known of the market at a decision, beside its chart: a few numbers from bars up to t."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase
from quantsig.data.resample import MONDAY_US
from quantsig.data.samples.matrix import MATRIX_COLUMNS
from quantsig.data.samples.store import SampleSet
from quantsig.data.samples.stored_index import BAR
from quantsig.signals.significance.label_days import DAY

Floats = NDArray[np.float64]

FEATURES = (
    "volatility",  # log of the standard deviation (ddof 1) of the window's one-bar log returns
    "trend",  # log return over the window, in deviations that a random walk would make
    "volume_ratio",  # log of the last bar's volume over the window's mean; 0 without volume
    "hour_sin",  # place of the decision in the UTC day, on a circle
    "hour_cos",
    "weekday_sin",  # and in the week
    "weekday_cos",
)
STILL = 1e-8  # standard deviation of returns that did not move
QUIET = 1e-3  # smallest ratio of volumes that is told apart
ROWS = 1 << 16  # handled at a time, so that memory stays flat


def market_features(
    samples: SampleSet, sample_ids: NDArray[np.int64], window_bars: int = 20
) -> Floats:
    """FEATURES of the decisions of samples.

    Args:
        samples: a set that is drawn from bars, or of decisions on bars.
        sample_ids: (n,) in any order.
        window_bars: returns that volatility and trend are taken over; the window ends with the
            decision bar, and no later bar is read.

    Returns:
        (n, 7) float64 without NaN.

    Raises:
        DataError: the samples are imported pictures.
        ConfigError: the window is shorter than 2 bars, or longer than the chart's history.
    """
    _check_window(samples, sample_ids, window_bars)
    rows = samples.decision_rows[sample_ids]
    parts = [
        _features(samples, rows[start : start + ROWS], window_bars)
        for start in range(0, len(rows), ROWS)
    ]
    return np.concatenate([np.empty((0, len(FEATURES))), *parts])


def _features(samples: SampleSet, rows: NDArray[np.int64], window_bars: int) -> Floats:
    window = rows[:, None] + np.arange(-window_bars, 1)  # (n, W + 1), the decision bar last
    column = {name: place for place, name in enumerate(MATRIX_COLUMNS)}
    values = samples.matrix.values
    factor = values[window, column["adjustment"]]
    returns = np.diff(np.log(values[window, column["close"]] * factor), axis=1)  # (n, W)
    volume = values[window, column["volume"]] / factor
    deviation = np.maximum(returns.std(axis=1, ddof=1), STILL)
    when = samples.matrix.times_us[rows]
    hour = 2 * np.pi * (when % DAY) / DAY
    weekday = 2 * np.pi * ((when - MONDAY_US) // DAY % 7) / 7
    return np.column_stack(
        [
            np.log(deviation),
            returns.sum(axis=1) / (deviation * np.sqrt(window_bars)),
            _volume_ratio(volume),
            np.sin(hour),
            np.cos(hour),
            np.sin(weekday),
            np.cos(weekday),
        ]
    )


def _volume_ratio(volume: Floats) -> Floats:
    """Log of the last of each window's volumes (n, W) over their mean."""
    mean = volume.mean(axis=1)
    ratio = np.where(mean > 0.0, volume[:, -1] / np.where(mean > 0.0, mean, 1.0), 1.0)
    logs: Floats = np.log(np.maximum(ratio, QUIET))
    return logs


def _check_window(samples: SampleSet, sample_ids: NDArray[np.int64], window_bars: int) -> None:
    if samples.pictured and not samples.drawn:
        raise DataError(
            "these samples are imported pictures, so the market around them is not known.",
            where=str(samples.path),
            remedy="Build the samples from bars.",
        )
    history = (
        samples.chart.history_bars
        if samples.drawn
        else 1 + samples.index[BAR].gather(sample_ids).to_numpy().min(initial=window_bars)
    )
    if not 2 <= window_bars < history:
        raise ConfigError(
            phrase("a window of {bars} bars cannot be used.", bars=window_bars),
            where="window_bars of the market features",
            remedy=phrase(
                "Give at least 2 and less than the {bars} bars up to every decision.", bars=history
            ),
        )
