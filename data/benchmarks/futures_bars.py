"""Synthetic 5-minute bars of futures with a day and a night session, as in China.

The day trades 9:00-10:15, 10:30-11:30 and 13:30-15:00 in Shanghai, the night from 21:00 to 23:00,
1:00 or 2:30 by product, and it belongs to the next day. Volatility comes in waves, and after a
burst, a large bar on many times the volume, prices drift on for a while: a little can be foreseen.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.storage.parquet import write_parquet

MINUTES = 5
DAY_SESSIONS = ((540, 615), (630, 690), (810, 900))  # minutes of the day in Shanghai
NIGHT_START = 1260
NIGHT_ENDS = (1380, 1380, 1500, 1380, 1590, 1380, 1500)  # by product, minutes past midnight added
LAST_NIGHT_MINUTE = max(NIGHT_ENDS) - 1440  # of the day it belongs to, were it the day after
SHANGHAI = 480  # minutes ahead of UTC
MONDAY = np.datetime64("2019-01-07T00:00", "m")
SIGMA = 0.0012  # of a bar's return, over the products and days
BURST_SHARE = 0.02  # of the bars
BURST_SIGMAS = 3.0
DRIFT_BARS, DRIFT_SIGMAS = 12, 0.35  # after a burst, for so many bars, so much a bar
LARGEST_TICKS = 4000.0  # of the first price

Times = NDArray[np.datetime64]
Floats = NDArray[np.float64]


def futures_bars(bars: int, symbols: int = 14, seed: int = 1) -> pl.DataFrame:
    """Bars of so many futures over one span of days.

    Args:
        bars: of all symbols together, about: whole days are made.
        symbols: how many.
        seed: same seed, same bars.

    Returns:
        Columns symbol, timestamp (close, UTC), open, high, low, close, volume; sorted.
    """
    a_day = sum(len(session_minutes(product)) for product in range(symbols))
    days = max(round(bars / a_day), 1)
    return pl.concat(_symbol(product, days, seed) for product in range(symbols))


def session_minutes(product: int) -> NDArray[np.int64]:
    """Closes of the bars of one trading day, minutes in Shanghai; the night, before 0, first."""
    end = NIGHT_ENDS[product % len(NIGHT_ENDS)]
    night = _closes(NIGHT_START, end) - 1440
    return np.concatenate([night, *(_closes(*session) for session in DAY_SESSIONS)])


def closing_times(product: int, days: int) -> Times:
    """(days * bars a day,) closes in UTC; the night before a Monday is that of Friday."""
    minutes = session_minutes(product)
    numbers = np.arange(days)
    weeks, weekdays = numbers // 5, numbers % 5
    dates = (weeks * 7 + weekdays) * 1440
    nights = np.where(weekdays == 0, dates - 2 * 1440, dates)  # of the day before, or of Friday
    since = np.where(minutes <= LAST_NIGHT_MINUTE, nights[:, None], dates[:, None]) + minutes
    return MONDAY + (since.ravel() - SHANGHAI).astype("timedelta64[m]")


def _closes(start: int, end: int) -> NDArray[np.int64]:
    return np.arange(start + MINUTES, end + 1, MINUTES)


def _symbol(product: int, days: int, seed: int) -> pl.DataFrame:
    random = np.random.default_rng((seed, product))
    times = closing_times(product, days)
    each = len(times) // days
    waves = np.repeat(_waves(days, random), each)
    closes, bursts = _closes_of(waves * SIGMA * (0.7 + 0.6 * random.random()), random)
    opens = np.concatenate([closes[:1], closes[:-1]]) + random.integers(-1, 2, len(closes))
    reach = 1.0 + 2.0 * waves
    highs = np.maximum(opens, closes) + random.poisson(reach)
    lows = np.maximum(np.minimum(opens, closes) - random.poisson(reach), 1.0)
    volumes = np.round(random.lognormal(6.0, 0.6, len(closes)) * waves * np.where(bursts, 6.0, 1.0))
    tick = (0.2, 1.0, 5.0)[product % 3]
    prices = {"open": opens, "high": highs, "low": lows, "close": closes}
    return pl.DataFrame(
        {
            "symbol": pl.repeat(f"F{product:02}", len(times), eager=True),
            "timestamp": pl.Series(times.astype("datetime64[us]")).dt.replace_time_zone("UTC"),
            **{name: np.round(ticks * tick, 1) for name, ticks in prices.items()},
            "volume": volumes + 1.0,
        }
    )


def _waves(days: int, random: np.random.Generator) -> Floats:
    """(days,) of volatility over its usual size."""
    logs = np.zeros(days)
    for day in range(1, days):
        logs[day] = 0.97 * logs[day - 1] + random.normal(0.0, 0.1)
    return np.exp(logs)


def _closes_of(sigmas: Floats, random: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
    """(N,) closes in ticks, and which bars are bursts."""
    bars = len(sigmas)
    signs = np.where(random.random(bars) < 0.5, 1.0, -1.0)
    bursts = random.random(bars) < BURST_SHARE
    shocks = np.where(bursts, BURST_SIGMAS * signs, random.normal(0.0, 1.0, bars))
    carried = np.convolve(np.where(bursts, signs, 0.0), np.ones(DRIFT_BARS))[:bars]
    drift = np.concatenate([[0.0], carried[:-1]]) * DRIFT_SIGMAS
    returns = (shocks + drift) * sigmas
    logs = np.cumsum(returns - returns.mean())
    return np.maximum(np.round(LARGEST_TICKS * np.exp(logs - logs.max())), 30.0), bursts


if __name__ == "__main__":
    write_parquet(Path(sys.argv[1]), futures_bars(int(sys.argv[2]), int(sys.argv[3])))
