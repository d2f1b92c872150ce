"""The equity of random entries: what chance earns on the same bars, at the same costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market
from quantsig.backtest.price_table import PriceTable, by_time, price_table
from quantsig.backtest.random_entries import random_entries
from quantsig.backtest.trade_bars import trade_bars

if TYPE_CHECKING:
    from quantsig.backtest.portfolio import Accounts

DRAWS = 1_000
FEWEST_DRAWS = 200
MOST_TRADES = 20_000_000  # over all draws; more trades are drawn less often
MOST_MARKS = 2_500  # times at which the equity of each draw is read
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomEquity:
    """How the equity of random entries spreads."""

    returns: Floats  # (draws,) total return
    band: Floats  # (3, T) its quantiles of `BAND` at every bar time


class _Imitated(NamedTuple):
    """The trades of all symbols as parts of the account they were made in.

    (K,) each, those of one symbol side by side in the order of time.
    """

    first: Integers  # (S + 1,) where the trades of each symbol begin
    lengths: Integers  # bars from open to open
    directions: Integers
    parts: Floats  # entry value over the value of the account before it
    fees: Floats  # per side, fraction of the traded value


class _Places(NamedTuple):
    """Where the bars of each symbol stand in the table of prices."""

    first: Integers  # (S + 1,) where the rows of each symbol begin
    rows: Integers
    earliest: int  # the first bar of a symbol that can be an entry


class _Drawn(NamedTuple):
    """One draw of random trades, (K,) each, ordered as in `_Imitated`."""

    trades: Integers  # which of the imitated ones
    entry_rows: Integers  # of the table
    exit_rows: Integers
    at_close: Integers  # 1: the exit is at the close of its row, 0: at the open


def random_equity(
    accounts: "Accounts",
    market: Market,
    execution: Execution,
    *,
    seed: int,
    draws: int | None = None,
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
        draws: how often; None: 1,000 times, or fewer where there are over 20,000 trades.
    """
    random = np.random.default_rng(seed)
    times = accounts.times
    table, imitated = price_table(times, market), _imitated(accounts, market, execution)
    places = _places(times, market, execution.delay_bars or 1)
    follow = _follow_separate
    if _shares_cash(accounts):
        follow = _follow_shared
        table = by_time(table)
    marks = _marks(len(times))
    equity = np.zeros((draws or _draws(accounts.trades.height), len(marks)))
    for own in equity:
        drawn = _draw(imitated, places, random)
        follow(table, imitated, drawn, execution.slippage, marks, own)
    rows = np.arange(len(times))
    band = np.quantile(equity, BAND, axis=0)
    return RandomEquity(
        returns=equity[:, -1] - 1.0,
        band=np.stack([np.interp(rows, marks, line) for line in band]),
    )


def _draws(trades: int) -> int:
    return int(np.clip(MOST_TRADES // max(trades, 1), FEWEST_DRAWS, DRAWS))


def _marks(times: int) -> Integers:
    spread = np.linspace(0, times - 1, min(times, MOST_MARKS))
    return np.rint(spread).astype(np.int64)


def _shares_cash(accounts: "Accounts") -> bool:
    return bool(accounts.values.shape[1] < len(accounts.symbols))


def _places(times: Integers, market: Market, earliest: int) -> _Places:
    rows = [np.searchsorted(times, bars.times) for bars in market.values()]
    first = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return _Places(first=first, rows=np.concatenate(rows), earliest=earliest)


def _imitated(accounts: "Accounts", market: Market, execution: Execution) -> _Imitated:
    trades = accounts.trades
    size, entry, exit_, fees, profits = (
        trades[name].to_numpy() for name in ("size", "entry_price", "exit_price", "fees", "profit")
    )
    lived = trade_bars(trades, market, execution.fill_price)
    before = np.empty(trades.height)  # value of the account
    lengths = np.empty(trades.height, np.int64)
    for symbol, own in lived.items():
        lengths[own.rows] = np.maximum(own.past_bars - own.first_bars, 1)
        if _shares_cash(accounts):
            entered = np.searchsorted(accounts.times, market[symbol].times[own.entry_bars])
            before[own.rows] = accounts.values[np.maximum(entered - 1, 0), 0]
        else:
            earned = np.cumsum(profits[own.rows]) - profits[own.rows]
            before[own.rows] = 1.0 / len(market) + earned
    counts = [len(lived[symbol].rows) if symbol in lived else 0 for symbol in market]
    order = np.concatenate([np.empty(0, np.int64), *(own.rows for own in lived.values())])
    return _Imitated(
        first=np.cumsum([0, *counts], dtype=np.int64),
        lengths=lengths[order],
        directions=trades["direction"].to_numpy()[order],
        parts=(size * entry / before)[order],
        fees=(fees / (size * (entry + exit_)))[order],
    )


@njit(cache=True, nogil=True)
def _draw(imitated: _Imitated, places: _Places, random: np.random.Generator) -> _Drawn:
    count = len(imitated.lengths)
    trades, entry_rows = np.empty(count, np.int64), np.empty(count, np.int64)
    exit_rows, at_close = np.empty(count, np.int64), np.empty(count, np.int64)
    for symbol in range(len(imitated.first) - 1):
        begin, past = imitated.first[symbol], imitated.first[symbol + 1]
        rows = places.rows[places.first[symbol] : places.first[symbol + 1]]
        made = random_entries(imitated.lengths[begin:past], len(rows), places.earliest, random)
        for number in range(past - begin):
            trades[begin + number] = begin + made.trades[number]
            entry_rows[begin + number] = rows[made.entry_bars[number]]
            end = made.exit_bars[number]
            exit_rows[begin + number] = rows[min(end, len(rows) - 1)]
            at_close[begin + number] = end == len(rows)
    return _Drawn(trades, entry_rows, exit_rows, at_close)


@njit(cache=True, nogil=True)
def _follow_separate(
    table: PriceTable,
    imitated: _Imitated,
    drawn: _Drawn,
    slippage: float,
    marks: Integers,
    equity: Floats,
) -> None:
    """Add up the accounts of all symbols at each mark; each starts with an equal part."""
    symbols = table.opens.shape[1]
    for symbol in range(symbols):
        value, mark = 1.0 / symbols, 0
        opens, closes = table.opens[:, symbol], table.closes[:, symbol]
        for trade in range(imitated.first[symbol], imitated.first[symbol + 1]):
            while marks[mark] < drawn.entry_rows[trade]:
                equity[mark] += value
                mark += 1
            own = drawn.trades[trade]
            direction, fee = imitated.directions[own], imitated.fees[own]
            entry = opens[drawn.entry_rows[trade]] * (1.0 + direction * slippage)
            kept = value * (1.0 - imitated.parts[own] * (direction + fee))
            units = value * imitated.parts[own] * direction / entry
            while marks[mark] < drawn.exit_rows[trade]:
                equity[mark] += max(kept + units * closes[marks[mark]], 0.0)
                mark += 1
            prices = closes if drawn.at_close[trade] else opens
            price = prices[drawn.exit_rows[trade]] * (1.0 - direction * slippage)
            value = max(kept + units * price - fee * abs(units) * price, 0.0)
        for later in range(mark, len(marks)):
            equity[later] += value


@njit(cache=True, nogil=True)
def _follow_shared(
    table: PriceTable,
    imitated: _Imitated,
    drawn: _Drawn,
    slippage: float,
    marks: Integers,
    equity: Floats,
) -> None:
    """The one account of all symbols at each mark."""
    times, symbols = table.opens.shape
    units, trade = np.zeros(symbols), imitated.first[:-1].copy()
    cash, mark = 1.0, 0
    for row in range(times):
        cash += _leave(table, imitated, drawn, slippage, row, 0, units, trade)
        cash -= _enter(table, imitated, drawn, slippage, row, cash, units, trade)
        cash += _leave(table, imitated, drawn, slippage, row, 1, units, trade)
        if marks[mark] == row:
            worth = cash + (units * table.closes[row]).sum()
            if worth <= 0:
                break
            equity[mark] = worth
            mark += 1


@njit(cache=True, nogil=True)
def _leave(
    table: PriceTable,
    imitated: _Imitated,
    drawn: _Drawn,
    slippage: float,
    row: int,
    at_close: int,
    units: Floats,
    trade: Integers,
) -> float:
    """End all trades that end at the open, or at the close, of a row; returns what they bring."""
    prices, received = table.closes if at_close else table.opens, 0.0
    for symbol in range(len(units)):
        now = trade[symbol]
        if units[symbol] == 0 or drawn.exit_rows[now] != row or drawn.at_close[now] != at_close:
            continue
        own = drawn.trades[now]
        price = prices[row, symbol] * (1.0 - imitated.directions[own] * slippage)
        received += units[symbol] * price - imitated.fees[own] * abs(units[symbol]) * price
        units[symbol] = 0.0
        trade[symbol] += 1
    return received


@njit(cache=True, nogil=True)
def _enter(
    table: PriceTable,
    imitated: _Imitated,
    drawn: _Drawn,
    slippage: float,
    row: int,
    cash: float,
    units: Floats,
    trade: Integers,
) -> float:
    """Begin all trades that begin at the open of a row; returns what they cost."""
    opens, worth, paid = table.opens[row], np.nan, 0.0
    for symbol in range(len(units)):
        now = trade[symbol]
        if now == imitated.first[symbol + 1] or drawn.entry_rows[now] != row:
            continue
        own = drawn.trades[now]
        direction, fee = imitated.directions[own], imitated.fees[own]
        if np.isnan(worth):
            worth = cash + (units * opens).sum()
        room = worth - (np.abs(units) * opens).sum()
        spent = max(min(imitated.parts[own] * worth, room / (1.0 + fee)), 0.0)
        units[symbol] = direction * spent / (opens[symbol] * (1.0 + direction * slippage))
        paid += direction * spent + fee * spent
        if spent == 0:
            trade[symbol] += 1
    return paid
