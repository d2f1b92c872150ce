"""The equity by sessions: the trading days that have bars."""

from dataclasses import dataclass

import numpy as np

from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.data.calendar.sessions import DAY_US, SessionCalendar

YEAR = 365.2425 * DAY_US


@dataclass(frozen=True, kw_only=True, slots=True)
class Sessions:
    """The equity by trading days that have bars."""

    returns: Floats  # (P,) simple return of each session after the first value
    years: float  # from the first bar to the last
    days: int  # from the first session's date to the last one's
    steps: int  # from session to session; on daily bars, one a return

    @property
    def per_year(self) -> float:
        """Sessions a year, as the data shows them: steps a calendar day times 365.2425."""
        if len(self.returns) < 2 or not self.days:
            raise UndefinedFigure(BacktestSentence.FEW_SESSION_RETURNS())
        return self.steps / self.days * YEAR / DAY_US


def sessions(times: Integers, equity: Floats, calendar: SessionCalendar) -> Sessions:
    """Session returns of an equity curve.

    Args:
        times: (T,) closes of bars, microseconds since 1970 UTC, increasing.
        equity: (T,) at these times, positive at first. Once it is zero or less everything is
            lost: that session returns -1 and the later ones 0.
        calendar: which session each bar is of.
    """
    dates = calendar.days(times)
    marks = session_marks(dates)
    return Sessions(
        returns=_returns(equity[marks]),
        years=float(times[-1] - times[0]) / YEAR,
        days=int(dates[-1] - dates[0]),
        steps=int((dates[1:] != dates[:-1]).sum()),
    )


def session_marks(dates: Integers) -> Integers:
    """The bars between which session returns run, of the (T,) day of each bar.

    They are the last bar of each day; intraday the first bar, too.
    """
    last = np.flatnonzero(np.append(dates[1:] != dates[:-1], True)).astype(np.int64)
    return last if last[0] == 0 else np.insert(last, 0, 0)


def _returns(values: Floats) -> Floats:
    alive = np.logical_and.accumulate(values > 0)
    kept = np.where(alive, values, 0.0)
    before = np.where(alive[:-1], values[:-1], 1.0)
    returns: Floats = np.where(alive[:-1], kept[1:] / before - 1.0, 0.0)
    return returns
