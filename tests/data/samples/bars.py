"""Daily bars of a few symbols, and small charts of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.label_spec import LabelSpec

CHART = ChartSpec(timeframes=(1, 2), bars=4, height=16, width=12, slow_bars=5)  # 16 bars
LABEL = LabelSpec(horizon_bars=3, rise_fraction=0.03)
START = datetime(2024, 1, 1, tzinfo=UTC)


def bars_of(lengths: dict[str, int]) -> CheckedBars:
    """Daily bars of a few symbols of given lengths."""
    frames = []
    for seed, (symbol, length) in enumerate(lengths.items()):
        random = np.random.default_rng(seed)
        closes = 100 + np.cumsum(random.integers(-2, 3, length)).astype(float)
        frames.append(
            pl.DataFrame(
                {
                    "symbol": [symbol] * length,
                    "timestamp": [START + timedelta(days=day + 1) for day in range(length)],
                    "open": closes + 0.5,
                    "high": closes + 1,
                    "low": closes - 1,
                    "close": closes,
                    "volume": random.integers(1, 9, length).astype(float),
                    "adjustment": 1.0,
                },
                schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
            )
        )
    return check_bars(pl.concat(frames))
