"""Trades and accounts with given returns."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from quantsig.backtest.market import Floats
from quantsig.backtest.trading.accounts import Accounts
from quantsig.data.calendar.sessions import DAY_US as DAY

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def trades_frame(returns: list[float], *, holding: int = 4) -> pl.DataFrame:
    """Long trades of A with the given returns on an entry value of one half, a day apart."""
    count = len(returns)
    entries = [FIRST + timedelta(days=day) for day in range(count)]
    exits = [entry + timedelta(days=holding) for entry in entries]
    times = pl.Datetime("us", "UTC")
    earned = pl.Series(returns, dtype=pl.Float64)
    return pl.DataFrame(
        {
            "symbol": pl.Series(["A"] * count, dtype=pl.String),
            "direction": pl.Series([1] * count, dtype=pl.Int64),
            "entry_time": pl.Series(entries, dtype=times),
            "exit_time": pl.Series(exits, dtype=times),
            "entry_price": pl.Series([100.0] * count, dtype=pl.Float64),
            "exit_price": 100.0 * (1 + earned),
            "size": pl.Series([0.005] * count, dtype=pl.Float64),
            "return": earned,
            "profit": earned / 2,
            "fees": pl.Series([0.001] * count, dtype=pl.Float64),
            "slippage": pl.Series([0.002] * count, dtype=pl.Float64),
            "reason": pl.Series(["time"] * count, dtype=pl.String),
            "holding_bars": pl.Series([holding] * count, dtype=pl.Int64),
        }
    )


def daily_accounts(returns: list[float], equity: Floats, *, holding: int = 4) -> Accounts:
    """Accounts of such trades with a daily equity, half invested on every second day."""
    start = int(FIRST.timestamp() * 1_000_000)
    times = start + np.arange(len(equity)) * DAY
    exposure = np.zeros(len(equity))
    exposure[::2] = 0.5
    return Accounts(
        times=times,
        symbols=("A",),
        values=equity[:, None],
        exposure=exposure,
        turnover=np.full(len(equity), 0.01),
        bankrupt=None,
        trades=trades_frame(returns, holding=holding),
    )
