"""The fused kernel of the sweep: trades and measures the cells of one set of barriers.

What a signal's trade does depends on its stop, target, holding and delay, not on the threshold
nor on the account. So each signal is followed at most once for all thresholds, on the first that
trades it. Nothing of a cell is kept but its statistics.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quantsig.backtest import following
from quantsig.backtest.market import Floats, Integers
from quantsig.data.barriers import AT_OPEN, TIME_LIMIT, Bars

Shorts = NDArray[np.int32]
Bytes = NDArray[np.int8]

UNKNOWN = -1  # exit bar of a signal that was not followed yet
STILL = 1e-12  # relative deviation at or below which returns do not vary
ANY_ORDER = {"reassoc"}  # sums in the order that is fastest; nothing else is loosened


class FlatBars(NamedTuple):
    """The bars of all symbols end to end; those of symbol s begin at `starts[s]`."""

    opens: Floats  # (N,)
    highs: Floats  # (N,)
    lows: Floats  # (N,)
    closes: Floats  # (N,)
    moments: Shorts  # (N,) number of the bar's time among the times of all symbols
    starts: Integers  # (S + 1,)
    no_limits: Floats  # (0,) prices that no bar has to stay within
    no_waits: Integers  # (0,) bars that no sale has to wait for


class FlatRows(NamedTuple):
    """The signals of all symbols end to end; own wishes are empty where the grid sets them."""

    bars: Shorts  # (R,) the bar each was decided at, within its symbol
    directions: Bytes  # (R,) +1 or -1
    levels: Shorts  # (R,) how many of the ascending thresholds its probability reaches
    stops: Floats  # (R,) or (0,)
    targets: Floats  # (R,) or (0,)
    holding_bars: Shorts  # (R,) or (0,)
    delay_bars: Shorts  # (R,) or (0,)
    starts: Integers  # (S + 1,)


class Wish(NamedTuple):
    """What all signals of a cell are traded with; NaN or 0: each signal's own."""

    stop: float
    target: float
    holding_bars: int
    delay_bars: int


class Costs(NamedTuple):
    """What a trade costs and how much of the account it takes, fractions."""

    fee: float
    slippage: float
    size: float


class Calendar(NamedTuple):
    """Which times are the ends of sessions, and how sessions fall into blocks."""

    marks: Integers  # (P + 1,) numbers of times; returns run from one to the next
    edges: Integers  # (B + 1,) numbers of returns at which blocks begin and end


class Space(NamedTuple):
    """What one thread works in."""

    exit_bars: Shorts  # (R,)
    entry_prices: Floats  # (R,) after slippage
    exit_prices: Floats  # (R,) after slippage
    reasons: Bytes  # (R,)
    live: Shorts  # (R,) signals that reach the present threshold, by symbol
    counts: Integers  # (S,) how many of them
    equity: Floats  # (T,) changes of the equity, then the equity
    held: Floats  # (T,) changes of the value of all positions, then that value
    returns: Floats  # (P,)


class Tally(NamedTuple):
    """Statistics of the cells of one wish, (A,) each, by ascending threshold."""

    trades: Floats
    wins: Floats
    return_sum: Floats  # of the trades, profit over entry value
    gains: Floats  # money won by the winning trades
    losses: Floats  # money lost by the others, >= 0
    equity: Floats  # the last; NaN where an account lost more than it held
    drawdown: Floats  # the deepest, <= 0
    exposure: Floats  # mean share of the equity that is invested
    sharpe: Floats  # per session, NaN where returns do not vary
    block_sums: Floats  # (A, B) sums of the session returns of each block
    block_squares: Floats  # (A, B) sums of their squares


class Ledger(NamedTuple):
    """What the trades of one account, or of all accounts of a cell, add up to."""

    value: float  # of the account
    trades: int
    wins: int
    return_sum: float
    gains: float
    losses: float


@njit(cache=True, nogil=True)
def sweep_wish(
    bars: FlatBars,
    rows: FlatRows,
    wish: Wish,
    costs: Costs,
    calendar: Calendar,
    first_level: int,
    space: Space,
    tally: Tally,
) -> Floats:
    """Trade and measure the cells of one wish at thresholds from `first_level` on.

    Args:
        bars, rows, wish, costs, calendar: what is traded and how.
        first_level: number of the lowest threshold.
        space: overwritten.
        tally: filled, one value a threshold.

    Returns:
        (P,) sums of the standardised session returns of the cells whose returns vary.
    """
    space.exit_bars[:] = UNKNOWN
    for symbol in range(len(space.counts)):
        space.counts[symbol] = rows.starts[symbol + 1] - rows.starts[symbol]
    for row in range(len(space.live)):
        space.live[row] = row
    standard = np.zeros(len(space.returns))
    for cell in range(len(tally.trades)):
        total = _trade_cell(bars, rows, wish, costs, first_level + cell, space)
        tally.trades[cell] = total.trades
        tally.wins[cell] = total.wins
        tally.return_sum[cell] = total.return_sum
        tally.gains[cell] = total.gains
        tally.losses[cell] = total.losses
        if math.isnan(total.value):
            tally.equity[cell] = np.nan
            tally.sharpe[cell] = np.nan
            continue
        _measure(space, calendar, tally, cell)
        tally.sharpe[cell] = _standardise(space.returns, standard)
    return standard


@njit(cache=True, nogil=True)
def _trade_cell(
    bars: FlatBars, rows: FlatRows, wish: Wish, costs: Costs, level: int, space: Space
) -> Ledger:
    """Trade every account of a cell; the value is NaN where one lost more than it held."""
    space.equity[:] = 0.0
    space.held[:] = 0.0
    symbols = len(space.counts)
    value, trades, wins = 0.0, 0, 0
    return_sum, gains, losses = 0.0, 0.0, 0.0
    for symbol in range(symbols):
        own = _trade_symbol(bars, rows, wish, costs, level, space, symbol)
        value += own.value
        trades += own.trades
        wins += own.wins
        return_sum += own.return_sum
        gains += own.gains
        losses += own.losses
    return Ledger(value, trades, wins, return_sum, gains, losses)


@njit(cache=True, nogil=True)
def _trade_symbol(
    bars: FlatBars, rows: FlatRows, wish: Wish, costs: Costs, level: int, space: Space, symbol: int
) -> Ledger:
    """Trade one account, one position at a time, and mark it at each close it holds."""
    first, last = bars.starts[symbol], bars.starts[symbol + 1]
    closes, moments = bars.closes[first:last], bars.moments[first:last]
    value, trades, wins = 1.0 / len(space.counts), 0, 0
    return_sum, gains, losses = 0.0, 0.0, 0.0
    free_from = 0  # the first bar at whose open a position may begin
    begin = rows.starts[symbol]
    kept = begin
    for place in range(begin, begin + space.counts[symbol]):
        row = space.live[place]
        if rows.levels[row] <= level:
            continue
        space.live[kept] = row
        kept += 1
        entry = rows.bars[row] + (wish.delay_bars or rows.delay_bars[row])
        if entry < free_from or entry >= last - first or math.isnan(value):
            continue
        if space.exit_bars[row] == UNKNOWN:
            _follow(bars, rows, wish, costs.slippage, space, row, entry, symbol)
        exit_bar, direction = space.exit_bars[row], rows.directions[row]
        entry_price = space.entry_prices[row]
        size = costs.size * value / (entry_price * (1.0 + costs.fee))
        paid = size * entry_price
        cash = value - direction * paid - paid * costs.fee
        got = size * space.exit_prices[row]
        profit = direction * (got - paid) - costs.fee * (got + paid)
        after = value + profit
        lowest = _mark(closes, moments, space, entry, exit_bar, value, cash, direction * size)
        space.equity[moments[exit_bar]] += after
        value = after if min(lowest, after) > 0.0 else np.nan
        trades += 1
        wins += profit > 0.0
        return_sum += profit / paid
        gains += max(profit, 0.0)
        losses -= min(profit, 0.0)
        free_from = exit_bar + (space.reasons[row] != TIME_LIMIT)
    space.counts[symbol] = kept - begin
    return Ledger(value, trades, wins, return_sum, gains, losses)


@njit(cache=True, nogil=True)
def _mark(
    closes: Floats,
    moments: Shorts,
    space: Space,
    entry: int,
    exit_bar: int,
    before: float,
    cash: float,
    units: float,
) -> float:
    """Book a position's value at the closes from `entry` up to the bar before `exit_bar`.

    `space` gets changes against the close before, and at the exit bar what is left is taken out.

    Args:
        closes, moments: of the symbol.
        space: overwritten where the position is held.
        entry, exit_bar: of the trade.
        before: value of the account before the entry.
        cash: of the account while it holds the position.
        units: of the position, negative for a short.

    Returns:
        The lowest value of the account at these closes.
    """
    worth, held, lowest = before, 0.0, before
    for bar in range(entry, exit_bar):
        position = units * closes[bar]
        now = cash + position
        space.equity[moments[bar]] += now - worth
        space.held[moments[bar]] += abs(position) - held
        worth, held = now, abs(position)
        lowest = min(lowest, now)
    space.equity[moments[exit_bar]] -= worth
    space.held[moments[exit_bar]] -= held
    return lowest


@njit(cache=True, nogil=True)
def _follow(
    bars: FlatBars,
    rows: FlatRows,
    wish: Wish,
    slippage: float,
    space: Space,
    row: int,
    entry: int,
    symbol: int,
) -> None:
    """Follow one signal's trade to its end and note it."""
    first, last = bars.starts[symbol], bars.starts[symbol + 1]
    own = Bars(
        bars.opens[first:last],
        bars.highs[first:last],
        bars.lows[first:last],
        bars.closes[first:last],
        bars.no_limits,
        bars.no_limits,
        bars.no_waits,
    )
    asked = following.Wish(
        rows.directions[row],
        wish.holding_bars or rows.holding_bars[row],
        rows.stops[row] if math.isnan(wish.stop) else wish.stop,
        rows.targets[row] if math.isnan(wish.target) else wish.target,
        np.nan,
    )
    end = following.follow(own, entry, asked, following.Conditions(AT_OPEN, slippage, np.nan))
    space.exit_bars[row] = end.exit_bar
    space.entry_prices[row] = end.entry_price
    space.exit_prices[row] = end.exit_price
    space.reasons[row] = end.reason


@njit(cache=True, nogil=True)
def _measure(space: Space, calendar: Calendar, tally: Tally, cell: int) -> None:
    """Equity, drawdown, exposure and session returns of the cell that was just traded."""
    tally.drawdown[cell] = _accumulate(space.equity, space.held)
    tally.equity[cell] = space.equity[-1]
    tally.exposure[cell] = _mean_ratio(space.held, space.equity)
    _session_returns(space.equity, calendar.marks, space.returns)
    for block in range(len(calendar.edges) - 1):
        part = space.returns[calendar.edges[block] : calendar.edges[block + 1]]
        tally.block_sums[cell, block] = _sum(part)
        tally.block_squares[cell, block] = _squares(part, 0.0)


@njit(cache=True, nogil=True)
def _accumulate(equity: Floats, held: Floats) -> float:
    """Turn changes into values, from an equity of 1 and no positions; the deepest drawdown."""
    now, invested, peak, worst = 1.0, 0.0, 1.0, 1.0
    for time in range(len(equity)):
        now += equity[time]
        invested += held[time]
        equity[time] = now
        held[time] = invested
        peak = max(peak, now)
        if now < worst * peak:
            worst = now / peak
    return worst - 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _session_returns(equity: Floats, marks: Integers, returns: Floats) -> None:
    """Simple returns from mark to mark."""
    if len(marks) == len(equity):  # every time is a mark
        for period in range(len(returns)):
            returns[period] = equity[period + 1] / equity[period] - 1.0
        return
    for period in range(len(returns)):
        returns[period] = equity[marks[period + 1]] / equity[marks[period]] - 1.0


@njit(cache=True, nogil=True)
def _standardise(returns: Floats, standard: Floats) -> float:
    """Mean over deviation (ddof 1); the returns, standardised, are added to `standard`.

    NaN, and nothing is added, where there are fewer than two returns or they do not vary.
    """
    if len(returns) < 2:
        return np.nan
    mean = _sum(returns) / len(returns)
    deviation = math.sqrt(_squares(returns, mean) / (len(returns) - 1))
    if deviation <= STILL * max(1.0, abs(mean)):
        return np.nan
    scale = 1.0 / deviation
    for period in range(len(returns)):
        standard[period] += (returns[period] - mean) * scale
    return float(mean / deviation)


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def _sum(values: Floats) -> float:
    total = 0.0
    for place in range(len(values)):
        total += values[place]
    return total


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def _squares(values: Floats, origin: float) -> float:
    """Sum of the squared distances from `origin`."""
    total = 0.0
    for place in range(len(values)):
        total += (values[place] - origin) * (values[place] - origin)
    return total


@njit(cache=True, nogil=True, fastmath=ANY_ORDER, error_model="numpy")
def _mean_ratio(parts: Floats, wholes: Floats) -> float:
    total = 0.0
    for place in range(len(parts)):
        total += parts[place] / wholes[place]
    return total / len(parts)
