"""The accounts: vectorbt gets every order explicitly and keeps cash, fees, positions and trades.

Beside the benchmark of its rivals the only file that imports vectorbt. Each symbol has a ledger
there: a column, in which each order has a row of its own, so a bar may hold several and one
without an order costs nothing. Which orders an account can pay was decided before, so a ledger
begins with what it will need at most; that is taken off its cash again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
import polars as pl
import vectorbt as vbt
from numpy.typing import NDArray

from quantsig.backtest.market import (
    Floats,
    Integers,
    Market,
    SymbolSignals,
    calendar_in,
    to_times,
)
from quantsig.backtest.trading.accounts import COLUMNS, Accounts
from quantsig.backtest.trading.fills import Fills, TradedSignals
from quantsig.data.barriers import ExitReason

START_CASH = 1e9  # vectorbt takes sizes below 1e-12 for nothing; results are divided by this
SLACK = 1e-6  # relative: a ledger's first cash above what it needs
AGREEMENT = 1e-9  # of vectorbt's equity with the one that decided the sizes
SIZE_TYPE = vbt.portfolio.enums.SizeType

Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Orders:
    """All orders, (J,) each, the entry of each trade right before its exit."""

    columns: Integers  # number of the symbol
    places: Integers  # number within the symbol
    rows: Integers  # of its time
    sizes: Floats  # bought, negative sold
    prices: Floats
    fees: Floats


def keep_accounts(
    market: Market, signals: Mapping[str, SymbolSignals], traded: TradedSignals
) -> Accounts:
    """The accounts that the fills lead to.

    Args:
        market: the bars of every symbol.
        signals: the signals the fills came from, by symbol.
        traded: the fills of every symbol.

    Raises:
        RuntimeError: vectorbt found another equity than that the sizes were decided on.
    """
    orders = _orders(market, traded)
    shared = traded.shared_cash
    capital = np.full(len(market), 0.0 if shared else 1.0 / len(market))
    lent = _lent(orders, capital)
    book = _book(orders, capital + lent)
    cash, held = _at_closes(book, orders, capital + lent, traded.closes.shape)
    positions = held * traded.closes
    values = cash - lent + positions
    if shared:
        values = 1.0 + values.sum(axis=1, keepdims=True)
    equity = values.sum(axis=1)
    _agree(equity, traded.equity)
    return Accounts(
        times=traded.times,
        symbols=tuple(market),
        values=values,
        exposure=_over(np.abs(positions).sum(axis=1), equity),
        turnover=_over(_traded_value(orders, len(equity)), equity),
        bankrupt=_first(traded.bankrupt),
        trades=_trades(book.exit_trades.values, market, signals, traded.fills),
        calendar=calendar_in(market),
    )


def _orders(market: Market, traded: TradedSignals) -> _Orders:
    fills = list(traded.fills.values())
    counts = [2 * len(own) for own in fills]
    entered = [bars.times[own.entry_bars] for bars, own in zip(market.values(), fills, strict=True)]
    sizes = _joined([own.directions * own.sizes for own in fills])
    return _Orders(
        columns=np.repeat(np.arange(len(fills)), counts),
        places=np.concatenate([np.arange(count) for count in counts]),
        rows=np.searchsorted(
            traded.times, _alternating(_joined(entered), _joined([own.exit_times for own in fills]))
        ),
        sizes=_alternating(sizes, -sizes),
        prices=_alternating(
            _joined([own.entry_prices for own in fills]),
            _joined([own.exit_prices for own in fills]),
        ),
        fees=_alternating(
            _joined([own.entry_fees for own in fills]), _joined([own.exit_fees for own in fills])
        ),
    )


def _lent(orders: _Orders, capital: Floats) -> Floats:
    """(S,) what each ledger needs beyond its capital so that it never owes anything."""
    flows = -orders.sizes * orders.prices - orders.fees
    so_far = np.cumsum(flows)
    first = np.searchsorted(orders.columns, np.arange(len(capital)))  # order of each column
    before = np.append(0.0, so_far)[first]
    lowest = capital.copy()
    np.minimum.at(lowest, orders.columns, capital[orders.columns] + so_far - before[orders.columns])
    return np.where(lowest < 0, -lowest * (1.0 + SLACK), 0.0)


def _book(orders: _Orders, cash: Floats) -> vbt.Portfolio:
    shape = (int(orders.places.max(initial=0)) + 1, len(cash))
    table = {"size": np.nan, "price": 1.0, "fixed_fees": 0.0}
    filled = {name: np.full(shape, blank) for name, blank in table.items()}
    spots = orders.places, orders.columns
    filled["size"][spots] = orders.sizes * START_CASH
    filled["price"][spots] = orders.prices
    filled["fixed_fees"][spots] = orders.fees * START_CASH
    return vbt.Portfolio.from_orders(
        close=filled["price"],
        **filled,
        size_type=SIZE_TYPE.Amount,
        direction="both",
        min_size=0.0,  # vectorbt refuses below 1e-8 otherwise, which dear shares come to
        fees=0.0,
        slippage=0.0,
        init_cash=cash * START_CASH,
        allow_partial=False,
        raise_reject=True,
        max_orders=max(len(orders.sizes), 1),
    )


def _at_closes(
    book: vbt.Portfolio, orders: _Orders, first: Floats, shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """(T, S) cash and shares of each ledger after the orders up to each close."""
    done = np.zeros(shape, np.int64)
    np.add.at(done, (orders.rows, orders.columns), 1)
    np.cumsum(done, axis=0, out=done)
    cash = np.vstack([first, _table(book.cash()) / START_CASH])
    held = np.vstack([np.zeros_like(first), _table(book.assets()) / START_CASH])
    return np.take_along_axis(cash, done, axis=0), np.take_along_axis(held, done, axis=0)


def _agree(equity: Floats, expected: Floats) -> None:
    difference = float(np.abs(equity - expected).max())
    if not difference <= AGREEMENT * max(1.0, float(np.abs(expected).max())):
        raise RuntimeError(f"vectorbt's equity differs by {difference:.3g} from the account's")


def _traded_value(orders: _Orders, rows: int) -> Floats:
    values = np.abs(orders.sizes) * orders.prices
    return np.bincount(orders.rows, values, minlength=rows).astype(np.float64)


def _over(amount: Floats, equity: Floats) -> Floats:
    """Part of the equity; 0 where nothing is left of it."""
    return np.divide(amount, equity, out=np.zeros_like(amount), where=equity > 0)


def _first(bankrupt: Mapping[str, int]) -> datetime | None:
    if not bankrupt:
        return None
    time = to_times(np.array([min(bankrupt.values())]))[0]
    return time if isinstance(time, datetime) else None


def _trades(
    records: NDArray[np.void],
    market: Market,
    signals: Mapping[str, SymbolSignals],
    fills: Mapping[str, Fills],
) -> pl.DataFrame:
    """The trades as vectorbt recorded them, joined with the signals they came from."""
    records = records[np.lexsort((records["entry_idx"], records["col"]))]
    counts = [len(own) for own in fills.values()]
    if not np.array_equal(records["col"], np.repeat(np.arange(len(counts)), counts)):
        raise RuntimeError(f"vectorbt kept {len(records)} of {sum(counts)} trades")
    frame = pl.DataFrame(
        {
            "symbol": pl.Series(list(fills), dtype=pl.String).gather(records["col"]),
            **_joined_rows(market, signals, fills),
            "entry_price": records["entry_price"],
            "exit_price": records["exit_price"],
            "size": records["size"] / START_CASH,
            "fees": (records["entry_fees"] + records["exit_fees"]) / START_CASH,
            "profit": records["pnl"] / START_CASH,
            "return": records["return"],
        }
    )
    numbered = frame.sort("entry_time", "symbol", "exit_time").with_row_index("trade_id")
    return numbered.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _joined_rows(
    market: Market, signals: Mapping[str, SymbolSignals], fills: Mapping[str, Fills]
) -> dict[str, pl.Series | Floats | Integers]:
    """The columns that vectorbt does not know, of all symbols one after the other."""
    trio = [(market[name].times, signals[name], own) for name, own in fills.items()]
    own = list(fills.values())
    decided = [times[signal.bars[fill.signals]] for times, signal, fill in trio]
    likely = [signal.probabilities[fill.signals] for _, signal, fill in trio]
    reasons = _joined([fill.reasons for fill in own])
    return {
        "direction": _joined([fill.directions for fill in own]),
        "decision_time": to_times(_joined(decided)),
        "entry_time": to_times(_joined([times[fill.entry_bars] for times, _, fill in trio])),
        "exit_time": to_times(_joined([times[fill.exit_bars] for times, _, fill in trio])),
        "slippage": _joined([fill.slippages for fill in own]),
        "reason": pl.Series([reason.text for reason in ExitReason], dtype=pl.String).gather(
            reasons
        ),
        "holding_bars": _joined([fill.exit_bars - fill.entry_bars for fill in own]),
        "probability": pl.Series(_joined(likely), nan_to_null=True),
    }


def _joined(parts: Sequence[NDArray[Number]]) -> NDArray[Number]:
    return np.concatenate(parts)


def _alternating(entries: NDArray[Number], exits: NDArray[Number]) -> NDArray[Number]:
    return np.stack([entries, exits], axis=1).ravel()


def _table(frame: object) -> Floats:
    """A pandas frame or series of vectorbt as a (rows, symbols) array."""
    table = np.asarray(frame, dtype=np.float64)
    return table.reshape(len(table), -1)
