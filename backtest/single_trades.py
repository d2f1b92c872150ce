"""What every row of a split would earn as a trade of its own, whatever the threshold.

With one position a symbol, what a signal's trade does depends on no other; a threshold only says
which of them are entered. So these trades, followed once, answer for every threshold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest.execution import TIME, Execution, account_growth, fills
from quantsig.backtest.market import (
    Floats,
    Integers,
    SymbolBars,
    SymbolSignals,
    cut_market,
    place_signals,
)
from quantsig.data.bars import adjusted
from quantsig.data.samples.store import BARS
from quantsig.signals.runs import SIGNALS, Run

OWN = {  # a setting of the execution, and the column of the signals that it stands for
    "delay_bars": "delay_bars",
    "holding_bars": "horizon_bars",
    "stop_loss": "stop",
    "take_profit": "target",
}


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


def single_trades(run: Run, split: str, execution: Execution) -> SingleTrades:
    """Follow every row of a split of signals.parquet, signal or not.

    Args:
        run: with its signals written, and its sample set where it was.
        split: calibration, say.
        execution: how signals are traded.

    Raises:
        DataError: rows or bars are missing or cannot be traded.
    """
    where = str(run.path / SIGNALS)
    rows = run.signals().filter(pl.col("split") == split).sort("symbol", "decision_time")
    samples = run.samples()
    symbols = rows["symbol"].unique().sort().to_list()
    market = cut_market(
        adjusted(samples.bars),
        symbols,
        start=rows["decision_time"].min(),  # type: ignore[arg-type]
        end=rows["label_end"].max(),  # type: ignore[arg-type]
        where=str(samples.path / BARS),
    )
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


def _alone(
    times: Integers, bars: SymbolBars, signals: SymbolSignals, execution: Execution
) -> tuple[Integers, Integers, Integers, Floats]:
    """Entry, exit and free bar of each signal as positions in `times`, and its growth.

    The signals that one round finds in an open position are traded in the next.
    """
    count = len(signals.bars)
    entry, ended, free = (np.full(count, -1, np.int64) for _ in range(3))
    growth = np.full(count, np.nan)
    left = np.arange(count)
    while len(left):
        found = fills(bars, _only(signals, left), execution)
        if not len(found):
            break
        rows = left[found.signals]
        place = np.searchsorted(times, bars.times)  # of each bar
        entry[rows], ended[rows] = place[found.entry_bars], place[found.exit_bars]
        free[rows] = ended[rows] + (found.reasons != TIME)
        growth[rows] = account_growth(
            found.entry_prices, found.exit_prices, found.directions, execution
        )
        left = np.delete(left, found.signals)
    return entry, ended, free, growth


def _only(signals: SymbolSignals, rows: Integers) -> SymbolSignals:
    return SymbolSignals(
        **{field.name: getattr(signals, field.name)[rows] for field in fields(SymbolSignals)}
    )
