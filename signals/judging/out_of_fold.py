"""Rows of a judged run that a second model may learn from."""

import numpy as np
import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.folds import Fold
from quantsig.signals.runs import Run, trial_id
from quantsig.signals.training.out_of_fold import OutOfFold

VALIDATION = "validation"


def validation_rows(run: Run) -> OutOfFold:
    """The validation rows as one fold, which a model tested that never saw them.

    What that model learnt from lies elsewhere; that these rows were not among it is checked where
    it is said until when it was trained, else it is what the split says.

    Raises:
        DataError: there are none.
    """
    rows = run.predictions().filter(pl.col("split") == VALIDATION)
    if rows.is_empty():
        raise DataError(
            "a second model learns from out-of-sample rows before those of calibration, and these "
            "scores have none.",
            where=str(run.path),
            remedy="Name some validation in a column split of the scores, and judge them again.",
        )
    ids, none = rows["sample_id"].to_numpy(), np.empty(0, np.int64)
    fold = Fold(
        number=0,
        tested=(0,),
        train=none,
        validation=none,
        calibration=none,
        test=ids,
        stretches=np.zeros(len(ids), np.int64),
    )
    frame = rows.select(
        pl.lit(0, pl.Int64).alias("fold"), pl.lit(0, pl.Int64).alias("stretch"), pl.exclude("split")
    )
    return OutOfFold(
        run=run, trial_id=trial_id(run.record.trial_id, VALIDATION), folds=(fold,), frame=frame
    )
