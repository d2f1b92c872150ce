"""Decisions that no line of a journal has yet, scored as `quantsig signals` scores any bars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.news.table import NewsItems
from quantsig.data.progress import NOBODY, Listener
from quantsig.data.samples.in_memory import SamplesInMemory
from quantsig.data.samples.index import SampleRule
from quantsig.data.scores.table import ScoreTable
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.forward.given_scores import ScoresSoFar, all_scored, asked_rows, new_scores
from quantsig.signals.forward.grounds import Grounds
from quantsig.signals.forward.in_force import choice_in_force
from quantsig.signals.forward.lines import DECISION, ForwardTerms, Line, moment_of, stamp
from quantsig.signals.inference.bar_scores import accept_bars, refuse_or_tell
from quantsig.signals.inference.by_symbol import predict_on
from quantsig.signals.inference.news import news_windows
from quantsig.signals.inference.predict import drawn_chart, passing_of
from quantsig.signals.inference.signals import signals_of_choice
from quantsig.signals.inference.universe import universe_of
from quantsig.signals.judging.new_scores import KEY
from quantsig.signals.runs import Run
from quantsig.signals.signal_table import COLUMNS

if TYPE_CHECKING:
    from quantsig.signals.meta.meta_labelling import Meta

LATE_STEPS = 1000  # of the newest bars, that show how far apart they may be
OF_TABLE = (  # columns of signals.parquet that a decision has
    "probability",
    "threshold",
    "signal",
    "take",
    "size",
    "direction",
    "delay_bars",
    "horizon_bars",
    "stop",
    "target",
    "run_id",
    "choice_id",
)

OF_SCORES = ("score",)  # of a decision by a model that is not in the run


@dataclass(frozen=True, kw_only=True, slots=True)
class Deciding:
    """Who decides, and how.

    Attributes:
        run: whose frozen choice is applied.
        meta: the second model that is asked.
        allow_different: take bars that are unlike those of the training.
        device: auto, cpu or cuda.
        looked_at: look whether the bars are like those of the training; a watch looks once.
        scores: new ones, where the run was made of scores.
        on: where symbols are scored, and how many at once.
        news: that go with the bars, where the run reads some.
    """

    run: Run
    meta: "Meta | None" = None
    allow_different: bool = False
    device: str = "auto"
    looked_at: bool = True
    scores: ScoreTable | None = None
    on: Workers = HERE
    news: NewsItems | None = None


def grounds_of(deciding: Deciding, bars: CheckedBars) -> Grounds:
    """Where decisions look; what a model elsewhere looked at before its score is not known.

    Raises:
        DataError: the run's charts cannot be drawn from bars.
    """
    run, label = deciding.run, deciding.run.record.label
    if run.record.judged is not None:
        rule = SampleRule(history_bars=1, stride_bars=1, label=label)
        return Grounds(bars=bars, rule=rule)
    history = drawn_chart(run, "other bars cannot be decided on").history_bars
    rule = SampleRule(history_bars=history, stride_bars=1, label=label)
    return Grounds(
        bars=bars,
        rule=rule,
        news=deciding.news,
        windows=news_windows(run),
        universe=universe_of(run),
    )


def decide(
    deciding: Deciding,
    bars: CheckedBars,
    after: Mapping[str, datetime],
    since: datetime,
    listener: Listener = NOBODY,
    *,
    heard: ScoresSoFar | None = None,
) -> pl.DataFrame:
    """The decisions of bars that come after those known, in order of time and symbol.

    Args:
        deciding: who decides.
        bars: all that there are.
        after: of each symbol that was decided on, the newest decision.
        since: nothing is decided before.
        listener: told of what is odd about the bars.
        heard: of a run that was made of scores, those that decisions were made by.

    Returns:
        Columns of signals.parquet, and of a run that was made of scores `score`.

    Raises:
        DataError: no symbol has enough bars, they are unlike those of the training, a score is
            not finite, or one that was given breaks a rule.
        CheckFailed: a model elsewhere may have learnt from what it scored.
    """
    run, samples = deciding.run, deciding.run.samples()
    if run.record.judged is not None:
        return _decide_by_scores(deciding, bars, _wanted(after, since, KEY[1]), listener, heard)
    wanted = _wanted(after, since)
    fresh = bars.bars.filter(wanted).group_by("symbol").len()["len"].to_list()
    passing = passing_of(run, bars, newest=max(fresh, default=1), news=deciding.news)
    if deciding.looked_at:
        accept_bars(run, samples, passing, listener, different=deciding.allow_different)
    if not fresh:
        return pl.DataFrame(schema=COLUMNS)
    rows = _scored(deciding, passing)
    known = choice_in_force(run)
    table = signals_of_choice(run, samples, known.rows(rows), known.choice, deciding.meta)
    return table.filter(_wanted(after, since, "decision_time")).sort("decision_time", "symbol")


def rows_since(deciding: Deciding, bars: CheckedBars, first: datetime) -> pl.DataFrame:
    """Every row that can be decided on from a moment on, as `predict` gives rows, scored anew."""
    if deciding.run.record.judged is not None:
        return all_scored(deciding.run, deciding.scores, bars, deciding.meta)
    fresh = bars.bars.filter(pl.col("timestamp") >= first).group_by("symbol").len()
    newest = max(fresh["len"], default=1)
    passing = passing_of(deciding.run, bars, newest=newest, news=deciding.news)
    return _scored(deciding, passing)


def _scored(deciding: Deciding, passing: SamplesInMemory) -> pl.DataFrame:
    return predict_on(
        deciding.run, passing, on=deciding.on, meta=deciding.meta, device=deciding.device
    )


def _decide_by_scores(
    deciding: Deciding,
    bars: CheckedBars,
    wanted: pl.Expr,
    listener: Listener,
    heard: ScoresSoFar | None,
) -> pl.DataFrame:
    run, samples, meta = deciding.run, deciding.run.samples(), deciding.meta
    if deciding.looked_at:
        refuse_or_tell(run, samples, bars, listener, different=deciding.allow_different)
    fresh = new_scores(run, deciding.scores, bars, wanted, heard=heard, listener=listener)
    if fresh.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    rows = asked_rows(run, fresh, bars, meta)
    known = choice_in_force(run)
    return with_scores(signals_of_choice(run, samples, known.rows(rows), known.choice, meta), rows)


def with_scores(table: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Signals with the scores they were made of, in order of time and symbol."""
    return table.join(rows.select(*KEY, "score"), on=KEY).sort(*reversed(KEY))


def decision_lines(
    table: pl.DataFrame, grounds: Grounds, terms: ForwardTerms, recorded: datetime
) -> list[Line]:
    """What the journal says of decisions, in their order.

    Args:
        table: of `decide`; `score` is said where there is one.
        grounds: where decisions looked.
        terms: that hold.
        recorded: what the clock says.
    """
    stale = overdue(grounds.bars, recorded) is not None
    seen: dict[tuple[str, datetime], dict[str, Any]] = {}
    for (symbol,), rows in table.group_by("symbol"):
        own = grounds.by_symbol[str(symbol)]
        times = own["timestamp"]
        places = times.search_sorted(rows["decision_time"]).to_numpy().astype(np.int64)
        closes = own["close"].gather(places).to_list()
        hashes = grounds.hashes(str(symbol), places)
        entries = [_at(times, int(place) + terms.delay_bars) for place in places]
        for time, *said in zip(rows["decision_time"], closes, hashes, entries, strict=True):
            seen[str(symbol), time] = dict(zip(("close", "hash", "entry"), said, strict=True))
    lines = []
    for row in table.iter_rows(named=True):
        bar = seen[row["symbol"], row["decision_time"]]
        lines.append(
            {
                "kind": DECISION,
                "recorded": stamp(recorded),
                "symbol": row["symbol"],
                "decision_time": stamp(row["decision_time"]),
                **{name: row[name] for name in OF_TABLE},
                "close": bar["close"],
                "drawing_version": terms.drawing_version,
                "bars_sha256": bar["hash"],
                "late": is_late(recorded, bar["entry"], terms) or (stale and not bar["entry"]),
                **{name: row[name] for name in OF_SCORES if name in row},
            }
        )
    return lines


def is_late(recorded: datetime, entry: datetime | None, terms: ForwardTerms) -> bool:
    """Whether a decision was recorded when its entry could not be had any more.

    Args:
        recorded: when it was.
        entry: the close of the bar that it enters in; None where that is not there yet.
        terms: how long a bar is, and how long one may take.
    """
    return entry is not None and recorded > entry - terms.interval + terms.grace


def overdue(bars: CheckedBars, now: datetime) -> timedelta | None:
    """How old the newest bar is, where bars are usually nearer to each other; else None."""
    times = bars.bars["timestamp"].unique().sort()[-LATE_STEPS:]
    usual = times.diff().max() or bars.interval
    age = now - times[-1]
    assert isinstance(usual, timedelta)
    return age if age > usual + bars.interval else None


def newest_of(newest: Mapping[str, str]) -> dict[str, datetime]:
    """The newest decision of each symbol, as times."""
    return {symbol: moment_of(text) for symbol, text in newest.items()}


def _wanted(after: Mapping[str, datetime], since: datetime, column: str = "timestamp") -> pl.Expr:
    """Whether a time is to be decided at."""
    time = pl.col(column)
    if not after:
        return time >= since
    last = pl.col("symbol").replace_strict(
        list(after), list(after.values()), default=None, return_dtype=pl.Datetime("us", "UTC")
    )
    return pl.when(last.is_null()).then(time >= since).otherwise(time > last)


def _at(times: pl.Series, place: int) -> datetime | None:
    return times[place] if place < len(times) else None
