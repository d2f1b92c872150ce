"""The bars and signals that are traded."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from quantsig.backtest.market import SymbolBars, SymbolSignals, cut_market, market_of, place_signals
from quantsig.data.bars import CheckedBars, adjusted
from quantsig.data.errors import DataError, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.data.samples.store import SampleSet
from quantsig.signals.layout import SIGNALS
from quantsig.signals.runs import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """What is traded: the bars of a split, and the signals on them."""

    split: str  # calibration, test, or bars: those that were named
    trial_id: str  # names the strategy
    choice_id: str  # of the frozen choice in it
    start: datetime  # first decision time of all rows of the split, signal or not
    end: datetime  # last label end of all rows of the split
    market: dict[str, SymbolBars]
    signals: dict[str, SymbolSignals]
    rows: pl.DataFrame  # all of the split, signal or not; columns of signals.parquet
    bars: pl.DataFrame  # of all symbols, adjusted; of other times, too, where they were asked for


def open_period(run: Run, split: str, *, bars_beside: bool = True) -> Period:
    """The bars and signals of one split of a run.

    What is traded reaches from the first decision of the split, signal or not, to the end of its
    last label, so the signals and buy and hold are judged over the same time.

    Args:
        run: with its signals written, and its sample set where it was.
        split: test, say.
        bars_beside: also read the bars before and after; see `BacktestSettings.bars_beside`.

    Raises:
        DataError: there are no such rows, or no bars for them.
    """
    where = str(run.path / SIGNALS)
    samples = run.samples()
    samples.require_bars()
    rows = run.signals()
    known = rows["split"].unique().sort().to_list()
    if split not in known:
        raise unknown_name("split", split, known, where=where)
    rows = rows.filter(pl.col("split") == split)
    start, end = _span(rows, where)
    symbols = rows["symbol"].unique().to_list()
    bars = stored_prices(samples, start, end, beside=bars_beside)
    market = market_of(samples, bars, symbols, start=start, end=end)
    return Period(
        split=split,
        trial_id=_only(rows["trial_id"], where),
        choice_id=_only(rows["choice_id"], where),
        start=start,
        end=end,
        market=market,
        signals=place_signals(rows.filter("take"), market, where=where),
        rows=rows,
        bars=bars,
    )


def stored_prices(
    samples: SampleSet, start: datetime, end: datetime, *, beside: bool
) -> pl.DataFrame:
    """The `priced` bars of a sample set that close within `start`..`end`, and those beside them.

    All bars of many symbols are most of what a backtest would hold in memory.
    """
    within = pl.col("timestamp").is_between(start, end)
    return priced(samples.bars if beside else samples.bars_where(within))


def priced(bars: pl.DataFrame) -> pl.DataFrame:
    """Bars with adjusted prices, and what the raw ones were multiplied by.

    Where that is 1 throughout they are the same bars, not a copy.
    """
    if (bars["adjustment"] == 1.0).all(ignore_nulls=False):
        return bars
    return adjusted(bars).with_columns(bars["adjustment"])


def bars_period(bars: CheckedBars, rows: pl.DataFrame) -> Period:
    """Named bars, and the signals on them.

    The bars reach from the first of the decisions, signal or not, to the last bar there is.

    Args:
        bars: that the rows were decided on.
        rows: columns of signals.parquet, at least one row.
    """
    where = ", ".join(bars.sources[:3])
    traded = priced(bars.bars)
    start, end = rows["decision_time"].min(), traded["timestamp"].max()
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    symbols = rows["symbol"].unique().to_list()
    market = cut_market(traded, symbols, start=start, end=end, where=where, calendar=bars.calendar)
    return Period(
        split="bars",
        trial_id=_only(rows["trial_id"], where),
        choice_id=_only(rows["choice_id"], where),
        start=start,
        end=end,
        market=market,
        signals=place_signals(rows.filter("take"), market, where=where),
        rows=rows,
        bars=traded,
    )


def _span(rows: pl.DataFrame, where: str) -> tuple[datetime, datetime]:
    start, end = rows["decision_time"].min(), rows["label_end"].max()
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise DataError(
            "no row of the split has both a decision time and the end of a label.",
            where=where,
            remedy="Write the signals again: quantsig signals `force`",
        )
    return start, end


def _only(column: pl.Series, where: str) -> str:
    names = column.unique().to_list()
    if len(names) != 1:
        raise DataError(
            phrase("the signals come from {choices} choices instead of one.", choices=len(names)),
            where=where,
            remedy="Write the signals again: quantsig signals `force`",
        )
    return str(names[0])
