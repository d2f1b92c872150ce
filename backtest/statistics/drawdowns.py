"""How far the equity lies below its highest value so far."""

from dataclasses import dataclass

import numpy as np

from quantsig.backtest.market import Floats, Integers, to_times
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import Drawdown
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.data.calendar.sessions import DAY_US

DEEPEST = 10  # drawdowns listed


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spells:
    """Stretches below the high before them, (D,) each, as rows of the equity."""

    starts: Integers  # the row of the high
    ends: Integers  # the first row at that high again; T where there is none
    depths: Floats


def drawdowns(equity: Floats) -> Floats:
    """Equity over its highest value so far, less one; (T,) <= 0."""
    below: Floats = equity / np.maximum.accumulate(equity) - 1.0
    return below


def deepest_drawdowns(times: Integers, equity: Floats, most: int = DEEPEST) -> tuple[Drawdown, ...]:
    """The deepest drawdowns, the deepest first.

    Args:
        times: (T,) microseconds since 1970 UTC.
        equity: (T,) at these times.
        most: how many.
    """
    below = drawdowns(equity)
    spells = _spells(below)
    rows = np.argsort(spells.depths, kind="stable")[:most]
    return tuple(_describe(times, below, spells.starts[row], spells.ends[row]) for row in rows)


def max_drawdown_days(times: Integers, equity: Floats) -> float:
    """Days from the high before the deepest drawdown until it is reached again.

    Where it is not, until the last bar.
    """
    deepest = deepest_drawdowns(times, equity, 1)
    if not deepest:
        raise UndefinedFigure(BacktestSentence.EQUITY_NEVER_FELL())
    return deepest[0].days


def _spells(below: Floats) -> _Spells:
    under = np.concatenate([[False], below < 0, [False]]).astype(np.int8)
    step = np.diff(under)
    firsts, ends = np.flatnonzero(step > 0), np.flatnonzero(step < 0)
    depths = np.minimum.reduceat(below, firsts) if len(firsts) else np.empty(0)
    return _Spells(starts=firsts - 1, ends=ends, depths=depths)


def _describe(times: Integers, below: Floats, start: int, end: int) -> Drawdown:
    bottom = start + int(below[start:end].argmin())
    until = min(end, len(times) - 1)
    stamps = [time.isoformat() for time in to_times(times[[start, bottom, until]])]
    return Drawdown(
        start=stamps[0],
        bottom=stamps[1],
        end=stamps[2] if end < len(times) else None,
        depth=float(below[bottom]),
        days=float(times[until] - times[start]) / DAY_US,
    )
