"""Signals of several models as one strategy: one period, one account, one set of figures.

A trade belongs to the fold whose model decided it. It ends where the fills say, in the time of a
later fold if it must: nothing is closed where folds meet, and a signal of the later fold that
finds the position open is ignored and counted like any other.
"""

from dataclasses import dataclass

import polars as pl

from quantsig.backtest import benchmarks, result, statistics
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import cut_market, place_signals
from quantsig.backtest.period import Period
from quantsig.backtest.result import Backtest, Document
from quantsig.data.bars import adjusted
from quantsig.data.samples.store import BARS, SampleSet


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What a stitched period came to."""

    document: Document  # of stats.json
    equity: pl.DataFrame  # of equity.parquet
    trades: pl.DataFrame  # of trades.parquet
    session_sharpe: float | None  # per session, as the ledger keeps it
    sessions: int


def stitched(samples: SampleSet, signals: pl.DataFrame) -> Period:
    """The bars from the first decision of any row to the last end of a label, with the signals.

    Args:
        samples: with bars.
        signals: rows of `fold_signals`, no row twice.
    """
    start, end = signals.select(pl.min("decision_time"), pl.max("label_end")).row(0)
    symbols = signals["symbol"].unique().to_list()
    market = cut_market(
        adjusted(samples.bars), symbols, start=start, end=end, where=str(samples.path / BARS)
    )
    given = signals.filter(pl.col("signal"))
    return Period(
        split="walk",
        trial_id=str(signals["trial_id"][0]),
        start=start,
        end=end,
        market=market,
        signals=place_signals(given, market, where="the signals of the folds"),
    )


def settle(period: Period, execution: Execution, *, seed: int) -> Settled:
    """Trade a period as `quantsig backtest` does, with the same statistics."""
    traded = result.trade(period, execution)
    chance = benchmarks.random_returns(period.market, traded.trades, execution, seed=seed)
    document = result.describe(period, execution, traded, chance, seed=seed)
    sharpe, sessions = session_sharpe(traded)
    return Settled(
        document=document,
        equity=result._equity_frame(traded),
        trades=traded.accounts.trades,
        session_sharpe=sharpe,
        sessions=sessions,
    )


def session_sharpe(traded: Backtest) -> tuple[float | None, int]:
    """The Sharpe ratio per session, and of how many; None where the returns do not vary."""
    accounts = traded.accounts
    days = statistics.sessions(accounts.times, accounts.equity)
    figures, _ = statistics.collect({"sharpe": lambda: statistics.sharpe(days.returns, 1.0)})
    return figures["sharpe"], len(days.returns)
