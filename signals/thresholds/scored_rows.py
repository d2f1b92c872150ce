"""Rows of one split with what a threshold is judged by."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.runs import Run
from quantsig.signals.significance.label_days import LabelDays, label_days, microseconds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredRows:
    """Rows of one split, (n,) each; times are microseconds since 1970 in UTC."""

    probability: Floats
    happened: NDArray[np.bool_]
    forward_return: Floats  # signed by direction, before costs; NaN where it is not known
    decided: Integers | None = None  # None where the times of decision are not known
    ended: Integers | None = None  # None where the ends of the labels are not known
    symbol: pl.Series = field(default_factory=lambda: pl.Series("symbol", [], pl.String))
    calendar: SessionCalendar = UTC_DAYS  # which day a decision is of

    def __len__(self) -> int:
        return len(self.probability)

    @property
    def first(self) -> datetime | None:
        """The first decision."""
        return None if self.decided is None else _moment(self.decided.min())

    @property
    def last(self) -> datetime | None:
        """The last decision."""
        return None if self.decided is None else _moment(self.decided.max())

    @property
    def months(self) -> float:
        """Mean months from the first decision to the last; 0 where they are not known."""
        if self.first is None or self.last is None:
            return 0.0
        return (self.last - self.first) / timedelta(days=365.25 / 12)

    def days(self) -> LabelDays | None:
        """Decision days and the reach of labels; None where either is not known."""
        if self.decided is None or self.ended is None:
            return None
        return label_days(self.decided, self.ended, self.calendar)


def scored_rows(run: Run, split: str) -> ScoredRows:
    """The predictions of one split.

    Raises:
        DataError: the run holds none of that split, or kept none for it, or a probability is NaN.
    """
    rows = run.predictions().filter(pl.col("split") == split)
    if split == "calibration" and not run.calibrates:
        raise DataError(
            "this run kept no rows for calibration, so nothing can be judged or promised on them.",
            where=str(run.path),
            remedy="Give a number, as in signals `threshold` 0.5; choose on the rows of a walk "
            "with thresholds `on` walk; or train with a calibration split.",
        )
    if rows.is_empty():
        raise DataError(
            phrase("there are no predictions of the {split} split.", split=term(split)),
            where=str(run.path),
            remedy="Write signals first." if split == "test" else "Train again.",
        )
    where = phrase("{run}, {split} split", run=run.path, split=term(split))
    return rows_of(rows, run.happened(rows), where=where, calendar=run.calendar)


def rows_of(
    rows: pl.DataFrame,
    happened: NDArray[np.bool_],
    *,
    where: str,
    calendar: SessionCalendar = UTC_DAYS,
) -> ScoredRows:
    """Predictions with what happened to them.

    Args:
        rows: columns probability, forward_return, decision_time, label_end, symbol.
        happened: (n,) whether the event happened.
        where: for messages.
        calendar: which day a decision is of.

    Raises:
        DataError: a probability is NaN.
    """
    probability = rows["probability"].to_numpy()
    if np.isnan(probability).any():
        raise DataError(
            phrase(
                "{wrong} of {rows} probabilities are no numbers.",
                wrong=int(np.isnan(probability).sum()),
                rows=len(rows),
            ),
            where=where,
            remedy="Train again with a lower learning rate.",
        )
    return ScoredRows(
        probability=probability,
        happened=happened,
        forward_return=rows["forward_return"].cast(pl.Float64).to_numpy(),
        decided=microseconds(rows["decision_time"]),
        ended=microseconds(rows["label_end"]),
        symbol=rows["symbol"],
        calendar=calendar,
    )


def _moment(microseconds: np.int64) -> datetime:
    return EPOCH + timedelta(microseconds=int(microseconds))
