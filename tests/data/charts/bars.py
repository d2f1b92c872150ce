"""Random but valid bars for drawing."""

import numpy as np

from quantsig.data.charts.draw import BarMatrix

HOUR_US = 3_600_000_000


def random_matrix(bars: int, seed: int = 1) -> BarMatrix:
    """Hourly bars of one symbol from a random walk; integers, so the same on every machine."""
    random = np.random.default_rng(seed)
    closes = 5000.0 + np.cumsum(random.integers(-40, 41, bars))
    opens = closes + random.integers(-20, 21, bars)
    highs = np.maximum(opens, closes) + random.integers(0, 30, bars)
    lows = np.minimum(opens, closes) - random.integers(0, 30, bars)
    volumes = random.integers(1, 1000, bars).astype(float)
    values = np.stack([opens, highs, lows, closes, volumes, np.ones(bars)], axis=1)
    return BarMatrix(values=values, times_us=(np.arange(bars) + 1) * HOUR_US)


def matrix_of(rows: list[list[float]]) -> BarMatrix:
    """Hourly bars given as open, high, low, close, volume."""
    values = np.array([[*row, 1.0] for row in rows])
    return BarMatrix(values=values, times_us=(np.arange(len(rows)) + 1) * HOUR_US)
