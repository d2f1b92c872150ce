"""The paper account of a forward test: its signals, traded by the backtest's account loop."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import cut_market, place_signals
from quantsig.backtest.outcome import Outcome, trade
from quantsig.backtest.period import priced
from quantsig.data.barriers import ExitReason
from quantsig.data.bars import CheckedBars


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperAccount:
    """What trading the signals of a forward test came to.

    Attributes:
        outcome: the accounts since the start, and what was not traded and why.
        closed: trades that have ended, columns of trades.parquet.
        open: those that have not, valued at the last close.
        waiting: signals whose entry's bar is not there yet.
        lost: signals whose bars are not there any more, and that are left out.
    """

    outcome: Outcome
    closed: pl.DataFrame
    open: pl.DataFrame
    waiting: pl.DataFrame
    lost: int

    @property
    def equity(self) -> pl.DataFrame:
        """A row a close: timestamp, equity, 1.0 at the start."""
        accounts = self.outcome.accounts
        times = pl.Series(accounts.times).cast(pl.Datetime("us", "UTC"))
        return pl.DataFrame({"timestamp": times, "equity": accounts.equity})


def paper_account(
    taken: pl.DataFrame, bars: CheckedBars, since: datetime, execution: Execution
) -> PaperAccount | None:
    """Trade the signals of a forward test; None where no bar closed since it began.

    Every call trades all of them anew, from the first: the same bars give the same account,
    however often it was looked at.

    Args:
        taken: columns of `TakenSignals`.
        bars: all that there are.
        since: the first decision of the test.
        execution: how they are traded.
    """
    at = bars.bars.select("symbol", decision_time="timestamp")
    rows = taken.join(at, on=["symbol", "decision_time"], how="semi")
    symbols = bars.bars.filter(pl.col("timestamp") >= since)["symbol"].unique().sort().to_list()
    if not symbols:
        return None
    where = ", ".join(bars.sources[:3])
    market = cut_market(
        priced(bars.bars.filter(pl.col("symbol").is_in(symbols))),
        symbols,
        start=since,
        end=bars.bars["timestamp"].max(),  # type: ignore[arg-type]
        where=where,
        calendar=bars.calendar,
    )
    rows = rows.filter(pl.col("symbol").is_in(symbols), pl.col("decision_time") >= since)
    outcome = trade(market, place_signals(rows, market, where=where), execution)
    trades = outcome.accounts.trades
    still = pl.col("reason") == ExitReason.END.text
    return PaperAccount(
        outcome=outcome,
        closed=trades.filter(~still),
        open=trades.filter(still),
        waiting=_waiting(rows, bars, execution),
        lost=len(taken) - len(rows),
    )


def _waiting(rows: pl.DataFrame, bars: CheckedBars, execution: Execution) -> pl.DataFrame:
    """Signals whose entry lies beyond the last bar of their symbol."""
    delay = pl.col("delay_bars") if execution.delay_bars is None else pl.lit(execution.delay_bars)
    later = (
        rows.select("symbol", "decision_time")
        .join(bars.bars.select("symbol", "timestamp"), on="symbol")
        .filter(pl.col("timestamp") > pl.col("decision_time"))
        .group_by("symbol", "decision_time")
        .len("later")
    )
    joined = rows.join(later, on=["symbol", "decision_time"], how="left")
    return joined.filter(pl.col("later").fill_null(0) < delay).drop("later")
