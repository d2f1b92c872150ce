"""When each symbol is to be entered and left, were no stop and no target in the way."""

from dataclasses import dataclass, replace

import numpy as np

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, SymbolBars
from quantsig.backtest.period import Period
from quantsig.backtest.trading.fills import Fills, trade_signals
from quantsig.data.barriers import ExitReason

SMALL = 1e-6  # of an account: no trade wants for cash, and none ruins it


@dataclass(frozen=True, kw_only=True, slots=True)
class Positions:
    """The positions of one symbol, (K,) each, one after the other."""

    bars: SymbolBars
    entries: Integers  # the bar at whose open it is entered
    exits: Integers  # the bar at whose open it is left; the number of bars where they end before
    directions: Integers  # +1 long, -1 short
    probabilities: Floats

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def reentries(self) -> np.ndarray:
        """(K,) whether a position is entered at the open that the one before it was left at."""
        return np.append(False, self.entries[1:] == self.exits[:-1])[: len(self)]


def positions_of(period: Period, execution: Execution) -> dict[str, Positions]:
    """The positions that the taken signals of a period make, by symbol.

    Delay, holding, sides and the rules of the market are those of the execution, and a signal
    whose entry falls into an open position is left out, as in the run's own backtest. Fills are
    at the open, and a position is left at the end of its holding alone: whatever else trades
    these signals has stops of its own.

    Args:
        period: bars and signals of a run.
        execution: how its signals are traded.
    """
    timed = replace(
        execution,
        fill_price="open",
        stop_loss=None,
        take_profit=None,
        trailing_stop=None,
        maintenance_margin=None,
        sizing="fraction",
        size_fraction=SMALL,
        lot_size=0.0,
        minimum_fee=0.0,
    )
    wanted = {
        symbol: replace(
            own,
            stops=np.full(len(own.bars), np.nan),
            targets=np.full(len(own.bars), np.nan),
            sizes=None,
        )
        for symbol, own in period.signals.items()
    }
    fills = trade_signals(period.market, wanted, timed).fills
    return {
        symbol: _positions(bars, period.signals[symbol].probabilities, fills[symbol])
        for symbol, bars in period.market.items()
    }


def held_on(own: Positions) -> np.ndarray:
    """(K,) whether a position begins at the open that the one before it, of its side, ends at."""
    same = np.append(False, own.directions[1:] == own.directions[:-1])[: len(own)]
    flags: np.ndarray = own.reentries & same
    return flags


def before(bars: Integers, values: Integers, count: int) -> Integers:
    """(count,) each value at the bar before its own, where that order is given; 0 elsewhere.

    Args:
        bars: (K,) at whose open something is filled; what is beyond the last bar is left out.
        values: (K,) what is done.
        count: of the bars.
    """
    marked = np.zeros(count, np.int64)
    known = bars < count
    marked[bars[known] - 1] = values[known]
    return marked


def _positions(bars: SymbolBars, probabilities: Floats, fills: Fills) -> Positions:
    unfinished = fills.reasons == ExitReason.END
    return Positions(
        bars=bars,
        entries=fills.entry_bars,
        exits=np.where(unfinished, len(bars.times), fills.exit_bars),
        directions=fills.directions,
        probabilities=probabilities[fills.signals],
    )
