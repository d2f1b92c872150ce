"""New scores of a judged run's model: read as those it was made of, laid to bars, calibrated."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.errors import CheckFailed, UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.scores.placing import PlacedScores, place_scores
from quantsig.data.scores.sample_set import labelled_rows
from quantsig.data.scores.table import ScoreOptions, ScoreTable, read_score_frame, read_scores
from quantsig.data.storage import parquet
from quantsig.data.storage.records import record_of
from quantsig.signals.judging.given_scores import as_scores, scores_of
from quantsig.signals.judging.splits import IN_SAMPLE
from quantsig.signals.layout import CONFIG, SCORES
from quantsig.signals.runs import Run

KEY = ["symbol", "decision_time"]


def read_new_scores(run: Run, source: object, *, quarantine: bool = False) -> ScoreTable:
    """Read scores as those of the run were read: the same column, zone and meaning of times.

    Args:
        run: that was made of scores.
        source: a file, or a frame of polars, pandas, pyarrow or DuckDB.
        quarantine: set rows that break a rule aside instead of refusing.

    Raises:
        UsageError: the run was trained here, or the file is a pickle.
        DataError: the file is missing or empty, or lacks a column.
        IntegrityError: the run's settings, or the file, are damaged.
    """
    judged = run.record.judged
    if judged is None:
        raise UsageError(
            "this run scores bars by its own model, so it takes no scores.",
            where=str(run.path),
            remedy="Leave `scores` out. Scores of another model are judged first: quantsig judge.",
        )
    said = {name: value for name, value in run.config()["scores"].items() if name != "source"}
    remedy = "Use the version of quantsig that judged the scores."
    options = replace(
        record_of(said, ScoreOptions, run.path / CONFIG, remedy=remedy),
        column=judged.column,
        kind=judged.kind,
        stamped=judged.laid.stamped,  # type: ignore[arg-type]
        quarantine=quarantine or said.get("quarantine", False),
    )
    if isinstance(source, (str, Path)):
        return read_scores(Path(source), options)
    return read_score_frame(source, options)


def laid(run: Run, table: ScoreTable, bars: CheckedBars, slack: timedelta) -> PlacedScores:
    """Scores at decision bars, `score` as the run's calibrator takes it.

    Args:
        run: made of scores.
        table: of `read_new_scores`.
        bars: that they are about.
        slack: how long after a bar opened a score still counts for its open.
    """
    placed = place_scores(table, bars, slack=slack)
    rows = placed.rows.with_columns(as_scores(placed.rows["score"], table.kind))
    return replace(placed, rows=rows)


def scored_rows(run: Run, rows: pl.DataFrame, bars: CheckedBars) -> pl.DataFrame:
    """Index rows with score and probability, as `predict` gives those of other runs.

    Args:
        run: whose label and calibrator are used.
        rows: of `laid`, by symbol and time.
        bars: of their symbols.
    """
    probability = run.calibrator().probability(rows["score"].to_numpy())
    return labelled_rows(rows, bars, run.record.label).with_columns(
        *scores_of(rows["score"], run.record.classes).columns(),
        pl.Series("probability", probability, pl.Float64),
    )


def refuse_learnt(rows: pl.DataFrame, source: str) -> None:
    """Raise where a score is of a model that may have learnt from its row.

    Args:
        rows: `row`, `symbol`, `decision_time`, `trained_until`.
        source: for messages.
    """
    learnt = rows.filter(IN_SAMPLE).sort("row")
    if learnt.is_empty():
        return
    first = learnt.row(0, named=True)
    raise CheckFailed(
        phrase(
            "{rows} new scores are of rows before the end of their model's training: they prove "
            "nothing.",
            rows=len(learnt),
        ),
        where=phrase(
            "{source}, row {row}: {symbol} {time}, trained until {until}",
            source=source,
            row=first["row"],
            symbol=first["symbol"],
            time=first["decision_time"],
            until=first["trained_until"],
        ),
        remedy="Give scores of a model that was trained until before, or leave these rows out.",
    )


def judged_before(run: Run, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that the run was judged by and whose scores are others now, with `then`.

    Args:
        run: made of scores.
        rows: `symbol`, `decision_time` and `score`, as `as_scores` gives it.
    """
    index = run.samples().index.select("sample_id", *KEY)
    table = run.read(run.path / SCORES, parquet.read_parquet)
    stored = index.join(table, on="sample_id").select(*KEY, then="score")
    return rows.join(stored, on=KEY).filter(pl.col("score") != pl.col("then"))
