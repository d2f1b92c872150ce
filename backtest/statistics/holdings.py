"""The sessions that trades begin in and live through."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from quantsig.backtest.execution import FillPrice
from quantsig.backtest.market import Integers
from quantsig.backtest.statistics.trade_bars import WHOLE
from quantsig.data.calendar.sessions import SessionCalendar

USUAL = 0.95  # of the trades: what the few that live longest do says nothing of the others
ENDS_BEFORE = "time"  # reason of trades that leave their last bar at its first price


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """When trades began and for how long they ran, by sessions."""

    entries: Integers  # (K,) session of each entry, from 0
    sessions: int  # in the whole period
    longest: int  # sessions that all but 5 % of the trades end within; at least 1


def held_sessions(
    trades: pl.DataFrame, times: Integers, calendar: SessionCalendar, fill_price: FillPrice
) -> Holdings:
    """The sessions of trades.

    Args:
        trades: rows of trades.parquet.
        times: (T,) of all bars, microseconds since 1970 UTC.
        calendar: which session each bar is of.
        fill_price: that entries and timed exits filled at.
    """
    days = calendar.days(times)
    first = np.append(True, days[1:] != days[:-1])
    session = np.cumsum(first) - 1  # of each bar
    begun, ended = (
        np.searchsorted(times, trades[f"{side}_time"].dt.epoch("us").to_numpy())
        for side in ("entry", "exit")
    )
    early = (trades["reason"] == ENDS_BEFORE).to_numpy() & ("time" not in WHOLE[fill_price])
    entries, exits = session[begun], session[np.maximum(ended - early, begun)]
    lived = exits - entries + 1
    longest = int(np.quantile(lived, USUAL, method="higher")) if len(lived) else 1
    return Holdings(entries=entries, sessions=int(session[-1]) + 1, longest=longest)
