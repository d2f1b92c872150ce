"""Signals of several models as one strategy: one period, one account, one set of figures.

A trade belongs to the fold whose model decided it. It ends where the fills say, in the time of a
later fold if it must: nothing is closed where folds meet, and a signal of the later fold that
finds the position open is ignored and counted like any other.
"""

from pathlib import Path

import polars as pl

from quantsig.backtest.document import Description, Scrutiny
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import market_of, place_signals
from quantsig.backtest.period import Period, priced
from quantsig.backtest.record import WALKED, StatsRecord
from quantsig.backtest.result import trade_period
from quantsig.backtest.significance.trials import read_trials
from quantsig.data.language.messages import term
from quantsig.data.samples.store import SampleSet


def stitched(samples: SampleSet, signals: pl.DataFrame) -> Period:
    """The bars from the first decision of any row to the last end of a label, with the signals.

    Args:
        samples: with bars.
        signals: rows of `fold_signals`, no row twice.
    """
    start, end = signals.select(pl.min("decision_time"), pl.max("label_end")).row(0)
    symbols = signals["symbol"].unique().to_list()
    bars = priced(samples.bars)
    market = market_of(samples, bars, symbols, start=start, end=end)
    given = signals.filter(pl.col("signal"))
    return Period(
        split=WALKED,
        trial_id=str(signals["trial_id"][0]),
        choice_id=str(signals["trial_id"][0]),
        start=start,
        end=end,
        market=market,
        signals=place_signals(given, market, where=term("the signals of the folds")),
        rows=signals,
        bars=bars,
    )


def trade_stitched(
    period: Period, execution: Execution, runs_folder: Path, *, seed: int
) -> tuple[StatsRecord, Description]:
    """Trade a period as `quantsig backtest` does, with the same statistics.

    Args:
        period: what is traded.
        execution: how.
        runs_folder: whose ledger tells what else was tried.
        seed: of the random entries, where there are more than are drawn.
    """
    trials = read_trials(runs_folder, period.split)
    scrutiny = Scrutiny(seed=seed, trials=trials, strategy=period.trial_id)
    return trade_period(period, execution, scrutiny)
