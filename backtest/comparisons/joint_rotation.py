"""All trades moved through time together: the same signals, at times that know nothing of them.

Signals of several symbols come on the same days and in the same hours, and a random time for each
symbol alone would tear them apart. So all are moved by one number of sessions, wrapped around at
the end of the period: which symbols are traded together, how far apart, and at which bar of a
session stays as it was, and nothing but the place on the bars differs. Every trade is followed
again from its new entry by its own holding, stop, target and costs (Politis and Romano 1992, "A
circular block-resampling procedure for stationary data"; the test by shifts is that of
Lotwick and Silverman 1982, on a circle).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from quantsig.backtest.comparisons.fellow_symbols import Fellows, fellows
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market, SymbolSignals, calendar_in
from quantsig.backtest.trading.fills import conditions_of
from quantsig.backtest.trading.overrides import as_set
from quantsig.backtest.trading.rules import rule_bars
from quantsig.backtest.trading.signal_status import SignalStatus
from quantsig.backtest.trading.trade import Conditions, Order, follow
from quantsig.data.barriers import AT_OPEN, Bars, ExitReason
from quantsig.data.kernels import njit

Signals = Mapping[str, SymbolSignals]


class Circle(NamedTuple):
    """The bars of all symbols end to end, each twice: after its last bar its first follows.

    The second time prices are those that go on from the last close without a jump.
    """

    bars: Bars  # `first_sales` counts from the symbol's own first bar
    starts: Integers  # (S + 1,) where the bars of each symbol begin
    first_bars: Integers  # (S, D + 1) its first bar in each session, the end for the last
    opens: Floats  # log of what the other symbols' mean grew to at each open; see `Fellows`
    closes: Floats  # and at each close
    betas: Floats  # (S,)


class MovedTrades(NamedTuple):
    """The trades that are moved, (K,) each, those of one symbol side by side."""

    rows: Integers  # of the table of trades
    symbols: Integers
    sessions: Integers  # of the entry, from 0
    places: Integers  # of the entry's bar within its session, from 0
    directions: Integers
    holding_bars: Integers
    stops: Floats
    targets: Floats
    trailing: float
    fees: Floats  # per side, fraction of the traded value


class LandedTrades(NamedTuple):
    """The trades at one shift, (K,) each."""

    returns: Floats  # after costs, over the value of the entry; NaN where no bar fills it
    excess: Floats  # less what the other symbols explain: beta times their mean meanwhile
    exits: Integers  # bar of the symbol, of `Circle`


@dataclass(frozen=True, kw_only=True, slots=True)
class Turning:
    """Everything that is needed to move the trades."""

    circle: Circle
    moved: MovedTrades
    conditions: Conditions
    sessions: int  # D


def turning(
    trades: pl.DataFrame,
    market: Market,
    signals: Signals,
    execution: Execution,
    times: Integers,
) -> Turning:
    """The trades of some accounts, ready to be moved.

    Args:
        trades: rows of trades.parquet.
        market: the bars of every symbol.
        signals: that were traded.
        execution: how.
        times: (T,) of all bars, microseconds since 1970 UTC.
    """
    days = np.unique(calendar_in(market).days(times))
    circle = _circle(market, days, execution, fellows(market, times))
    return Turning(
        circle=circle,
        moved=_moved(trades, market, signals, execution, days, circle),
        conditions=conditions_of(execution),
        sessions=len(days),
    )


@njit(cache=True, nogil=True)
def land(circle: Circle, moved: MovedTrades, conditions: Conditions, shift: int) -> LandedTrades:
    """Follow every trade from the session that lies `shift` later.

    A session with fewer bars gives its last one; one without bars of the symbol gives no trade.
    """
    count, sessions = len(moved.rows), circle.first_bars.shape[1] - 1
    landed = LandedTrades(np.full(count, np.nan), np.full(count, np.nan), np.full(count, -1))
    for trade in range(count):
        symbol = moved.symbols[trade]
        session = (moved.sessions[trade] + shift) % sessions
        first, past = circle.first_bars[symbol, session], circle.first_bars[symbol, session + 1]
        if first == past:
            continue
        entry = min(first + moved.places[trade], past - 1)
        order = Order(
            moved.directions[trade],
            moved.holding_bars[trade],
            moved.stops[trade],
            moved.targets[trade],
            moved.trailing,
        )
        own = _of_symbol(circle, symbol)
        end = follow(own, entry, order, conditions)
        if end.status != SignalStatus.TRADED:
            continue
        gained = moved.directions[trade] * (end.exit_price - end.entry_price)
        paid = moved.fees[trade] * (end.exit_price + end.entry_price)
        landed.returns[trade] = (gained - paid) / end.entry_price
        landed.exits[trade] = end.exit_bar
        start = circle.starts[symbol]
        at_open = conditions.fill == AT_OPEN
        begun = circle.opens if at_open else circle.closes
        ended = circle.opens if at_open and end.reason == ExitReason.TIME else circle.closes
        meanwhile = np.exp(ended[start + end.exit_bar] - begun[start + entry]) - 1.0
        explained = moved.directions[trade] * circle.betas[symbol] * meanwhile
        landed.excess[trade] = landed.returns[trade] - explained
    return landed


@njit(cache=True, nogil=True, inline="always")
def _of_symbol(circle: Circle, symbol: int) -> Bars:
    start, past = circle.starts[symbol], circle.starts[symbol + 1]
    bars = circle.bars
    ceilings, floors, sales = bars.ceilings, bars.floors, bars.first_sales
    if len(ceilings):
        ceilings, floors = ceilings[start:past], floors[start:past]
    if len(sales):
        sales = sales[start:past]
    return Bars(
        bars.open[start:past],
        bars.high[start:past],
        bars.low[start:past],
        bars.close[start:past],
        ceilings,
        floors,
        sales,
    )


def _circle(market: Market, days: Integers, execution: Execution, others: Fellows) -> Circle:
    twice = [_twice(rule_bars(bars, execution)) for bars in market.values()]
    counts = [len(bars.open) for bars in twice]
    edges = np.append(days, days[-1] + 1)
    return Circle(
        bars=Bars(*(np.concatenate(column) for column in zip(*twice, strict=True))),
        starts=np.cumsum([0, *counts], dtype=np.int64),
        first_bars=np.stack(
            [np.searchsorted(bars.calendar.days(bars.times), edges) for bars in market.values()]
        ).astype(np.int64),
        opens=_go_on(others.opens, others.closes),
        closes=_go_on(others.closes, others.closes),
        betas=others.betas,
    )


def _go_on(logs: tuple[Floats, ...], closes: tuple[Floats, ...]) -> Floats:
    """The logs of all symbols end to end, each twice, the second on top of the last close."""
    pairs = zip(logs, closes, strict=True)
    return np.concatenate([part for own, close in pairs for part in (own, own + close[-1])])


def _twice(bars: Bars) -> Bars:
    count = len(bars.open)
    grown = bars.close[-1] / bars.open[0]
    prices = {
        name: np.concatenate([column, column * grown])
        for name, column in bars._asdict().items()
        if name != "first_sales"
    }
    later = bars.first_sales + count if len(bars.first_sales) else bars.first_sales
    return Bars(**prices, first_sales=np.concatenate([bars.first_sales, later]))


def _moved(
    trades: pl.DataFrame,
    market: Market,
    signals: Signals,
    execution: Execution,
    days: Integers,
    circle: Circle,
) -> MovedTrades:
    names = list(market)
    codes = trades["symbol"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    rows = np.argsort(codes, kind="stable")
    decided, entered = (
        trades[f"{name}_time"].dt.epoch("us").to_numpy()[rows] for name in ("decision", "entry")
    )
    directions = trades["direction"].to_numpy()[rows]
    asked, places = [], np.empty(len(rows), np.int64)
    sessions = np.searchsorted(days, calendar_in(market).days(entered))
    for code, name in enumerate(names):
        own = codes[rows] == code
        bars = market[name]
        entries = np.searchsorted(bars.times, entered[own])
        places[own] = entries - circle.first_bars[code, sessions[own]]
        orders = as_set(signals[name], execution)
        asked.append(_wishes(orders, np.searchsorted(bars.times, decided[own]), directions[own]))
    size, entry, exit_, fees = (
        trades[name].to_numpy()[rows] for name in ("size", "entry_price", "exit_price", "fees")
    )
    holding, stops, targets = (np.concatenate(column) for column in zip(*asked, strict=True))
    return MovedTrades(
        rows=rows,
        symbols=codes[rows],
        sessions=sessions,
        places=places,
        directions=directions,
        holding_bars=holding,
        stops=stops,
        targets=targets,
        trailing=np.nan if execution.trailing_stop is None else execution.trailing_stop,
        fees=fees / (size * (entry + exit_)),
    )


def _wishes(
    asked: SymbolSignals, decided: Integers, directions: Integers
) -> tuple[Integers, Floats, Floats]:
    """Holding, stop and target of the signals decided at these bars in these directions."""
    order = np.lexsort((asked.directions, asked.bars))
    keys = 3 * asked.bars[order] + asked.directions[order]
    found = order[np.searchsorted(keys, 3 * decided + directions)] if len(order) else order
    return asked.horizon_bars[found], asked.stops[found], asked.targets[found]
