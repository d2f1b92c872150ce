"""Reading what any model said of bars: a table of symbols, times, and scores or probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl

from quantsig.data.calendar.timestamps import Stamps, parse_stamps
from quantsig.data.errors import DataError, UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.reading.arrow import open_frame
from quantsig.data.reading.opening import open_table
from quantsig.data.reading.table_rows import flat, symbol_cells, tidy, time_cells
from quantsig.data.tables.columns import ALIASES, TIME_FIELDS, Fields, candidates, plain, recognise
from quantsig.data.tables.table import SourceTable

PICKLES = (".pkl", ".pickle", ".joblib")
MOMENT = "decision time"  # the name of a time at which a score was known
WORTH = ("score", "probability")  # columns of which one is judged
FIELDS = Fields(
    aliases={
        **{name: ALIASES[name] for name in ("symbol", *TIME_FIELDS)},
        "timestamp": (MOMENT, *ALIASES["timestamp"]),
        "score": ("score", "prediction", "pred", "raw score", "margin", "logit", "预测值"),
        "probability": ("probability", "prob", "proba", "predict proba", "概率"),
        "split": ("split", "segment"),
        "label": ("label", "y", "y true"),
        "trained_until": ("trained until", "train end", "训练截止"),
    },
    needed=(),
    expected="symbol, timestamp (or date, or date and time), and score or probability; if known "
    "split, label, trained_until",
)
Kind = Literal["score", "probability"]


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """How a table of scores is read.

    Attributes:
        column: of the scores, by its own name; None: the one that is called so.
        kind: what that column holds; None: a probability where it is called so, else a score.
        stamped: what a time names: the open of the bar that the score is of, whose close it then
            waits for, or the moment at which it was known; None: as the bars are stamped.
        timezone: the zone of times that do not say theirs; None: that of the bars.
        trained_until: the newest bar that the training of every row saw, where no column says so.
        quarantine: set rows that break a rule aside instead of refusing.
    """

    column: str | None = None
    kind: Kind | None = None
    stamped: Literal["open", "close"] | None = None
    timezone: str | None = None
    trained_until: str | None = None
    quarantine: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreTable:
    """What a table of scores says, row by row.

    Attributes:
        source: its name.
        rows: `row` (its number there), `symbol`, `score` (null where it cannot be read), `split`
            and `label` as text.
        stamps: of the scores.
        trained_until: of the trainings; None where that is not said.
        column: that the scores stand in.
        kind: whether they are raw scores or probabilities.
        names_symbols: whether a column does.
        moments: whether the times are called moments of decision.
        options: as it was read.
        notes: what is to be said of how it was read.
    """

    source: str
    rows: pl.DataFrame
    stamps: Stamps
    trained_until: Stamps | None
    column: str
    kind: Kind
    names_symbols: bool
    moments: bool
    options: ScoreOptions
    notes: tuple[str, ...] = ()


def read_scores(source: Path, options: ScoreOptions) -> ScoreTable:
    """Read a CSV, Parquet or Feather file of scores.

    Raises:
        DataError: it is missing or empty, a column is missing or there are two for one thing, or
            times cannot be read.
        UsageError: it is a pickle, which can run code: nothing is unpickled.
        IntegrityError: a Parquet or Feather file is damaged.
    """
    if source.suffix.lower() in PICKLES:
        raise UsageError(
            "a pickle can run any code, so none is opened.",
            where=str(source),
            remedy="Export it where it was made, once: "
            "pandas.read_pickle(FILE).reset_index().to_parquet('scores.parquet')",
        )
    if not source.is_file():
        raise DataError(
            phrase("there is no file {name}.", name=source.name)
            if not source.exists()
            else "this is a folder.",
            where=str(source),
            remedy="Name one CSV or Parquet file of scores.",
        )
    return _read(open_table(source), options)


def read_score_frame(frame: object, options: ScoreOptions) -> ScoreTable:
    """Read a frame of polars, pandas, pyarrow or DuckDB as if it were a file of scores."""
    return _read(open_frame(frame), options)


def _read(table: SourceTable, options: ScoreOptions) -> ScoreTable:
    where = str(table.path)
    table = replace(table, column=partial(flat, table))
    found = recognise(table.names, where=where, fields=FIELDS)
    column = _worth(table.names, options, where)
    kind: Kind = "probability" if column in candidates(table.names, WORTH[1], FIELDS) else "score"
    times = tidy(time_cells(found, table))
    rows = pl.DataFrame(
        {
            "row": table.rows.cast(pl.Int64),
            "symbol": symbol_cells(found["symbol"], table, None)
            if "symbol" in found
            else _text(table, None),
            "score": _numbers(table, column),
            "split": _text(table, found.get("split")),
            "label": _text(table, found.get("label")),
        }
    )
    return ScoreTable(
        source=where,
        rows=rows,
        stamps=parse_stamps(times, where=where),
        trained_until=_trained_until(table, found, options, where),
        column=column,
        kind=options.kind or kind,
        names_symbols="symbol" in found,
        moments=plain(found.get("timestamp", "")) == MOMENT,
        options=options,
        notes=table.notes,
    )


def _worth(names: Sequence[str], options: ScoreOptions, where: str) -> str:
    """The one column that is judged."""
    if options.column is not None:
        if options.column in names:
            return options.column
        raise DataError(
            phrase("there is no column {column}.", column=options.column),
            where=where,
            remedy=phrase("Name one of these: {names}.", names=", ".join(names)),
        )
    found = [name for field in WORTH for name in candidates(names, field, FIELDS)]
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(
            phrase(
                "there are {count} columns that may be judged: {names}.",
                count=len(found),
                names=", ".join(found),
            ),
            where=where,
            remedy=phrase("Name the one that is meant: `column` {name}", name=found[0]),
        )
    raise DataError(
        "no column for score or probability.",
        where=where,
        remedy=phrase(
            "Found: {names}. Name the one that is meant with `column`.", names=", ".join(names)
        ),
    )


def _numbers(table: SourceTable, name: str) -> pl.Series:
    cells = tidy(table.column(name))
    if cells.dtype.is_temporal():
        raise DataError(
            phrase("the column {name} holds {dtype}, not numbers.", name=name, dtype=cells.dtype),
            where=str(table.path),
            remedy="Store scores as numbers.",
        )
    return cells.cast(pl.Float64, strict=False)


def _text(table: SourceTable, name: str | None) -> pl.Series:
    if name is None:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(table.rows))
    return tidy(table.column(name).cast(pl.String))


def _trained_until(
    table: SourceTable, found: Mapping[str, str], options: ScoreOptions, where: str
) -> Stamps | None:
    name = found.get("trained_until")
    if name is not None and options.trained_until is not None:
        raise UsageError(
            phrase(
                "the column {name} says until when each model was trained, and so does the option.",
                name=name,
            ),
            where=where,
            remedy="Leave `trained_until` out.",
        )
    if options.trained_until is not None:
        cells = pl.Series([options.trained_until]).new_from_index(0, len(table.rows))
        return parse_stamps(cells, where="trained_until")
    if name is None:
        return None
    cells = tidy(table.column(name))
    return None if cells.null_count() == len(cells) else parse_stamps(cells, where=where)
