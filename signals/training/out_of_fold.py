"""Predictions of rows by models that never saw them, and the proof of it.

Only what is of this type counts as out of fold: it is made by `predict_folds`, and holds the
folds that its rows are checked against.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from quantsig.data.errors import CheckFailed, UsageError
from quantsig.data.folds import Fold
from quantsig.data.language.messages import phrase
from quantsig.signals.runs import Run


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OutOfFold:
    """Tested rows with the probability that their own fold's model and calibrator gave them.

    Attributes:
        run: whose plan the folds were trained by.
        trial_id: names the samples, the plan and the folds.
        folds: what each model learnt from.
        frame: in the order of folds and decisions: `fold`, `stretch` (of time that is tested),
            `sample_id`, `symbol`, `decision_time`, `label_end`, `label`, `forward_return`,
            `direction`, `score`, of labels that know a fall `score_short`, and `probability`.

    Raises:
        CheckFailed: a row is of no fold, or its fold's model learnt from it.
    """

    run: Run
    trial_id: str
    folds: tuple[Fold, ...]
    frame: pl.DataFrame

    def __post_init__(self) -> None:
        tested = [
            pl.DataFrame({"sample_id": fold.test}).with_columns(fold=pl.lit(fold.number, pl.Int64))
            for fold in self.folds
        ]
        for fold in self.folds:
            _refuse_learnt(fold, self.run)
        found = len(self.frame.join(pl.concat(tested), on=["fold", "sample_id"], how="semi"))
        if found < len(self.frame):
            raise CheckFailed(
                phrase(
                    "{left} of {rows} rows were not tested by the fold that is said to have "
                    "scored them.",
                    left=len(self.frame) - found,
                    rows=len(self.frame),
                ),
                where=phrase("out-of-fold predictions of {run}", run=self.run.path),
                remedy="Take them from predict_folds; scores of rows that a model learnt from "
                "count for nothing here.",
            )

    def path(self, folds: Sequence[int]) -> "OutOfFold":
        """One way through time, which holds every row once.

        Args:
            folds: for each stretch the fold that tests it: a row of `Combinatorial.paths()`.
        """
        return replace(self, frame=path_rows(self.frame, folds))

    def once(self) -> pl.DataFrame:
        """The frame, where it holds no row twice.

        Raises:
            UsageError: several folds tested the same row.
        """
        if self.frame["sample_id"].is_duplicated().any():
            raise UsageError(
                "several folds tested the same rows.",
                where=phrase("out-of-fold predictions of {run}", run=self.run.path),
                remedy="Choose one path: predictions.path(folding.paths()[0]).",
            )
        return self.frame


def path_rows(frame: pl.DataFrame, folds: Sequence[int]) -> pl.DataFrame:
    """The rows of one way through time, in the order of stretches.

    Args:
        frame: with columns `stretch` and `fold`.
        folds: for each stretch the fold that tests it.
    """
    chosen = pl.DataFrame(
        {"stretch": range(len(folds)), "fold": list(folds)},
        schema_overrides={"stretch": pl.Int64, "fold": pl.Int64},
    )
    rows = frame.join(chosen, on=["stretch", "fold"], maintain_order="left")
    return rows.sort("stretch", maintain_order=True)


def _refuse_learnt(fold: Fold, run: Run) -> None:
    """Raise where a fold tests rows that it learnt from, or was chosen or calibrated by."""
    learnt = np.concatenate([fold.train, fold.validation, fold.calibration])
    shared = int(np.isin(fold.test, learnt).sum())
    if shared:
        raise CheckFailed(
            phrase(
                "fold {number} learnt from {shared} of the {rows} rows it tests.",
                number=fold.number + 1,
                shared=shared,
                rows=len(fold.test),
            ),
            where=phrase("out-of-fold predictions of {run}", run=run.path),
            remedy="Take folds as a folding of quantsig.data.folds cuts them.",
        )
