"""What became of the money: the accounts of a backtest, whoever keeps them."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from quantsig.backtest.market import Floats, Integers
from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {  # of trades.parquet
    "trade_id": pl.Int64,
    "symbol": pl.String,
    "direction": pl.Int64,
    "decision_time": pl.Datetime("us", "UTC"),
    "entry_time": pl.Datetime("us", "UTC"),
    "exit_time": pl.Datetime("us", "UTC"),
    "entry_price": pl.Float64,
    "exit_price": pl.Float64,
    "size": pl.Float64,
    "fees": pl.Float64,
    "slippage": pl.Float64,
    "profit": pl.Float64,
    "return": pl.Float64,
    "reason": pl.String,
    "holding_bars": pl.Int64,
    "probability": pl.Float64,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """What became of the money; 1.0 is the start capital of all accounts together."""

    times: Integers  # (T,) closes of all bars of all symbols, microseconds since 1970 UTC
    symbols: tuple[str, ...]
    values: Floats  # (T, S) value of each symbol's account at the close; (T, 1) of a shared one
    exposure: Floats  # (T,) invested share of the equity at the close
    turnover: Floats  # (T,) value bought and sold over the equity at the close
    bankrupt: datetime | None  # when the first account lost everything and stopped
    trades: pl.DataFrame  # columns of trades.parquet
    calendar: SessionCalendar = UTC_DAYS  # which session each bar is of

    @property
    def equity(self) -> Floats:
        """(T,) value of all accounts at the close; starts at 1.0."""
        total: Floats = self.values.sum(axis=1)
        return total
