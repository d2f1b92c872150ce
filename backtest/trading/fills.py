"""The signals of all symbols in the order of time: which are traded, and how much of each.

Within a bar: exits at its open, entries at its open, exits inside it, exits at its close, entries
at its close. An order at the typical price takes the place of one at the open, for it is worked
for from there on. What a trade earns a share is found by `trade.follow`, cash and sizes by
`account_loop`. Every fill goes on to vectorbt, which keeps accounts of its own; both must agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market, SymbolSignals
from quantsig.backtest.trading import account_loop
from quantsig.backtest.trading.account_loop import (
    AccountSettings,
    ListedBars,
    Outcomes,
    Queue,
)
from quantsig.backtest.trading.overrides import FILLS, as_set
from quantsig.backtest.trading.rules import rule_bars
from quantsig.backtest.trading.signal_status import ALWAYS_COUNTED, SignalStatus
from quantsig.backtest.trading.sizing import STAKES, stakes
from quantsig.backtest.trading.trade import Conditions
from quantsig.data.barriers import Bars

DIRECTIONS = {"both": (1, -1), "long": (1,), "short": (-1,)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fills:
    """The trades of one symbol in the order of time, (K,) each; money over the start capital."""

    signals: Integers  # row of the signal in `SymbolSignals`
    directions: Integers
    entry_bars: Integers
    exit_bars: Integers
    exit_times: Integers  # when its money moved: later than its bar only if it was bankrupt
    entry_prices: Floats  # after slippage
    exit_prices: Floats  # after slippage
    sizes: Floats  # shares over the start capital
    entry_fees: Floats
    exit_fees: Floats
    slippages: Floats  # money lost to slippage on both sides
    reasons: Integers  # numbers of `ExitReason`
    ignored: Mapping[str, int]  # signals not traded, by reason

    def __len__(self) -> int:
        return len(self.signals)


@dataclass(frozen=True, kw_only=True, slots=True)
class TradedSignals:
    """What became of all signals, and what the loop reckons the accounts to be worth."""

    times: Integers  # (T,) closes of all bars of all symbols, microseconds since 1970 UTC
    closes: Floats  # (T, S) the latest close of each symbol; before the first its first open
    fills: dict[str, Fills]
    equity: Floats  # (T,) over the start capital
    shared_cash: bool
    bankrupt: Mapping[str, int]  # when accounts lost everything, by symbol; "all" if they share


def trade_signals(
    market: Market, signals: Mapping[str, SymbolSignals], execution: Execution
) -> TradedSignals:
    """Trade the signals of all symbols in the order of time, one position a symbol.

    A signal whose entry falls into an open position is ignored and counted. Of entries at one
    moment the likelier comes first, then the symbol's name; each stakes a part of what the
    account was worth before the first of them. An order larger than the free cash is cut to it.
    A short keeps its proceeds and as much again of the cash until it is closed.

    An account that is worth nothing at a close leaves all its positions there and stops; what a
    short lost beyond it stays as a debt.

    Args:
        market: the bars of every symbol.
        signals: those of every symbol of the market.
        execution: how they are traded.
    """
    times = np.unique(np.concatenate([bars.times for bars in market.values()]))
    listed = _listed(market, times, execution)
    wanted = {name: as_set(signals[name], execution) for name in market}
    queue = _queue(market, list(wanted.values()), listed, len(times), execution)
    outcomes, path = account_loop.run(listed, queue, _terms(len(market), execution))
    accounts = ("all",) if execution.shared_cash else tuple(market)
    ruined = zip(accounts, path.ruin_rows.tolist(), strict=True)
    return TradedSignals(
        times=times,
        closes=path.closes,
        fills=_fills(wanted, queue, outcomes, times),
        equity=path.equity,
        shared_cash=execution.shared_cash,
        bankrupt={name: int(times[row]) for name, row in ruined if row >= 0},
    )


def _listed(market: Market, times: Integers, execution: Execution) -> ListedBars:
    parts = [rule_bars(bars, execution) for bars in market.values()]
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    counts = [len(bars.times) for bars in market.values()]
    factors = [
        np.ones(len(bars.times)) if bars.factors is None else bars.factors
        for bars in market.values()
    ]
    return ListedBars(
        starts=np.concatenate([[0], np.cumsum(counts)]),
        rows=np.searchsorted(times, np.concatenate([bars.times for bars in market.values()])),
        bars=Bars(*columns),
        factors=np.concatenate(factors),
    )


def _queue(
    market: Market, wanted: list[SymbolSignals], listed: ListedBars, rows: int, execution: Execution
) -> Queue:
    """The signals of all symbols, one symbol after the other, and the order they are heard in."""
    symbols = np.repeat(np.arange(len(wanted)), [len(part.bars) for part in wanted])
    entry_bars = np.concatenate([part.bars + part.delay_bars for part in wanted])
    directions = np.concatenate([part.directions for part in wanted])
    statuses = np.full(len(symbols), SignalStatus.TRADED)
    statuses[entry_bars >= np.diff(listed.starts)[symbols]] = SignalStatus.NO_BAR_TO_FILL
    statuses[~np.isin(directions, DIRECTIONS[execution.directions])] = SignalStatus.OTHER_DIRECTION
    heard = np.flatnonzero(statuses == SignalStatus.TRADED)
    entry_rows = listed.rows[listed.starts[symbols[heard]] + entry_bars[heard]]
    probabilities = np.concatenate([part.probabilities for part in wanted])[heard]
    order = np.lexsort((-probabilities, entry_rows))  # NaN last, equals in the order of symbols
    pairs = zip(market.values(), wanted, strict=True)
    return Queue(
        symbols=symbols,
        entry_bars=entry_bars,
        directions=directions,
        holding_bars=np.concatenate([part.horizon_bars for part in wanted]),
        stops=np.concatenate([part.stops for part in wanted]),
        targets=np.concatenate([part.targets for part in wanted]),
        stakes=np.concatenate([stakes(bars, part, execution) for bars, part in pairs]),
        statuses=statuses,
        order=heard[order],
        firsts=np.searchsorted(entry_rows[order], np.arange(rows + 1)),
    )


def conditions_of(execution: Execution) -> Conditions:
    """What every trade is subject to, as `trade.follow` takes it."""
    maintenance = execution.maintenance_margin
    return Conditions(
        fill=FILLS[execution.fill_price],
        slippage=execution.slippage,
        maintenance=np.nan if maintenance is None else maintenance,
    )


def _terms(symbols: int, execution: Execution) -> AccountSettings:
    trailing = execution.trailing_stop
    return AccountSettings(
        conditions=conditions_of(execution),
        trailing=np.nan if trailing is None else trailing,
        fee=execution.fee,
        minimum_fee=execution.minimum_fee / execution.start_capital,
        staking=STAKES[execution.sizing],
        lot=execution.lot_size / execution.start_capital,
        accounts=1 if execution.shared_cash else symbols,
    )


def _fills(
    wanted: Mapping[str, SymbolSignals], queue: Queue, outcomes: Outcomes, times: Integers
) -> dict[str, Fills]:
    """The fills of each symbol, by its name."""
    fills, start = {}, 0
    for name, signals in wanted.items():
        end = start + len(signals.bars)
        statuses = outcomes.statuses[start:end]
        traded = np.flatnonzero(statuses == SignalStatus.TRADED)
        own = traded[np.argsort(queue.entry_bars[start:end][traded], kind="stable")]
        rows = start + own
        fills[name] = Fills(
            signals=own,
            directions=queue.directions[rows],
            entry_bars=queue.entry_bars[rows],
            exit_bars=outcomes.exit_bars[rows],
            exit_times=times[outcomes.exit_rows[rows]],
            entry_prices=outcomes.entry_prices[rows],
            exit_prices=outcomes.exit_prices[rows],
            sizes=outcomes.sizes[rows],
            entry_fees=outcomes.entry_fees[rows],
            exit_fees=outcomes.exit_fees[rows],
            slippages=outcomes.sizes[rows] * outcomes.slipped[rows],
            reasons=outcomes.reasons[rows],
            ignored=_ignored(statuses),
        )
        start = end
    return fills


def _ignored(statuses: Integers) -> dict[str, int]:
    counts = np.bincount(statuses, minlength=len(SignalStatus))
    return {
        status.text: int(counts[status])
        for status in SignalStatus
        if status in ALWAYS_COUNTED or (counts[status] and status != SignalStatus.TRADED)
    }
