"""What the trades would have earned at other times: the test of their timing.

All trades are moved together by a number of sessions (`joint_rotation`). What is compared is
their mean over its own error, so that a shift into wild times is no better for being wild: the
return of each trade, after costs and less what the other symbols explain of it, and the error of
their mean from sums by session of entry, with as many lags as a trade lives sessions.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantsig.backtest.comparisons.joint_rotation import LandedTrades, Signals, land, turning
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market
from quantsig.backtest.statistics.holdings import held_sessions
from quantsig.backtest.statistics.trade_bars import trade_bars
from quantsig.data.kernels import njit

if TYPE_CHECKING:
    from quantsig.backtest.trading.accounts import Accounts

DRAWS = 1_000
FEWEST_DRAWS = 200
MOST_TRADES = 5_000_000  # over all draws; more trades are moved less often
MOST_MARKS = 2_500  # times at which the equity of each draw is read
LEAST_PLACED = 0.5  # of the trades; where fewer find a bar the shift is left out
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomEntries:
    """What the trades earned at other times."""

    t: float  # of the trades where they were
    drawn: Floats  # (draws,) and at each shift
    returns: Floats  # (draws,) total return of each shift
    band: Floats  # (3, T) quantiles `BAND` of the equity at every bar time

    @property
    def p_value(self) -> float | None:
        """Share of the shifts at least as good; None where there is nothing to compare."""
        return p_value(self.drawn, self.t) if len(self.drawn) else None


def random_entries(
    accounts: "Accounts",
    market: Market,
    signals: Signals,
    execution: Execution,
    *,
    seed: int,
    draws: int | None = None,
) -> RandomEntries:
    """Move the trades to other sessions, all together, and see what they earn there.

    Every shift from one session to all but one is taken, or so many of them by chance. For the
    equity each trade stakes the same part of its account as it did, and the account changes when
    a trade ends; one that goes on past the end of the period counts at its last bar. An account
    that loses everything stays at zero. Long periods are read at 2,500 times and joined by
    straight lines.

    Args:
        accounts: of the signals.
        market: the bars of every symbol.
        signals: that were traded.
        execution: how.
        seed: of chance.
        draws: at most so many; None: 1,000, or fewer where there are over 5,000 trades.
    """
    times, trades = accounts.times, accounts.trades
    marks = _marks(len(times))
    turned = turning(trades, market, signals, execution, times)
    circle, moved, sessions = turned.circle, turned.moved, turned.sessions
    held = held_sessions(trades, times, accounts.calendar, execution.fill_price)
    lag = min(held.longest - 1, sessions // 4)
    parts = _parts(accounts, market, execution)[moved.rows]
    owners = np.zeros_like(moved.symbols) if _shares_cash(accounts) else moved.symbols
    places = _mark_of_each_bar(market, times, marks)
    shifts = _shifts(sessions, draws or _draws(trades.height), seed)

    def at(shift: int) -> tuple[LandedTrades, float]:
        landed = land(circle, moved, turned.conditions, shift)
        entered = (moved.sessions + shift) % sessions
        return landed, studentised(landed.excess, entered, sessions, lag)

    drawn, curves = [], [np.zeros((0, len(marks)))]
    for shift in shifts if trades.height else ():
        landed, t = at(int(shift))
        if np.isfinite(landed.returns).mean() >= LEAST_PLACED:
            drawn.append(t)
            exits = places[circle.starts[moved.symbols] + landed.exits]
            accounts_at_first = accounts.values.shape[1]
            curves.append(
                _equity(landed.returns, parts, owners, exits, accounts_at_first, len(marks))[None]
            )
    equity = np.concatenate(curves)
    rows = np.arange(len(times))
    band = np.quantile(equity, BAND, axis=0) if len(equity) else np.ones((3, len(marks)))
    return RandomEntries(
        t=at(0)[1] if trades.height else 0.0,
        drawn=np.array(drawn),
        returns=equity[:, -1] - 1.0,
        band=np.stack([np.interp(rows, marks, line) for line in band]),
    )


def p_value(drawn: Floats, reached: float) -> float:
    """Share of random draws at least as good, counting the strategy itself as one of them.

    (1 + #{draw >= reached}) / (1 + draws), Phipson and Smyth 2010; never zero.
    """
    return (1.0 + float((drawn >= reached).sum())) / (1.0 + len(drawn))


@njit(cache=True, nogil=True)
def studentised(returns: Floats, sessions: Integers, count: int, lag: int) -> float:
    """Mean return over its error, from sums by session and the Bartlett weights of their lags.

    As `newey_west.trades_t`, but on a circle: the first session follows the last.

    Args:
        returns: (K,) of the trades; NaN is left out.
        sessions: (K,) of their entries, from 0.
        count: of all sessions.
        lag: sessions after an entry in which its trade still runs.

    Returns:
        0 of fewer than two trades, or where they do not vary.
    """
    known = ~np.isnan(returns)
    trades = known.sum()
    if trades < 2:
        return 0.0
    mean = returns[known].sum() / trades
    sums = np.zeros(count)
    for trade in range(len(returns)):
        if known[trade]:
            sums[sessions[trade]] += returns[trade] - mean
    variance = (sums * sums).sum()
    for step in range(1, lag + 1):
        weight = 2.0 * (1.0 - step / (lag + 1.0))
        for session in range(count):
            variance += weight * sums[session] * sums[(session + step) % count]
    error = np.sqrt(max(variance, 0.0)) / trades
    return float(mean / error) if error > 1e-12 * (1.0 + abs(mean)) else 0.0


@njit(cache=True, nogil=True)
def _equity(
    returns: Floats, parts: Floats, owners: Integers, exits: Integers, accounts: int, marks: int
) -> Floats:
    """(marks,) equity of all accounts together, which changes where trades end."""
    values, changes = np.full(accounts, 1.0 / accounts), np.zeros(marks)
    for trade in np.argsort(exits):
        if np.isnan(returns[trade]):
            continue
        owner = owners[trade]
        after = max(values[owner] * (1.0 + parts[trade] * returns[trade]), 0.0)
        changes[exits[trade]] += after - values[owner]
        values[owner] = after
    return 1.0 + np.cumsum(changes)


def _draws(trades: int) -> int:
    return int(np.clip(MOST_TRADES // max(trades, 1), FEWEST_DRAWS, DRAWS))


def _shifts(sessions: int, most: int, seed: int) -> Integers:
    others = np.arange(1, sessions)
    if len(others) <= most:
        return others
    return np.sort(np.random.default_rng(seed).choice(others, most, replace=False))


def _marks(times: int) -> Integers:
    spread = np.linspace(0, times - 1, min(times, MOST_MARKS))
    return np.rint(spread).astype(np.int64)


def _mark_of_each_bar(market: Market, times: Integers, marks: Integers) -> Integers:
    """The mark at or after each bar of `Circle`; of the second time around it is the last."""
    last, parts = len(marks) - 1, []
    for bars in market.values():
        own = np.searchsorted(marks, np.searchsorted(times, bars.times))
        parts += [np.minimum(own, last), np.full(len(own), last)]
    return np.concatenate(parts)


def _shares_cash(accounts: "Accounts") -> bool:
    return bool(accounts.values.shape[1] < len(accounts.symbols))


def _parts(accounts: "Accounts", market: Market, execution: Execution) -> Floats:
    """(K,) value of each entry over that of its account before it."""
    trades = accounts.trades
    size, entry, profits = (trades[name].to_numpy() for name in ("size", "entry_price", "profit"))
    before = np.empty(trades.height)
    for symbol, own in trade_bars(trades, market, execution.fill_price).items():
        if _shares_cash(accounts):
            entered = np.searchsorted(accounts.times, market[symbol].times[own.entry_bars])
            before[own.rows] = accounts.values[np.maximum(entered - 1, 0), 0]
        else:
            earned = np.cumsum(profits[own.rows]) - profits[own.rows]
            before[own.rows] = 1.0 / len(market) + earned
    found: Floats = size * entry / before
    return found
