"""The fused kernel of the sweep: trades and measures the cells of one setting.

What a signal's trade does depends on its stop, target, holding and delay, not on the threshold
nor on the account. So each signal is followed at most once for all thresholds, on the first that
trades it. Nothing of a cell is kept but its statistics.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.trading.account_loop import DUST
from quantsig.backtest.trading.signal_status import SignalStatus
from quantsig.backtest.trading.trade import Conditions, Order, follow, free_from
from quantsig.data.barriers import Bars, bars_of
from quantsig.data.kernels import njit

Shorts = NDArray[np.int32]
Bytes = NDArray[np.int8]

UNKNOWN, NOT_TRADED = -1, -2  # exit bar of a signal not yet followed, or that nothing fills
STILL = 1e-12  # relative deviation at or below which returns do not vary
ANY_ORDER = {"reassoc"}  # sums in the order that is fastest; nothing else is loosened


class FlatBars(NamedTuple):
    """The bars of all symbols end to end; those of symbol s begin at `starts[s]`."""

    bars: Bars  # (N,) each, or empty; `first_sales` counts from the symbol's own first bar
    moments: Shorts  # (N,) number of the bar's time among the times of all symbols
    starts: Integers  # (S + 1,)


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


class Setting(NamedTuple):
    """What all signals of a cell are traded with; NaN or 0: each signal's own."""

    stop: float
    target: float
    holding_bars: int
    delay_bars: int


class Rules(NamedTuple):
    """What holds for the trades of every cell."""

    conditions: Conditions
    trailing: float  # distance of the trailing stop; NaN: none
    fee: float  # per side, fraction of the traded value
    size: float  # fraction of the account, entry fee included


class Calendar(NamedTuple):
    """Which times are the ends of sessions, and how sessions fall into blocks."""

    marks: Integers  # (P + 1,) numbers of times; returns run from one to the next
    edges: Integers  # (B + 1,) numbers of returns at which blocks begin and end
    market: Floats  # (P,) session returns of holding all symbols with equal weights


class Space(NamedTuple):
    """What one thread works in."""

    exit_bars: Shorts  # (R,)
    entry_prices: Floats  # (R,) after slippage
    exit_prices: Floats  # (R,) after slippage
    free_from: Shorts  # (R,) the first bar that the next trade may begin in
    live: Shorts  # (R,) signals that reach the present threshold, by symbol
    counts: Integers  # (S,) how many of them
    equity: Floats  # (T,) changes of the equity, then the equity
    held: Floats  # (T,) changes of the value of all positions, then that value
    returns: Floats  # (P,)


class Tally(NamedTuple):
    """Statistics of the cells of one setting, (A,) each, by ascending threshold."""

    trades: Floats
    wins: Floats
    return_sum: Floats  # of the trades, profit over entry value
    gains: Floats  # money won by the winning trades
    losses: Floats  # money lost by the others, >= 0
    equity: Floats  # the last; NaN where an account lost everything
    drawdown: Floats  # the deepest, <= 0
    exposure: Floats  # mean share of the equity that is invested
    sharpe: Floats  # per session, NaN where returns do not vary
    excess_sharpe: Floats  # the same of the returns beyond beta times the market's
    block_sums: Floats  # (A, B) sums of the session returns of each block
    block_squares: Floats  # (A, B) sums of their squares


class TradeSums(NamedTuple):
    """What the trades of one account, or of all accounts of a cell, add up to."""

    value: float  # of the account
    trades: int
    wins: int
    return_sum: float
    gains: float
    losses: float


class Tape(NamedTuple):
    """What the cells of every setting are traded on."""

    bars: FlatBars
    rows: FlatRows
    rules: Rules


class Holding(NamedTuple):
    """A position from its entry to its exit."""

    entry: int  # bar
    exit_bar: int
    before: float  # value of the account before the entry
    cash: float  # of the account while it holds the position
    units: float  # negative for a short


@njit(cache=True, nogil=True)
def sweep_setting(
    tape: Tape, setting: Setting, calendar: Calendar, first_level: int, space: Space, tally: Tally
) -> Floats:
    """Trade and measure the cells of one setting at thresholds from `first_level` on.

    Args:
        tape, setting, calendar: what is traded and how.
        first_level: number of the lowest threshold.
        space: overwritten.
        tally: filled, one value a threshold.

    Returns:
        (P,) sums of the standardised session returns beyond the market of the cells whose
        returns vary.
    """
    space.exit_bars[:] = UNKNOWN
    for symbol in range(len(space.counts)):
        space.counts[symbol] = tape.rows.starts[symbol + 1] - tape.rows.starts[symbol]
    for row in range(len(space.live)):
        space.live[row] = row
    standard = np.zeros(len(space.returns))
    for cell in range(len(tally.trades)):
        total = _trade_cell(tape, setting, first_level + cell, space)
        tally.trades[cell] = total.trades
        tally.wins[cell] = total.wins
        tally.return_sum[cell] = total.return_sum
        tally.gains[cell] = total.gains
        tally.losses[cell] = total.losses
        if math.isnan(total.value):
            tally.equity[cell] = np.nan
            tally.sharpe[cell] = tally.excess_sharpe[cell] = np.nan
            continue
        _measure(space, calendar, tally, cell)
        mean, deviation = _moments(space.returns)
        tally.sharpe[cell] = mean / deviation
        _take_off(space.returns, calendar.market)
        tally.excess_sharpe[cell] = _standardise(space.returns, standard)
    return standard


@njit(cache=True, nogil=True)
def _trade_cell(tape: Tape, setting: Setting, level: int, space: Space) -> TradeSums:
    """Trade every account of a cell; the value is NaN where one lost everything."""
    space.equity[:] = 0.0
    space.held[:] = 0.0
    symbols = len(space.counts)
    value, trades, wins = 0.0, 0, 0
    return_sum, gains, losses = 0.0, 0.0, 0.0
    for symbol in range(symbols):
        own = _trade_symbol(tape, setting, level, space, symbol)
        value += own.value
        trades += own.trades
        wins += own.wins
        return_sum += own.return_sum
        gains += own.gains
        losses += own.losses
    return TradeSums(value, trades, wins, return_sum, gains, losses)


@njit(cache=True, nogil=True)
def _trade_symbol(tape: Tape, setting: Setting, level: int, space: Space, symbol: int) -> TradeSums:
    """Trade one account, one position at a time, and mark it at each close it holds."""
    bars, rows, rules = tape.bars, tape.rows, tape.rules
    first, last = bars.starts[symbol], bars.starts[symbol + 1]
    own = bars_of(symbol, bars.bars, bars.starts)
    moments = bars.moments[first:last]
    value, trades, wins = 1.0 / len(space.counts), 0, 0
    return_sum, gains, losses = 0.0, 0.0, 0.0
    free = 0  # the first bar that a position may begin in
    begin = rows.starts[symbol]
    kept = begin
    for place in range(begin, begin + space.counts[symbol]):
        row = space.live[place]
        if rows.levels[row] <= level:
            continue
        space.live[kept] = row
        kept += 1
        entry = rows.bars[row] + (setting.delay_bars or rows.delay_bars[row])
        if entry < free or entry >= last - first or math.isnan(value):
            continue
        if space.exit_bars[row] == UNKNOWN:
            _follow(own, tape, setting, space, row, entry)
        if space.exit_bars[row] == NOT_TRADED:
            continue
        exit_bar, direction = space.exit_bars[row], rows.directions[row]
        entry_price = space.entry_prices[row]
        size = rules.size * value / (entry_price * (1.0 + rules.fee))
        paid = size * entry_price
        cash = value - direction * paid - paid * rules.fee
        got = size * space.exit_prices[row]
        profit = direction * (got - paid) - rules.fee * (got + paid)
        after = value + profit
        holding = Holding(entry, exit_bar, value, cash, direction * size)
        lowest = _mark(own.close, moments, space, holding)
        space.equity[moments[exit_bar]] += after
        value = after if min(lowest, after) >= DUST / len(space.counts) else np.nan
        trades += 1
        wins += profit > 0.0
        return_sum += profit / paid
        gains += max(profit, 0.0)
        losses -= min(profit, 0.0)
        free = space.free_from[row]
    space.counts[symbol] = kept - begin
    return TradeSums(value, trades, wins, return_sum, gains, losses)


@njit(cache=True, nogil=True)
def _mark(closes: Floats, moments: Shorts, space: Space, holding: Holding) -> float:
    """Book a position's value at the closes from its entry up to the bar before its exit.

    `space` gets changes against the close before, and at the exit bar what is left is taken out.

    Args:
        closes, moments: of the symbol.
        space: overwritten where the position is held.
        holding: the position.

    Returns:
        The lowest value of the account at these closes.
    """
    exit_bar = holding.exit_bar
    worth, held, lowest = holding.before, 0.0, holding.before
    for bar in range(holding.entry, exit_bar):
        position = holding.units * closes[bar]
        now = holding.cash + position
        space.equity[moments[bar]] += now - worth
        space.held[moments[bar]] += abs(position) - held
        worth, held = now, abs(position)
        lowest = min(lowest, now)
    space.equity[moments[exit_bar]] -= worth
    space.held[moments[exit_bar]] -= held
    return lowest


@njit(cache=True, nogil=True)
def _follow(bars: Bars, tape: Tape, setting: Setting, space: Space, row: int, entry: int) -> None:
    """Follow one signal's trade to its end and note it."""
    rows, rules = tape.rows, tape.rules
    order = Order(
        rows.directions[row],
        setting.holding_bars or rows.holding_bars[row],
        rows.stops[row] if math.isnan(setting.stop) else setting.stop,
        rows.targets[row] if math.isnan(setting.target) else setting.target,
        rules.trailing,
    )
    end = follow(bars, entry, order, rules.conditions)
    if end.status != SignalStatus.TRADED:
        space.exit_bars[row] = NOT_TRADED
        return
    space.exit_bars[row] = end.exit_bar
    space.entry_prices[row] = end.entry_price
    space.exit_prices[row] = end.exit_price
    space.free_from[row] = free_from(end, rules.conditions.fill)


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
def _moments(returns: Floats) -> tuple[float, float]:
    """Mean and deviation (ddof 1); the latter is NaN where returns are too few or do not vary."""
    if len(returns) < 2:
        return np.nan, np.nan
    mean = _sum(returns) / len(returns)
    deviation = math.sqrt(_squares(returns, mean) / (len(returns) - 1))
    return mean, deviation if deviation > STILL * max(1.0, abs(mean)) else np.nan


@njit(cache=True, nogil=True)
def _take_off(returns: Floats, market: Floats) -> None:
    """Leave of the returns what least squares does not explain by the market, and alpha."""
    if len(returns) < 2:
        return
    middle = _sum(market) / len(market)
    squares = _squares(market, middle)
    if squares <= STILL:
        return
    shared = 0.0
    for period in range(len(returns)):
        shared += returns[period] * (market[period] - middle)
    beta = shared / squares
    for period in range(len(returns)):
        returns[period] -= beta * market[period]


@njit(cache=True, nogil=True)
def _standardise(returns: Floats, standard: Floats) -> float:
    """Mean over deviation (ddof 1); the returns, standardised, are added to `standard`.

    NaN, and nothing is added, where there are fewer than two returns or they do not vary.
    """
    mean, deviation = _moments(returns)
    if math.isnan(deviation):
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
