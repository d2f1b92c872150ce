"""Which rows of foreign scores serve as what, and whether their model can have learnt from them."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.split_spec import CALIBRATION, SPLITS, SplitSpec
from quantsig.data.splits import SPLIT

TRAIN, TEST = SPLITS[0], SPLITS[-1]
SPELT = {"training": "train", "valid": "validation", "val": "validation", "calib": CALIBRATION}
From = Literal["settings", "column", "trained_until"]
IN_SAMPLE = pl.col("trained_until") >= pl.col("decision_time")


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenSplits:
    """How rows are split.

    Attributes:
        spec: shares or dates of the settings, or the names that rows bring.
        splits_from: what decided.
        names: (n,) the split of each row where rows bring them; None: the settings cut them.
    """

    spec: SplitSpec
    splits_from: From
    names: pl.Series | None


def given_splits(rows: pl.DataFrame, settings: SplitSpec, source: str) -> GivenSplits:
    """The splits that rows name; else those that the ends of trainings leave; else the settings'.

    Where it is said until when the model of each row was trained, and no dates are set, rows
    decided by then are train, and the others, which are out of sample, are calibration and test
    in the proportion of the settings.

    Args:
        rows: `row`, `symbol`, `decision_time`, `split`, `trained_until`, as
            `place_scores` gives them, and `label` of the settings, null where unknown.
        settings: shares or dates.
        source: for messages.

    Raises:
        DataError: a name is no split, splits do not follow each other, or some rows do not say
            what others do.
        CheckFailed: a row is decided before the end of its training though rows before it are
            out of sample.
    """
    if rows[SPLIT].count():
        names = _named(rows, source)
        return GivenSplits(spec=_spec(names), splits_from="column", names=names)
    if rows["trained_until"].count() and not settings.at:
        names = _out_of_sample(rows, settings, source)
        return GivenSplits(spec=_spec(names), splits_from="trained_until", names=names)
    return GivenSplits(spec=settings, splits_from="settings", names=None)


def refuse_in_sample(rows: pl.DataFrame, source: str) -> None:
    """Raise where a row that is judged may have been learnt from.

    Args:
        rows: `split` as it is used, `row`, `symbol`, `decision_time` and `trained_until`.
        source: for messages.

    Raises:
        CheckFailed: a row outside of train is decided at or before the end of its training.
    """
    learnt = rows.filter(IN_SAMPLE & (pl.col(SPLIT) != TRAIN))
    if learnt.is_empty():
        return
    counts = dict(learnt.group_by(SPLIT).len().iter_rows())
    parts = [
        phrase("{count} {split}", count=counts[name], split=term(name))
        for name in SPLITS
        if name in counts
    ]
    raise CheckFailed(
        phrase(
            "{parts} rows are decided before their model's training had ended: scores "
            "of rows that it learnt from count for nothing here.",
            parts=chained("{one} and {other}", parts),
        ),
        where=_first(learnt, source),
        remedy="Give scores of models that were trained until before, as a walk-forward does, or "
        "call these rows train in a column split.",
    )


def near_training(rows: pl.DataFrame) -> int:
    """Calibration and test rows that begin less than a label's length after the end of a training.

    Where that end is the last decision that was learnt from, and not the end of its label, the
    training had seen the beginning of theirs.
    """
    length = pl.col("label_end") - pl.col("decision_time")
    close = pl.col("decision_time") - pl.col("trained_until") < length
    return rows.filter(pl.col(SPLIT).is_in([CALIBRATION, TEST]), close).height


def _spec(names: pl.Series) -> SplitSpec:
    there = set(names.drop_nulls())
    return SplitSpec(given=tuple(name for name in SPLITS if name in there))


def _named(rows: pl.DataFrame, source: str) -> pl.Series:
    names = rows[SPLIT].str.to_lowercase().replace(SPELT)
    known = names.is_in(SPLITS) | names.is_null()
    if not known.all():
        wrong = rows.filter(~known)
        raise DataError(
            phrase('"{name}" is no split.', name=wrong[SPLIT][0]),
            where=_first(wrong, source),
            remedy=phrase("Name {names}, or nothing.", names=", ".join(SPLITS)),
        )
    _refuse_crossing(rows.with_columns(names), source)
    if not (names == TEST).any():
        raise DataError(
            "no row is of the test split, so there is nothing to judge on.",
            where=source,
            remedy="Call the newest rows test, those before them calibration.",
        )
    return names


def _refuse_crossing(rows: pl.DataFrame, source: str) -> None:
    """Raise where a row is decided at or after the first of a later split."""
    when = pl.col("decision_time")
    for number, name in enumerate(SPLITS):
        begins = rows.filter(pl.col(SPLIT).is_in(SPLITS[number + 1 :]))["decision_time"].min()
        late = rows.filter(pl.col(SPLIT) == name, when >= pl.lit(begins))
        if len(late):
            raise DataError(
                phrase(
                    "{rows} {split} rows are decided when a later split has begun: splits "
                    "follow each other in time, for all symbols.",
                    rows=len(late),
                    split=term(name),
                ),
                where=_first(late, source),
                remedy="Cut the splits at times, or leave the column split out to have it done.",
            )


def _out_of_sample(rows: pl.DataFrame, settings: SplitSpec, source: str) -> pl.Series:
    """train up to the end of training, then calibration and test."""
    missing = rows.filter(pl.col("trained_until").is_null())
    if len(missing):
        raise DataError(
            phrase(
                "{missing} of {rows} rows do not say until when their model was trained.",
                missing=len(missing),
                rows=len(rows),
            ),
            where=_first(missing, source),
            remedy="Say it of every row, or leave trained_until out and name the splits.",
        )
    fresh = rows.filter(~IN_SAMPLE, pl.col("label").is_not_null()).sort("decision_time")
    if fresh.is_empty():
        raise CheckFailed(
            "every row with a known label is decided before its model's training had ended.",
            where=_first(rows, source),
            remedy="Give scores of later rows, which the model did not learn from.",
        )
    begins = fresh["decision_time"][0]
    learnt = rows.filter(IN_SAMPLE, pl.col("decision_time") >= begins)
    if len(learnt):
        raise CheckFailed(
            phrase(
                "{rows} rows are decided before their model's training had ended, and "
                "after rows that are out of sample.",
                rows=len(learnt),
            ),
            where=_first(learnt, source),
            remedy="Leave these rows out: scores of rows that a model learnt from count for "
            "nothing here.",
        )
    share = settings.calibration / (settings.calibration + settings.test)
    opens = fresh["decision_time"][min(round(share * len(fresh)), len(fresh) - 1)]
    when = pl.col("decision_time")
    named = (
        pl.when(when < pl.lit(begins))
        .then(pl.lit(TRAIN))
        .when(when < pl.lit(opens))
        .then(pl.lit(CALIBRATION))
        .otherwise(pl.lit(TEST))
    )
    return rows.select(named.alias(SPLIT))[SPLIT]


def _first(rows: pl.DataFrame, source: str) -> str:
    row = rows.sort("row").row(0, named=True)
    where = "{source}, row {row}: {symbol} {time}"
    until = "{source}, row {row}: {symbol} {time}, trained until {until}"
    return phrase(
        until if row["trained_until"] else where,
        source=source,
        row=row["row"],
        symbol=row["symbol"],
        time=row["decision_time"],
        until=row["trained_until"],
    )
