"""The accounts: vectorbt gets every order explicitly and keeps cash, fees, trades and value.

The only file that imports vectorbt. A bar can hold three kinds of fills in a fixed order, so
each bar becomes three rows for vectorbt: exits at the open, entries at the open, and exits inside
the bar or at its close. Value is read at the third, the close.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import vectorbt as vbt
from numpy.typing import NDArray

from quantsig.backtest.execution import REASONS, TIME, Execution, Fills, account_growth
from quantsig.backtest.market import (
    Floats,
    Integers,
    Market,
    SymbolBars,
    SymbolSignals,
    to_times,
)
from quantsig.data.errors import DataError

EXIT_AT_OPEN, ENTRY_AT_OPEN, INSIDE, ROWS_A_BAR = 0, 1, 2, 3

START_CASH = 1e6  # vectorbt takes sizes below 1e-12 for nothing; results are divided by this
SIZE_TYPE = vbt.portfolio.enums.SizeType


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """What became of the money; 1.0 is the start capital of all accounts together."""

    times: Integers  # (T,) closes of all bars of all symbols, microseconds since 1970 UTC
    symbols: tuple[str, ...]
    values: Floats  # (T, S) value of each symbol's account at the close
    exposure: Floats  # (T,) invested share of the equity at the close
    trades: pl.DataFrame  # columns of trades.parquet

    @property
    def equity(self) -> Floats:
        """(T,) value of all accounts at the close; starts at 1.0."""
        total: Floats = self.values.sum(axis=1)
        return total


@dataclass(frozen=True, kw_only=True, slots=True)
class _Orders:
    """One row of arrays per moment of `ROWS_A_BAR` a bar, one column a symbol."""

    close: Floats
    price: Floats
    size: Floats
    size_type: Integers


def keep_accounts(
    market: Market,
    signals: Mapping[str, SymbolSignals],
    trades: Mapping[str, Fills],
    execution: Execution,
) -> Accounts:
    """Trade the fills of every symbol, each in its own account of an equal part of the capital.

    Args:
        market: the bars of every symbol.
        signals: the signals the fills came from, by symbol.
        trades: the fills of every symbol.
        execution: gives the fee and the size.

    Raises:
        DataError: an account lost more than it held (a short without a stop, say).
    """
    for symbol, bars in market.items():
        _refuse_ruin(symbol, bars, trades[symbol], execution)
    times = np.unique(np.concatenate([bars.times for bars in market.values()]))
    orders = _orders(market, trades, times, execution)
    count = sum(len(fills) for fills in trades.values())
    book = vbt.Portfolio.from_orders(
        close=orders.close,
        size=orders.size,
        size_type=orders.size_type,
        price=orders.price,
        direction="both",
        fees=execution.fee,
        slippage=0.0,
        init_cash=START_CASH / len(market),
        allow_partial=False,
        max_orders=max(2 * count, 1),
    )
    values = _table(book.value()) / START_CASH
    positions = _table(book.assets()) * orders.close / START_CASH
    for column, symbol in enumerate(market):
        lost = np.flatnonzero(values[:, column] <= 0)
        if lost.size:
            raise _ruined(symbol, times[lost[0] // ROWS_A_BAR])
    closes = values[INSIDE::ROWS_A_BAR]
    return Accounts(
        times=times,
        symbols=tuple(market),
        values=closes,
        exposure=np.abs(positions[INSIDE::ROWS_A_BAR]).sum(axis=1) / closes.sum(axis=1),
        trades=_trades(book.exit_trades.values, market, signals, trades),
    )


def _orders(
    market: Market, trades: Mapping[str, Fills], times: Integers, execution: Execution
) -> _Orders:
    shape = (ROWS_A_BAR * len(times), len(market))
    close = np.empty(shape)
    price = np.ones(shape)
    size = np.full(shape, np.nan)  # no order
    size_type = np.full(shape, SIZE_TYPE.Percent, np.int64)
    for column, (symbol, bars) in enumerate(market.items()):
        fills = trades[symbol]
        close[:, column] = _prices_at(times, bars)
        entry_rows, exit_rows = _rows(times, bars, fills)
        price[entry_rows, column] = fills.entry_prices
        size[entry_rows, column] = fills.directions * execution.size_fraction
        price[exit_rows, column] = fills.exit_prices
        size[exit_rows, column] = 0.0
        size_type[exit_rows, column] = SIZE_TYPE.TargetAmount
    return _Orders(close=close, price=price, size=size, size_type=size_type)


def _prices_at(times: Integers, bars: SymbolBars) -> Floats:
    """What the symbol is worth at each row: its open, open and close, else its last close.

    Before its first bar that is its first open; no account holds it then.
    """
    latest = np.searchsorted(bars.times, times, side="right") - 1
    there = bars.times[latest] == times
    before = latest < 0
    close = np.where(before, bars.prices.open[0], bars.prices.close[latest])
    opened = np.where(there & ~before, bars.prices.open[latest], close)
    return np.stack([opened, opened, close], axis=1).ravel()


def _rows(times: Integers, bars: SymbolBars, fills: Fills) -> tuple[Integers, Integers]:
    """The rows of the entries and of the exits of one symbol."""
    first = ROWS_A_BAR * np.searchsorted(times, bars.times)  # of each bar
    moment = np.where(fills.reasons == TIME, EXIT_AT_OPEN, INSIDE)
    return first[fills.entry_bars] + ENTRY_AT_OPEN, first[fills.exit_bars] + moment


def _trades(
    records: NDArray[np.void],
    market: Market,
    signals: Mapping[str, SymbolSignals],
    trades: Mapping[str, Fills],
) -> pl.DataFrame:
    """The trades as vectorbt recorded them, joined with the signals they came from."""
    records = records[np.lexsort((records["entry_idx"], records["col"]))]
    parts = []
    for column, (symbol, bars) in enumerate(market.items()):
        own = records[records["col"] == column]
        fills = trades[symbol]
        if len(own) != len(fills):
            raise RuntimeError(f"vectorbt kept {len(own)} of {len(fills)} trades of {symbol}")
        parts.append(_symbol_trades(symbol, own, bars, signals[symbol], fills))
    return (
        pl.concat(parts)
        .sort("entry_time", "symbol", "exit_time")
        .with_row_index("trade_id")
        .with_columns(pl.col("trade_id").cast(pl.Int64))
    )


def _symbol_trades(
    symbol: str,
    records: NDArray[np.void],
    bars: SymbolBars,
    signals: SymbolSignals,
    fills: Fills,
) -> pl.DataFrame:
    money = {
        "size": records["size"] / START_CASH,
        "fees": (records["entry_fees"] + records["exit_fees"]) / START_CASH,
        "profit": records["pnl"] / START_CASH,
        "return": records["return"],
    }
    return pl.DataFrame(
        {
            "symbol": pl.Series([symbol] * len(fills), dtype=pl.String),
            "direction": fills.directions,
            "decision_time": to_times(bars.times[signals.bars[fills.signals]]),
            "entry_time": to_times(bars.times[fills.entry_bars]),
            "exit_time": to_times(bars.times[fills.exit_bars]),
            "entry_price": records["entry_price"],
            "exit_price": records["exit_price"],
            **money,
            "reason": pl.Series([REASONS[code] for code in fills.reasons], dtype=pl.String),
            "holding_bars": fills.exit_bars - fills.entry_bars,
            "probability": pl.Series(signals.probabilities[fills.signals], nan_to_null=True),
        }
    )


def _refuse_ruin(symbol: str, bars: SymbolBars, fills: Fills, execution: Execution) -> None:
    growth = account_growth(fills.entry_prices, fills.exit_prices, fills.directions, execution)
    lost = np.flatnonzero(growth <= 0)
    if lost.size:
        raise _ruined(symbol, bars.times[fills.exit_bars[lost[0]]])


def _ruined(symbol: str, time: np.int64) -> DataError:
    return DataError(
        f"the account of {symbol} lost more than it held.",
        where=f"{symbol} at {to_times(np.array([time]))[0]}",
        remedy="Set a stop loss or a smaller size_fraction.",
    )


def _table(frame: object) -> Floats:
    """A pandas frame or series of vectorbt as a (rows, symbols) array."""
    table = np.asarray(frame, dtype=np.float64)
    return table.reshape(len(table), -1)


def swept_by_vectorbt(
    bars: SymbolBars, probabilities: Floats, cells: pl.DataFrame, execution: Execution
) -> pl.DataFrame:
    """What vectorbt's own `from_signals` makes of the cells of a sweep, a column each.

    The rival of the sweep in the benchmark and an oracle of its tests; the product trades nothing
    by it. It checks no stop on the entry bar, knows no holding limit, and gives a target that
    slips no better price; so long positions only, without slippage, and what is left at the end is
    sold at the last close.

    Args:
        bars: of one symbol.
        probabilities: (N,) of the decision at each bar, filled at the next open.
        cells: threshold, stop_loss and take_profit of each.
        execution: gives the fee.

    Returns:
        A row a cell: equity, trades, win_rate, expectancy, profit_factor, sharpe (a year of 365
        days), max_drawdown and exposure.
    """
    prices = bars.prices
    decided = probabilities[:, None] >= cells["threshold"].to_numpy()[None, :]
    entries = np.roll(decided, 1, axis=0)
    entries[0] = entries[-1] = False
    exits = np.zeros((len(entries), 1), bool)
    exits[-1] = True
    book = vbt.Portfolio.from_signals(
        close=prices.close[:, None],
        entries=entries,
        exits=exits,
        price=np.append(prices.open[:-1], prices.close[-1])[:, None],
        open=prices.open[:, None],
        high=prices.high[:, None],
        low=prices.low[:, None],
        sl_stop=cells["stop_loss"].to_numpy(),
        tp_stop=cells["take_profit"].to_numpy(),
        stop_entry_price="fillprice",
        fees=execution.fee,
        init_cash=START_CASH,
        freq="1D",
    )
    trades = book.trades
    figures = {
        "equity": book.final_value() / START_CASH,
        "trades": trades.count(),
        "win_rate": trades.win_rate(),
        "expectancy": trades.returns.mean(),
        "profit_factor": trades.profit_factor(),
        "sharpe": book.sharpe_ratio(),
        "max_drawdown": book.max_drawdown(),
        "exposure": book.gross_exposure().mean(),
    }
    return pl.DataFrame({name: np.asarray(column) for name, column in figures.items()})
