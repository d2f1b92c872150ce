"""What the strategy would hold at the end of its record, and the signals that came last."""

import polars as pl

from quantsig.backtest.statistics.trade_bars import AT_CLOSE
from quantsig.data.language.saying import enumerate_words, join, say
from quantsig.reports.inputs import TradedFiles
from quantsig.reports.page.content import Column, Subsection, tabulate
from quantsig.reports.page.numerals import day, gain, moment, number, share, side

NEWEST = 8
LATER = "For later bars: quantsig signals RUN BARS."


def newest_signals(inputs: TradedFiles) -> tuple[Subsection, ...]:
    """The last signals that were taken, the newest first; nothing where none is kept."""
    stats, rows = inputs.stats, inputs.signals
    if stats is None or rows is None or not _COLUMNS.keys() <= set(rows.columns):
        return ()
    rows = rows.filter(pl.col("split") == stats.split)
    taken = rows.filter("take").sort("decision_time", "probability", descending=True)
    if rows.is_empty() or inputs.equity is None or inputs.equity.is_empty():
        return ()
    write = day if inputs.daily else moment
    last, decided = inputs.equity["timestamp"][-1], rows["decision_time"].sort()[-1]
    told = say(
        "At the last bar, {bar}, it held {held}; the last decision of this record was {decided}.",
        bar=write(last),
        held=_held(inputs),
        decided=write(decided),
    )
    times = Column(label="Decided", write=write)
    table = tabulate(
        "Signals that came last",
        taken.head(NEWEST),
        {"decision_time": times, **_COLUMNS},
        sortable=False,
    )
    return (
        Subsection(
            title="Newest signals",
            paragraphs=(join(told, say(LATER)),),
            tables=(table,) if table.rows else (),
        ),
    )


def _held(inputs: TradedFiles) -> str:
    """Names and sides of what was open at the last close, with the share invested before it."""
    trades = inputs.trades
    if trades is None or trades.is_empty() or inputs.equity is None:
        return say("nothing")
    last = inputs.equity["timestamp"][-1]
    still = trades.filter((pl.col("exit_time") == last) & pl.col("reason").is_in(AT_CLOSE))
    if still.is_empty():
        return say("nothing")
    return enumerate_words(
        [f"{row['symbol']} ({side(row['direction'])})" for row in still.iter_rows(named=True)]
    )


_COLUMNS = {
    "symbol": Column(label="Symbol"),
    "direction": Column(label="Side", write=side),
    "probability": Column(
        label="Probability", write=lambda v: number(v, 3), numeric=True, meaning="Calibrated."
    ),
    "threshold": Column(label="Threshold", write=lambda v: number(v, 3), numeric=True),
    "size": Column(label="Size", write=share, numeric=True, meaning="Fraction of a full position."),
    "forward_return": Column(
        label="Return",
        write=gain,
        numeric=True,
        signed=True,
        meaning="From the entry to the end of the label, before costs; a dash: not known yet.",
    ),
}
