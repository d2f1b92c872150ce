"""The loop over the bars of all symbols that keeps cash and positions, compiled.

Money is over the start capital of all accounts, so the accounts together begin with 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.trading.signal_status import SignalStatus
from quantsig.backtest.trading.sizing import DIVIDED, MONEY
from quantsig.backtest.trading.trade import Conditions, Order, follow
from quantsig.data.barriers import AT_CLOSE, Bars, ExitReason, bars_of
from quantsig.data.kernels import njit

DUST = 1e-9  # part of an account's start capital that is nothing
ROUNDING = 1e-9  # lots: less than this below a whole one is a whole one


class ListedBars(NamedTuple):
    """The bars of S symbols, one symbol after the other."""

    starts: Integers  # (S + 1,) the first bar of each symbol
    rows: Integers  # of each bar, the row among the times of all
    bars: Bars  # as `rows`; `first_sales` counts from the symbol's own first bar
    factors: Floats  # what raw prices were multiplied by


class Queue(NamedTuple):
    """What the signals ask for, (K,) each, and the order in which they are heard."""

    symbols: Integers
    entry_bars: Integers  # of the symbol's own
    directions: Integers
    holding_bars: Integers
    stops: Floats
    targets: Floats
    stakes: Floats  # in the unit of `AccountSettings.staking`; NaN where not known
    statuses: Integers  # of those that are not to be traded anyway; else SignalStatus.TRADED
    order: Integers  # (J,) the signals to be traded, by moment and then by rank
    firsts: Integers  # (T + 1,) of `order`, the first at each row


class AccountSettings(NamedTuple):
    """What holds for every trade and account."""

    conditions: Conditions
    trailing: float
    fee: float
    minimum_fee: float
    staking: int  # of `sizing`
    lot: float  # shares over the start capital; 0 for no lots
    accounts: int  # 1, or one a symbol


class Outcomes(NamedTuple):
    """What became of each signal, (K,) each; all but the status hold for traded ones only."""

    statuses: Integers
    exit_bars: Integers
    exit_rows: Integers  # when the money moved
    entry_prices: Floats
    exit_prices: Floats
    reasons: Integers
    sizes: Floats
    entry_fees: Floats
    exit_fees: Floats
    slipped: Floats  # price lost to slippage on both sides


class AccountCurve(NamedTuple):
    """The accounts over time."""

    equity: Floats  # (T,) at each close
    closes: Floats  # (T, S) what each symbol is worth at each close
    ruin_rows: Integers  # (A,) when each account lost everything; -1 for never


class Purchase(NamedTuple):
    """What a signal may be traded with, long or short."""

    signal: int
    worth: float  # of the account before the first entry of this moment
    claims: int  # symbols that share it
    factor: float  # what the raw price of its entry was multiplied by


class State(NamedTuple):
    """What changes from bar to bar."""

    bars: Integers  # (S,) the latest bar of each symbol, -1 before its first
    fresh: NDArray[np.bool_]  # (S,) whether it closes now
    trades: Integers  # (S,) the signal whose trade is open; -1 for none
    shares: Floats  # (S,) held, negative for a short
    marks: Floats  # (S,) the latest price
    cash: Floats  # (A,) proceeds of shorts included
    reserved: Floats  # (A,) proceeds of open shorts and as much again
    opened: Integers  # (A,) positions
    ruin_rows: Integers  # (A,)


@njit(cache=True, nogil=True)
def run(
    listed: ListedBars, queue: Queue, settings: AccountSettings
) -> tuple[Outcomes, AccountCurve]:
    """Keep the accounts over all bars.

    Args:
        listed: the bars of every symbol.
        queue: the signals.
        settings: costs, sizes and accounts.
    """
    symbols, rows = len(listed.starts) - 1, len(queue.firsts) - 1
    outcomes, state = _blank(queue), _start(symbols, settings.accounts, listed)
    path = AccountCurve(np.empty(rows), np.empty((rows, symbols)), state.ruin_rows)
    for row in range(rows):
        _arrive(row, listed, state)
        if settings.conditions.fill != AT_CLOSE:
            _mark(listed.bars.open, listed, state)
            _leave(row, True, queue, settings, outcomes, state)
            _enter(row, listed, queue, settings, outcomes, state)
        _leave(row, False, queue, settings, outcomes, state)
        _mark(listed.bars.close, listed, state)
        _liquidate(row, queue, settings, outcomes, state)
        if settings.conditions.fill == AT_CLOSE:
            _enter(row, listed, queue, settings, outcomes, state)
        path.closes[row] = state.marks
        path.equity[row] = state.cash.sum() + (state.shares * state.marks).sum()
    return outcomes, path


@njit(cache=True, nogil=True)
def _blank(queue: Queue) -> Outcomes:
    count = len(queue.symbols)
    return Outcomes(
        queue.statuses.copy(),
        np.full(count, -1, np.int64),
        np.full(count, -1, np.int64),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.full(count, -1, np.int64),
        np.zeros(count),
        np.zeros(count),
        np.zeros(count),
        np.zeros(count),
    )


@njit(cache=True, nogil=True)
def _start(symbols: int, accounts: int, listed: ListedBars) -> State:
    return State(
        np.full(symbols, -1, np.int64),
        np.zeros(symbols, np.bool_),
        np.full(symbols, -1, np.int64),
        np.zeros(symbols),
        listed.bars.open[listed.starts[:-1]].copy(),
        np.full(accounts, 1.0 / accounts),
        np.zeros(accounts),
        np.zeros(accounts, np.int64),
        np.full(accounts, -1, np.int64),
    )


@njit(cache=True, nogil=True)
def _arrive(row: int, listed: ListedBars, state: State) -> None:
    """Take each symbol to its bar at this row, if it has one."""
    for symbol in range(len(state.bars)):
        following = listed.starts[symbol] + state.bars[symbol] + 1
        fresh = following < listed.starts[symbol + 1] and listed.rows[following] == row
        state.fresh[symbol] = fresh
        state.bars[symbol] += fresh


@njit(cache=True, nogil=True)
def _mark(prices: Floats, listed: ListedBars, state: State) -> None:
    for symbol in range(len(state.bars)):
        if state.fresh[symbol]:
            state.marks[symbol] = prices[listed.starts[symbol] + state.bars[symbol]]


@njit(cache=True, nogil=True)
def _leave(
    row: int,
    at_open: bool,
    queue: Queue,
    settings: AccountSettings,
    outcomes: Outcomes,
    state: State,
) -> None:
    """Close what ends in this bar: at its open only what its time ends, later all the rest."""
    for symbol in range(len(state.bars)):
        trade = state.trades[symbol]
        if trade < 0 or not state.fresh[symbol]:
            continue
        if outcomes.exit_bars[trade] != state.bars[symbol]:
            continue
        if not at_open or outcomes.reasons[trade] == ExitReason.TIME:
            _close(row, trade, queue, settings, outcomes, state)


@njit(cache=True, nogil=True, inline="always")
def _close(
    row: int, trade: int, queue: Queue, settings: AccountSettings, outcomes: Outcomes, state: State
) -> None:
    """Book the exit of a trade."""
    symbol, direction = queue.symbols[trade], queue.directions[trade]
    account = symbol % settings.accounts
    size = outcomes.sizes[trade]
    value = size * outcomes.exit_prices[trade]
    fee = _fee(value, -direction, settings)
    state.cash[account] += direction * value - fee
    if direction < 0:
        state.reserved[account] -= 2.0 * size * outcomes.entry_prices[trade]
    state.opened[account] -= 1
    if state.opened[account] == 0:
        state.reserved[account] = 0.0  # not what rounding left
    state.trades[symbol] = -1
    state.shares[symbol] = 0.0
    outcomes.exit_rows[trade] = row
    outcomes.exit_fees[trade] = fee


@njit(cache=True, nogil=True, inline="always")
def _fee(value: float, side: int, settings: AccountSettings) -> float:
    """The fee of a purchase (side +1) or of a sale (-1), which takes no more than it brings."""
    fee = max(settings.fee * value, settings.minimum_fee)
    return fee if side > 0 else min(fee, value)


@njit(cache=True, nogil=True)
def _liquidate(
    row: int, queue: Queue, settings: AccountSettings, outcomes: Outcomes, state: State
) -> None:
    """Close everything at the latest close in an account that is worth nothing."""
    shared = settings.accounts == 1
    for account in range(settings.accounts):
        first = 0 if shared else account
        last = len(state.bars) if shared else account + 1
        worth = state.cash[account]
        for symbol in range(first, last):
            worth += state.shares[symbol] * state.marks[symbol]
        if worth >= DUST / settings.accounts or state.ruin_rows[account] >= 0:
            continue
        state.ruin_rows[account] = row
        for symbol in range(first, last):
            trade = state.trades[symbol]
            if trade >= 0:
                _abandon(trade, queue, settings, outcomes, state)
                _close(row, trade, queue, settings, outcomes, state)


@njit(cache=True, nogil=True, inline="always")
def _abandon(
    trade: int, queue: Queue, settings: AccountSettings, outcomes: Outcomes, state: State
) -> None:
    """End a trade at the latest close of its symbol."""
    symbol = queue.symbols[trade]
    against = queue.directions[trade] * settings.conditions.slippage
    price = state.marks[symbol] * (1.0 - against)
    at_entry = outcomes.entry_prices[trade]
    outcomes.slipped[trade] = abs(at_entry - at_entry / (1.0 + against))
    outcomes.slipped[trade] += abs(price - state.marks[symbol])
    outcomes.exit_bars[trade] = state.bars[symbol]
    outcomes.exit_prices[trade] = price
    outcomes.reasons[trade] = ExitReason.BANKRUPT


@njit(cache=True, nogil=True)
def _enter(
    row: int,
    listed: ListedBars,
    queue: Queue,
    settings: AccountSettings,
    outcomes: Outcomes,
    state: State,
) -> None:
    """Open what is to be opened at this moment, the first in rank first."""
    first, last = queue.firsts[row], queue.firsts[row + 1]
    if first == last:
        return
    for place in range(first, last):
        _look(queue.order[place], listed, queue, settings, outcomes, state)
    shared = settings.accounts == 1
    worth, claims = 0.0, 1
    if shared:
        worth = state.cash[0] + (state.shares * state.marks).sum()
        claims = state.opened[0] + _hopeful(first, last, queue, outcomes, len(state.bars))
    for place in range(first, last):
        signal = queue.order[place]
        if outcomes.statuses[signal] == SignalStatus.TRADED:
            own = worth if shared else state.cash[queue.symbols[signal]]  # it holds nothing else
            symbol = queue.symbols[signal]
            factor = listed.factors[listed.starts[symbol] + queue.entry_bars[signal]]
            purchase = Purchase(signal, own, claims, factor)
            _open(purchase, queue, settings, outcomes, state)


@njit(cache=True, nogil=True)
def _hopeful(first: int, last: int, queue: Queue, outcomes: Outcomes, symbols: int) -> int:
    """How many symbols have a signal at this moment that may be traded."""
    seen = np.zeros(symbols, np.bool_)
    for place in range(first, last):
        signal = queue.order[place]
        if outcomes.statuses[signal] == SignalStatus.TRADED:
            seen[queue.symbols[signal]] = True
    return int(seen.sum())


@njit(cache=True, nogil=True, inline="always")
def _look(
    signal: int,
    listed: ListedBars,
    queue: Queue,
    settings: AccountSettings,
    outcomes: Outcomes,
    state: State,
) -> None:
    """Follow the trade of a signal if it may be opened."""
    symbol = queue.symbols[signal]
    if state.ruin_rows[symbol % settings.accounts] >= 0:
        outcomes.statuses[signal] = SignalStatus.ACCOUNT_BANKRUPT
    elif state.trades[symbol] >= 0:
        outcomes.statuses[signal] = SignalStatus.POSITION_OPEN
    elif not queue.stakes[signal] > 0:
        outcomes.statuses[signal] = SignalStatus.NO_STAKE
    else:
        order = Order(
            queue.directions[signal],
            queue.holding_bars[signal],
            queue.stops[signal],
            queue.targets[signal],
            settings.trailing,
        )
        bars = bars_of(symbol, listed.bars, listed.starts)
        end = follow(bars, queue.entry_bars[signal], order, settings.conditions)
        outcomes.statuses[signal] = end.status
        outcomes.exit_bars[signal] = end.exit_bar
        outcomes.entry_prices[signal] = end.entry_price
        outcomes.exit_prices[signal] = end.exit_price
        outcomes.reasons[signal] = end.reason
        outcomes.slipped[signal] = end.slipped


@njit(cache=True, nogil=True, inline="always")
def _open(
    purchase: Purchase, queue: Queue, settings: AccountSettings, outcomes: Outcomes, state: State
) -> None:
    """Buy or sell short what the signal's stake and the free cash allow."""
    signal = purchase.signal
    symbol, direction = queue.symbols[signal], queue.directions[signal]
    account = symbol % settings.accounts
    if state.trades[symbol] >= 0:
        outcomes.statuses[signal] = SignalStatus.POSITION_OPEN
        return
    wanted = queue.stakes[signal]
    if settings.staking == DIVIDED:
        wanted *= purchase.worth / purchase.claims
    elif settings.staking != MONEY:
        wanted *= purchase.worth
    budget = min(wanted, state.cash[account] - state.reserved[account])
    value = min(budget / (1.0 + settings.fee), budget - settings.minimum_fee)
    if value < DUST / settings.accounts:
        outcomes.statuses[signal] = SignalStatus.NO_CASH
        return
    price = outcomes.entry_prices[signal]
    size = value / price
    if settings.lot > 0:
        lot = settings.lot / purchase.factor
        size = np.floor(size / lot + ROUNDING) * lot
        if size == 0:
            outcomes.statuses[signal] = SignalStatus.BELOW_ONE_LOT
            return
    value = size * price
    fee = _fee(value, direction, settings)
    state.cash[account] -= direction * value + fee
    if direction < 0:
        state.reserved[account] += 2.0 * value
    state.opened[account] += 1
    state.trades[symbol] = signal
    state.shares[symbol] = direction * size
    outcomes.sizes[signal] = size
    outcomes.entry_fees[signal] = fee
