"""Trades with given returns."""

from datetime import UTC, datetime

import polars as pl


def trades_frame(returns: list[float]) -> pl.DataFrame:
    """Trades with the given returns on an entry value of one half."""
    count = len(returns)
    times = [datetime(2024, 1, 1, tzinfo=UTC)] * count
    return pl.DataFrame(
        {
            "symbol": pl.Series(["A"] * count, dtype=pl.String),
            "entry_time": pl.Series(times, dtype=pl.Datetime("us", "UTC")),
            "return": pl.Series(returns, dtype=pl.Float64),
            "profit": pl.Series(returns, dtype=pl.Float64) / 2,
            "fees": pl.Series([0.001] * count, dtype=pl.Float64),
            "holding_bars": pl.Series([4] * count, dtype=pl.Int64),
        }
    )
