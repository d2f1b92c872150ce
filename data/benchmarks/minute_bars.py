"""Synthetic 1-minute bars, rounded as an exchange rounds them: cents and round lots."""

import numpy as np
import polars as pl

SESSION_MINUTES = 390
TICK = 0.01
LOT = 100
START = np.datetime64("2012-01-02T14:30", "us")  # UTC; a Monday long ago, so that all are closed


def minute_bars(bars: int, symbols: int = 1, seed: int = 1) -> pl.DataFrame:
    """Bars of stocks that trade 390 minutes a weekday.

    Args:
        bars: of each symbol.
        symbols: how many.
        seed: same seed, same bars.

    Returns:
        The columns of the bars artefact, sorted.
    """
    return pl.concat(_symbol(f"S{number:03}", bars, seed + number) for number in range(symbols))


def _symbol(name: str, bars: int, seed: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    closes = np.round(100.0 * np.exp(np.cumsum(random.normal(0.0, 4e-4, bars))) / TICK)
    opens = np.concatenate([closes[:1], closes[:-1]]) + random.integers(-1, 2, bars)
    highs = np.maximum(opens, closes) + random.poisson(2.0, bars)
    lows = np.minimum(opens, closes) - random.poisson(2.0, bars)
    volumes = np.round(random.lognormal(2.5, 1.0, bars) + 1.0) * LOT
    prices = {"open": opens, "high": highs, "low": lows, "close": closes}
    return pl.DataFrame(
        {
            "symbol": pl.repeat(name, bars, eager=True),
            "timestamp": _closing_times(bars),
            **{column: np.round(ticks * TICK, 2) for column, ticks in prices.items()},
            "volume": volumes,
            "adjustment": np.ones(bars),
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )


def _closing_times(bars: int) -> pl.Series:
    days = np.arange(bars) // SESSION_MINUTES
    calendar_days = days // 5 * 7 + days % 5  # START is a Monday
    minutes = np.arange(bars) % SESSION_MINUTES + 1
    since = (calendar_days * 1440 + minutes).astype("timedelta64[m]")
    return pl.Series(START + since)
