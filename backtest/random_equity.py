"""The equity of random entries: what chance earns on the same bars, at the same costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market
from quantsig.backtest.price_table import PriceTable, price_table
from quantsig.backtest.random_entries import RandomEntries, random_entries
from quantsig.backtest.trade_bars import trade_bars

if TYPE_CHECKING:
    from quantsig.backtest.portfolio import Accounts

DRAWS = 1_000
BLOCK = 1_000_000  # random trades drawn at a time
MOST_MARKS = 2_500  # times at which the equity of each draw is read
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomEquity:
    """How the equity of random entries spreads."""

    returns: Floats  # (draws,) total return
    band: Floats  # (3, T) its quantiles of `BAND` at every bar time


class _Trades(NamedTuple):
    """The trades of one symbol as parts of the account they were made in, (K,) each."""

    lengths: Integers  # bars from open to open
    directions: Integers
    parts: Floats  # entry value over the value of the account before it
    fees: Floats  # per side, fraction of the traded value


class _Drawn(NamedTuple):
    """Random trades of all symbols, (draws, K), those of one symbol side by side."""

    first: Integers  # (S + 1,) the columns of each symbol
    entry_rows: Integers  # of the table
    exit_rows: Integers
    at_close: Integers  # 1: the exit is at the close of its row, 0: at the open
    directions: Integers
    parts: Floats
    fees: Floats


def random_equity(
    accounts: "Accounts", market: Market, execution: Execution, *, seed: int, draws: int = DRAWS
) -> RandomEquity:
    """Trade random entries of the same count, holding, direction, size and costs.

    A trade takes the same part of its account as the one it imitates, pays the same rate of fees
    and the slippage of `execution`, from open to open; where the symbols share cash it takes no
    more than is left. An account that loses everything stays at zero. Of long periods the equity
    is read at 2,500 times and joined by straight lines.

    Args:
        accounts: of the signals.
        market: the bars of every symbol.
        execution: gives the delay and the slippage.
        seed: of chance.
        draws: how often.
    """
    random = np.random.default_rng(seed)
    table, trades = price_table(accounts.times, market), _imitated(accounts, market)
    shares_cash = accounts.values.shape[1] < len(market)
    follow = _follow_shared if shares_cash else _follow_separate
    marks = _marks(len(accounts.times))
    count = sum(len(own.lengths) for own in trades.values())
    size = max(1, BLOCK // max(count, 1))
    equity = np.zeros((draws, len(marks)))
    for start in range(0, draws, size):
        part = equity[start : start + size]
        drawn = _draw(accounts.times, market, trades, execution, len(part), random)
        follow(table, drawn, execution.slippage, marks, part)
    band = np.quantile(equity, BAND, axis=0)
    rows = np.arange(len(accounts.times))
    return RandomEquity(
        returns=equity[:, -1] - 1.0,
        band=np.stack([np.interp(rows, marks, line) for line in band]),
    )


def _marks(times: int) -> Integers:
    spread = np.linspace(0, times - 1, min(times, MOST_MARKS))
    return np.rint(spread).astype(np.int64)


def _imitated(accounts: "Accounts", market: Market) -> dict[str, _Trades]:
    """The trades of each symbol that has any, in the order of time."""
    trades = accounts.trades
    entered = trades["size"].to_numpy() * trades["entry_price"].to_numpy()
    left = trades["size"].to_numpy() * trades["exit_price"].to_numpy()
    rates = trades["fees"].to_numpy() / (entered + left)
    profits, directions = trades["profit"].to_numpy(), trades["direction"].to_numpy()
    shares_cash = accounts.values.shape[1] < len(market)
    found = {}
    for symbol, lived in trade_bars(trades, market).items():
        rows = lived.rows
        if shares_cash:
            entries = np.searchsorted(accounts.times, market[symbol].times[lived.entry_bars])
            before = accounts.values[np.maximum(entries - 1, 0), 0]
        else:
            before = 1.0 / len(market) + np.cumsum(profits[rows]) - profits[rows]
        found[symbol] = _Trades(
            np.maximum(lived.past_bars - lived.first_bars, 1),
            directions[rows],
            entered[rows] / before,
            rates[rows],
        )
    return found


def _draw(
    times: Integers,
    market: Market,
    trades: dict[str, _Trades],
    execution: Execution,
    draws: int,
    random: np.random.Generator,
) -> _Drawn:
    counts = [len(trades[symbol].lengths) if symbol in trades else 0 for symbol in market]
    shape = (draws, sum(counts))
    drawn = _Drawn(
        first=np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
        entry_rows=np.empty(shape, np.int64),
        exit_rows=np.empty(shape, np.int64),
        at_close=np.empty(shape, np.int64),
        directions=np.empty(shape, np.int64),
        parts=np.empty(shape),
        fees=np.empty(shape),
    )
    for column, (symbol, bars) in enumerate(market.items()):
        if symbol in trades:
            own, earliest = trades[symbol], execution.delay_bars or 1
            made = random_entries(own.lengths, len(bars.times), earliest, draws, random)
            rows = np.searchsorted(times, bars.times)
            _place(drawn, slice(*drawn.first[column : column + 2]), rows, made, own)
    return drawn


def _place(
    drawn: _Drawn, columns: slice, rows: Integers, made: RandomEntries, own: _Trades
) -> None:
    """Write the trades of one symbol, whose bars stand at these rows of the table."""
    drawn.entry_rows[:, columns] = rows[made.entry_bars]
    drawn.exit_rows[:, columns] = rows[np.minimum(made.exit_bars, len(rows) - 1)]
    drawn.at_close[:, columns] = made.exit_bars == len(rows)
    drawn.directions[:, columns] = own.directions[made.trades]
    drawn.parts[:, columns] = own.parts[made.trades]
    drawn.fees[:, columns] = own.fees[made.trades]


@njit(cache=True, nogil=True)
def _follow_separate(
    table: PriceTable, drawn: _Drawn, slippage: float, marks: Integers, equity: Floats
) -> None:
    """Add up the accounts of all symbols at each mark; each starts with an equal part."""
    symbols = table.opens.shape[1]
    for draw in range(len(equity)):
        for symbol in range(symbols):
            value, trade, past = 1.0 / symbols, drawn.first[symbol], drawn.first[symbol + 1]
            for mark in range(len(marks)):
                row = marks[mark]
                while trade < past and _ended(drawn, draw, trade, row):
                    price = _exit_price(table, drawn, draw, trade, symbol, slippage)
                    entry = _entry_price(table, drawn, draw, trade, symbol, slippage)
                    value *= max(_growth(drawn, draw, trade, entry, price, True), 0.0)
                    trade += 1
                worth = value
                if trade < past and drawn.entry_rows[draw, trade] <= row:
                    entry = _entry_price(table, drawn, draw, trade, symbol, slippage)
                    price = table.closes[row, symbol]
                    worth *= max(_growth(drawn, draw, trade, entry, price, False), 0.0)
                equity[draw, mark] += worth


@njit(cache=True, nogil=True)
def _follow_shared(
    table: PriceTable, drawn: _Drawn, slippage: float, marks: Integers, equity: Floats
) -> None:
    """The one account of all symbols at each mark."""
    times, symbols = table.opens.shape
    units, trade = np.empty(symbols), np.empty(symbols, np.int64)
    for draw in range(len(equity)):
        cash, mark = 1.0, 0
        units[:] = 0.0
        trade[:] = drawn.first[:-1]
        for row in range(times):
            cash += _leave(table, drawn, draw, row, 0, units, trade, slippage)
            cash -= _enter(table, drawn, draw, row, cash, units, trade, slippage)
            cash += _leave(table, drawn, draw, row, 1, units, trade, slippage)
            if marks[mark] == row:
                worth = cash + (units * table.closes[row]).sum()
                if worth <= 0:
                    break
                equity[draw, mark] = worth
                mark += 1


@njit(cache=True, nogil=True)
def _leave(
    table: PriceTable,
    drawn: _Drawn,
    draw: int,
    row: int,
    at_close: int,
    units: Floats,
    trade: Integers,
    slippage: float,
) -> float:
    """End all trades that end at the open, or at the close, of a row; returns what they bring."""
    received = 0.0
    for symbol in range(len(units)):
        now = trade[symbol]
        if units[symbol] == 0 or drawn.exit_rows[draw, now] != row:
            continue
        if drawn.at_close[draw, now] == at_close:
            price = _exit_price(table, drawn, draw, now, symbol, slippage)
            received += units[symbol] * price - drawn.fees[draw, now] * abs(units[symbol]) * price
            units[symbol] = 0.0
            trade[symbol] += 1
    return received


@njit(cache=True, nogil=True)
def _enter(
    table: PriceTable,
    drawn: _Drawn,
    draw: int,
    row: int,
    cash: float,
    units: Floats,
    trade: Integers,
    slippage: float,
) -> float:
    """Begin all trades that begin at the open of a row; returns what they cost."""
    worth, paid = np.nan, 0.0
    for symbol in range(len(units)):
        now = trade[symbol]
        if now == drawn.first[symbol + 1] or drawn.entry_rows[draw, now] != row:
            continue
        if np.isnan(worth):
            worth = cash + (units * table.opens[row]).sum()
        room = worth - (np.abs(units) * table.opens[row]).sum()
        fee = drawn.fees[draw, now]
        spent = max(min(drawn.parts[draw, now] * worth, room / (1.0 + fee)), 0.0)
        price = _entry_price(table, drawn, draw, now, symbol, slippage)
        units[symbol] = drawn.directions[draw, now] * spent / price
        paid += units[symbol] * price + fee * spent
        if spent == 0:
            trade[symbol] += 1
    return paid


@njit(cache=True, nogil=True)
def _ended(drawn: _Drawn, draw: int, trade: int, row: int) -> bool:
    return bool(drawn.exit_rows[draw, trade] <= row)


@njit(cache=True, nogil=True)
def _entry_price(
    table: PriceTable, drawn: _Drawn, draw: int, trade: int, symbol: int, slippage: float
) -> float:
    against = drawn.directions[draw, trade] * slippage
    return float(table.opens[drawn.entry_rows[draw, trade], symbol] * (1.0 + against))


@njit(cache=True, nogil=True)
def _exit_price(
    table: PriceTable, drawn: _Drawn, draw: int, trade: int, symbol: int, slippage: float
) -> float:
    row, against = drawn.exit_rows[draw, trade], drawn.directions[draw, trade] * slippage
    prices = table.closes if drawn.at_close[draw, trade] else table.opens
    return float(prices[row, symbol] * (1.0 - against))


@njit(cache=True, nogil=True)
def _growth(
    drawn: _Drawn, draw: int, trade: int, entry: float, price: float, closed: bool
) -> float:
    """What a trade multiplies its account by, with the exit's fee where it is closed."""
    gained = drawn.directions[draw, trade] * (price / entry - 1.0)
    paid = drawn.fees[draw, trade] * (1.0 + price / entry if closed else 1.0)
    return float(1.0 + drawn.parts[draw, trade] * (gained - paid))
