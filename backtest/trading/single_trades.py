"""What every row of a split would earn as a trade of its own, whatever the threshold.

With one position a symbol, what a signal's trade does depends on no other; a threshold only says
which of them are entered. So these trades, followed once, answer for every threshold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import (
    Floats,
    Integers,
    SymbolBars,
    SymbolSignals,
    market_of,
    place_signals,
)
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.period import stored_prices
from quantsig.backtest.trading.fills import DIRECTIONS, conditions_of
from quantsig.backtest.trading.overrides import as_set
from quantsig.backtest.trading.rules import rule_bars
from quantsig.backtest.trading.signal_status import SignalStatus
from quantsig.backtest.trading.trade import Conditions, Order, follow, free_from
from quantsig.data.barriers import Bars
from quantsig.data.errors import DataError
from quantsig.data.kernels import njit
from quantsig.data.samples.store import SampleSet
from quantsig.signals.layout import SIGNALS
from quantsig.signals.runs import Run

OWN = {  # a setting of the execution, and the column of the signals that it stands for
    "delay_bars": "delay_bars",
    "holding_bars": "horizon_bars",
    "stop_loss": "stop",
    "take_profit": "target",
}


OF_ACCOUNTS = ("sizing", "minimum_fee", "lot_size", "shared_cash")


@dataclass(frozen=True, kw_only=True, slots=True)
class SingleTrades:
    """Rows of one split by symbol and time, and what became of each alone, (n,) each."""

    times: Integers  # (T,) closes of all bars of all symbols, microseconds since 1970 UTC
    symbols: tuple[str, ...]
    rows: pl.DataFrame  # of signals.parquet
    symbol: Integers  # position in `symbols`
    entry: Integers  # position in `times`; -1 where no bar is left to fill the entry
    exit: Integers  # position in `times`
    free: Integers  # position in `times` from which the symbol's next entry is possible
    growth: Floats  # what the trade multiplies its symbol's account by, after costs


class _Orders(NamedTuple):
    """What each signal of one symbol asks for, (K,) each but the last."""

    entries: Integers
    directions: Integers
    holding_bars: Integers
    stops: Floats
    targets: Floats
    trailing: float


class TradeEnds(NamedTuple):
    """What became of each alone, (K,) each; -1 and NaN where it is no trade."""

    entries: Integers  # the bar of the entry, which may be beyond the last
    exits: Integers
    free: Integers  # the first bar at which the symbol's next trade may be entered
    entry_prices: Floats
    exit_prices: Floats
    statuses: Integers  # numbers of `SignalStatus`
    reasons: Integers  # numbers of `ExitReason`

    def returns(self, directions: Integers, execution: Execution) -> Floats:
        """What each trade earned after costs, over the value it was entered at."""
        gained = directions * (self.exit_prices - self.entry_prices)
        paid = execution.fee * (self.entry_prices + self.exit_prices)
        found: Floats = (gained - paid) / self.entry_prices
        return found


def single_trades(
    run: Run, split: str, execution: Execution, samples: SampleSet | None = None
) -> SingleTrades:
    """Follow every row of a split of signals.parquet, signal or not.

    Args:
        run: with its signals written, and its sample set where it was.
        split: calibration, say.
        execution: how signals are traded.
        samples: of the run, where they are open already.

    Raises:
        DataError: rows or bars are missing or cannot be traded, or a trade depends on the
            account it is made in.
    """
    _refuse_money(execution)
    where = str(run.path / SIGNALS)
    rows = run.signals().filter(pl.col("split") == split).sort("symbol", "decision_time")
    samples = samples or run.samples()
    samples.require_bars()
    symbols = rows["symbol"].unique().sort().to_list()
    start, end = rows["decision_time"].min(), rows["label_end"].max()
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    bars = stored_prices(samples, start, end, beside=execution.looks_back)
    market = market_of(samples, bars, symbols, start=start, end=end)
    placed = place_signals(rows, market, where=where)
    times = np.unique(np.concatenate([bars.times for bars in market.values()]))
    alone = [_alone(times, bars, placed[name], execution) for name, bars in market.items()]
    entry, ended, free, growth = (np.concatenate(column) for column in zip(*alone, strict=True))
    return SingleTrades(
        times=times,
        symbols=tuple(market),
        rows=rows,
        symbol=np.repeat(np.arange(len(market)), [len(own[0]) for own in alone]),
        entry=entry,
        exit=ended,
        free=free,
        growth=growth,
    )


def recorded_execution(recorded: Mapping[str, Any], signals: pl.DataFrame) -> Execution:
    """The execution that stats.json holds, where a signal's own terms stay its own.

    stats.json says the terms that all traded signals shared; another row may have others.

    Args:
        recorded: `execution` of stats.json.
        signals: rows of signals.parquet that were traded.
    """
    known = {field.name for field in fields(Execution)}
    settings = {name: value for name, value in recorded.items() if name in known}
    for name, column in OWN.items():
        own = signals[column].drop_nulls().unique().to_list()
        if isinstance(settings.get(name), str) or own == [settings.get(name)]:
            settings[name] = None
    return Execution(**settings)


def follow_alone(bars: SymbolBars, signals: SymbolSignals, execution: Execution) -> TradeEnds:
    """What becomes of each signal of one symbol where no other trade is in its way."""
    asked = as_set(signals, execution)
    entries = asked.bars + asked.delay_bars
    trailing = np.nan if execution.trailing_stop is None else execution.trailing_stop
    heard = np.isin(asked.directions, DIRECTIONS[execution.directions])
    ends = TradeEnds(
        entries=entries,
        exits=np.full(len(entries), -1, np.int64),
        free=np.full(len(entries), -1, np.int64),
        entry_prices=np.full(len(entries), np.nan),
        exit_prices=np.full(len(entries), np.nan),
        statuses=np.where(heard, SignalStatus.NO_BAR_TO_FILL, SignalStatus.OTHER_DIRECTION),
        reasons=np.full(len(entries), -1, np.int64),
    )
    orders = _Orders(
        entries, asked.directions, asked.horizon_bars, asked.stops, asked.targets, trailing
    )
    _follow_each(rule_bars(bars, execution), orders, conditions_of(execution), heard, ends)
    return ends


def _alone(
    times: Integers, bars: SymbolBars, signals: SymbolSignals, execution: Execution
) -> tuple[Integers, Integers, Integers, Floats]:
    """Entry, exit and free bar of each signal as positions in `times`, and its growth."""
    ends = follow_alone(bars, signals, execution)
    place = np.append(np.searchsorted(times, bars.times), -1)  # of each bar, then of none
    traded = ends.exits >= 0
    waits = np.where(traded, ends.free - ends.exits, 0)
    exits = place[ends.exits]
    growth = _growth(ends, signals.directions, execution)
    return (
        np.where(traded, place[np.minimum(ends.entries, len(bars.times))], -1),
        exits,
        (exits + waits),
        growth,
    )


@njit(cache=True, nogil=True)
def _follow_each(
    bars: Bars, orders: _Orders, conditions: Conditions, heard: NDArray[np.bool_], ends: TradeEnds
) -> None:
    for row in range(len(orders.entries)):
        if not heard[row] or orders.entries[row] >= len(bars.open):
            continue
        order = Order(
            orders.directions[row],
            orders.holding_bars[row],
            orders.stops[row],
            orders.targets[row],
            orders.trailing,
        )
        end = follow(bars, orders.entries[row], order, conditions)
        ends.statuses[row] = end.status
        if end.status == SignalStatus.TRADED:
            ends.exits[row] = end.exit_bar
            ends.free[row] = free_from(end, conditions.fill)
            ends.entry_prices[row] = end.entry_price
            ends.exit_prices[row] = end.exit_price
            ends.reasons[row] = end.reason


def _growth(ends: TradeEnds, directions: Integers, execution: Execution) -> Floats:
    """What each trade multiplies its account by, fees included.

    The position is `size_fraction` of the account, entry fee included:
    size = size_fraction * account / (entry_price * (1 + fee)).
    """
    gained = directions * (ends.exit_prices - ends.entry_prices)
    paid = execution.fee * (ends.entry_prices + ends.exit_prices)
    bought = ends.entry_prices * (1.0 + execution.fee)
    growth: Floats = 1.0 + execution.size_fraction * (gained - paid) / bought
    return growth


def _refuse_money(execution: Execution) -> None:
    """Raise where a trade depends on what the account holds."""
    plain = Execution()
    for name in OF_ACCOUNTS:
        value = getattr(execution, name)
        if value != getattr(plain, name):
            raise DataError(
                BacktestSentence.DEPENDS_ON_ACCOUNT(setting=name, value=value),
                where=f"backtest.{name}",
                remedy="Leave it out to see every threshold traded.",
            )
