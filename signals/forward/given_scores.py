"""A forward test of scores: each new one is a decision, and none that is recorded may change."""

from array import array
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.progress import Listener
from quantsig.data.scores.placing import PlacedScores, delays_of
from quantsig.data.scores.sample_set import seen_in_memory
from quantsig.data.scores.table import ScoreTable
from quantsig.signals.forward.lines import DECISION, Line, moment_of
from quantsig.signals.forward.terms import grace_of
from quantsig.signals.judging.new_scores import (
    KEY,
    judged_before,
    laid,
    refuse_learnt,
    scored_rows,
)
from quantsig.signals.judging.remarks import delay_remarks
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.run_record import LaidScores
from quantsig.signals.runs import Run

if TYPE_CHECKING:
    from quantsig.signals.meta.meta_labelling import Meta

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND = timedelta(microseconds=1)


class ScoresSoFar:
    """Hears the lines of a journal, and keeps which score each decision was made by."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._symbols, self._times, self._scores = array("l"), array("q"), array("d")

    def hear(self, line: Line) -> None:
        """Take a line in; decisions of a model that lies in the run have no score here."""
        if line["kind"] == DECISION and "score" in line:
            self._symbols.append(self._names.setdefault(line["symbol"], len(self._names)))
            self._times.append((moment_of(line["decision_time"]) - EPOCH) // MICROSECOND)
            self._scores.append(line["score"])

    def rows(self) -> pl.DataFrame:
        """A row a decision: symbol, decision_time, then (its score)."""
        names = pl.Series(list(self._names), dtype=pl.String)
        return pl.DataFrame(
            {
                "symbol": names.gather(pl.Series(self._symbols, dtype=pl.Int64)),
                "decision_time": pl.Series(self._times, dtype=pl.Int64).cast(
                    pl.Datetime("us", "UTC")
                ),
                "then": pl.Series(self._scores, dtype=pl.Float64),
            }
        )


def all_scored(
    run: Run, table: ScoreTable | None, bars: CheckedBars, meta: "Meta | None" = None
) -> pl.DataFrame:
    """The scores that were given, at decision bars, as `predict` gives the rows of other runs.

    Args:
        run: that was made of scores.
        table: new scores of its model.
        bars: all that there are.
        meta: a second model, asked about each row.

    Raises:
        DataError: no scores were given, or a row breaks a rule.
    """
    return asked_rows(run, _laid(run, table, bars).rows, bars, meta)


def asked_rows(
    run: Run, rows: pl.DataFrame, bars: CheckedBars, meta: "Meta | None" = None
) -> pl.DataFrame:
    """Laid scores as `predict` gives rows, a second model asked about each.

    Args:
        run: that was made of scores.
        rows: of `laid`.
        bars: of their symbols.
        meta: the second model.
    """
    found = scored_rows(run, rows, bars)
    if meta is None:
        return found
    from quantsig.signals.meta.meta_labelling import with_opinion  # noqa: PLC0415 - loads torch

    return with_opinion(found, meta, seen_in_memory(found, bars, run.record.label))


def new_scores(
    run: Run,
    table: ScoreTable | None,
    bars: CheckedBars,
    wanted: pl.Expr,
    *,
    heard: ScoresSoFar | None,
    listener: Listener,
) -> pl.DataFrame:
    """Those of them that are new, as they were laid, after all that is to be refused or said.

    Args:
        run: that was made of scores.
        table: new scores of its model.
        bars: all that there are.
        wanted: whether a row is one to decide on, by `symbol` and `decision_time`.
        heard: the scores of decisions that are recorded.
        listener: told how they were laid, and what is not as it was.

    Raises:
        DataError: no scores were given, or a row breaks a rule.
        CheckFailed: a model may have learnt from a row that is to be decided on.
    """
    placed = _laid(run, table, bars)
    fresh = placed.rows.filter(wanted)
    refuse_learnt(fresh, placed.table.source)
    for what, count in placed.set_aside.items():
        listener.tell(SignalsSentence.SCORES_SET_ASIDE(n=count, what=what))
    for sentence in _not_as_they_were(run, placed.rows.filter(~wanted), heard):
        listener.tell(sentence)
    for sentence in delay_remarks(_delays(fresh, placed.stamped), len(fresh)):
        listener.tell(sentence)
    return fresh


def _laid(run: Run, table: ScoreTable | None, bars: CheckedBars) -> PlacedScores:
    if table is None:
        raise DataError(
            "this run was made of scores of a model that is not in it, so new bars need new ones.",
            where=str(run.path),
            remedy="Ask that model, and give what it says: `scores` FILE",
        )
    return laid(run, table, bars, grace_of(bars.interval))


def _delays(rows: pl.DataFrame, stamped: str) -> LaidScores:
    return LaidScores(stamped=stamped, **asdict(delays_of(rows)))


def _not_as_they_were(run: Run, rows: pl.DataFrame, heard: ScoresSoFar | None) -> Iterator[str]:
    """Scores that were changed after they were used, and such as came too late to be.

    Args:
        run: that was made of scores.
        rows: scores that are not decided on now.
        heard: the scores of decisions that are recorded.
    """
    before = judged_before(run, rows)
    if len(before):
        said = (
            "{n} scores that the run was judged by are others now, the first: {symbol} at {time}, "
            "{then:g} then and {now:g} now. What the run promises rests on those of then."
        )
        yield _first(said, before)
    if heard is None:
        return
    recorded = rows.join(heard.rows(), on=KEY, how="left")
    changed = recorded.filter(pl.col("score") != pl.col("then"))
    if len(changed):
        said = (
            "{n} scores are not those that decisions were made by, the first: {symbol} at {time}, "
            "{then:g} then and {now:g} now. The decisions stand as they were recorded."
        )
        yield _first(said, changed)
    begun = heard.rows().group_by("symbol").agg(pl.col("decision_time").min().alias("begun"))
    skipped = recorded.join(begun, on="symbol").filter(
        pl.col("then").is_null(), pl.col("decision_time") > pl.col("begun")
    )
    if len(skipped):
        said = (
            "{n} scores came after a newer one of their symbol, and nothing is decided by them, "
            "the first: {symbol} at {time}."
        )
        yield _first(said, skipped)


def _first(said: str, rows: pl.DataFrame) -> str:
    """A sentence that counts rows and names the first."""
    row = rows.sort("decision_time", "symbol").row(0, named=True)
    return phrase(
        said,
        n=len(rows),
        symbol=row["symbol"],
        time=str(row["decision_time"])[:16],
        then=row["then"],
        now=row["score"],
    )
