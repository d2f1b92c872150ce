"""Synthetic daily bars of many stocks that share a market factor, on cents."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.storage.parquet import write_parquet

MONDAY = np.datetime64("2012-01-02", "D")  # a bar closes at the midnight after its session
BLOCK = 250  # bars of one level of volatility
SHARED_SIGMA = 0.008  # of a day's return
OWN_SIGMA = 0.016
DRIFT = 0.0003
TICK = 0.01

Floats = NDArray[np.float64]


def stock_bars(days: int, symbols: int = 1026, seed: int = 1) -> pl.DataFrame:
    """Bars of stocks that trade every weekday.

    Args:
        days: of each symbol.
        symbols: how many.
        seed: same seed, same bars.

    Returns:
        Columns symbol, timestamp (close, UTC), open, high, low, close, volume; sorted.
    """
    closes = (sessions(days) + 1).astype("datetime64[us]")
    times = pl.Series(closes).dt.replace_time_zone("UTC")
    random = np.random.default_rng(seed)
    waves = np.exp(random.normal(0.0, 0.3, -(-days // BLOCK)))
    waves = np.repeat(waves, BLOCK)[:days]
    factor = random.standard_t(4, days) * waves * SHARED_SIGMA / np.sqrt(2.0)
    return pl.concat(_symbol(number, times, factor, seed) for number in range(symbols))


def sessions(days: int) -> NDArray[np.datetime64]:
    """(days,) the weekdays that are traded, from the first Monday on."""
    numbers = np.arange(days)
    return MONDAY + (numbers // 5 * 7 + numbers % 5).astype("timedelta64[D]")


def _symbol(number: int, times: pl.Series, factor: Floats, seed: int) -> pl.DataFrame:
    random = np.random.default_rng((seed, number))
    days = len(times)
    beta, own = random.uniform(0.5, 1.5), random.standard_t(4, days) * OWN_SIGMA / np.sqrt(2.0)
    logs = np.cumsum(np.clip(DRIFT + beta * factor + own, -0.25, 0.25))
    closes = 100.0 * np.exp(logs - logs.min())  # none falls below the price of its first ticks
    opens = np.append(closes[:1], closes[:-1]) * (1.0 + random.normal(0.0, 0.003, days))
    reach = np.abs(random.normal(0.0, 0.006, (2, days)))
    prices = {
        "open": opens,
        "high": np.maximum(opens, closes) * (1.0 + reach[0]),
        "low": np.minimum(opens, closes) * (1.0 - reach[1]),
        "close": closes,
    }
    return pl.DataFrame(
        {
            "symbol": pl.repeat(f"S{number:04}", days, eager=True),
            "timestamp": times,
            **{name: np.round(price / TICK) * TICK for name, price in prices.items()},
            "volume": np.round(random.lognormal(11.0, 1.0) * random.lognormal(0.0, 0.4, days))
            + 1.0,
        }
    )


if __name__ == "__main__":
    write_parquet(Path(sys.argv[1]), stock_bars(int(sys.argv[2]), int(sys.argv[3])))
