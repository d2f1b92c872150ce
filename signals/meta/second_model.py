"""The second model of a frozen choice, and what it was worth on the calibration rows."""

from typing import Any

import polars as pl

from quantsig.data.folds import KFold
from quantsig.signals.choice import Choice
from quantsig.signals.judging.out_of_fold import validation_rows
from quantsig.signals.meta.meta_labelling import Meta, MetaSettings, fit_meta
from quantsig.signals.runs import Run, exclusive
from quantsig.signals.training.folds import predict_folds
from quantsig.signals.training.out_of_fold import OutOfFold
from quantsig.signals.training.tracking.callbacks import Callbacks

FOLDING = KFold()


@exclusive
def second_model(
    run: Run, choice: Choice, *, device: str = "auto", callbacks: Callbacks | None = None
) -> Meta:
    """The second model of a frozen choice, fitted out of fold on rows before the calibration split.

    The run's plan is trained on five folds; those that are there already are used again. Of a run
    that was made of scores, the validation rows are out of fold.

    Raises:
        DataError: there are too few rows for the folds, or too few signals to learn from.
    """
    settings = MetaSettings(threshold=choice.threshold, cost_fraction=choice.cost_fraction)
    return fit_meta(learnt_rows(run, device=device, callbacks=callbacks), settings)


def learnt_rows(run: Run, *, device: str = "auto", callbacks: Callbacks | None = None) -> OutOfFold:
    """The rows that second models of a run learn from; folds that are not there are trained."""
    if run.record.judged is not None:
        return validation_rows(run)
    return predict_folds(run, FOLDING, before="calibration", device=device, callbacks=callbacks)


def opinion_figures(table: pl.DataFrame, cost_fraction: float) -> dict[str, Any]:
    """What the second model took of the calibration signals, and their mean return after costs.

    Neither model learnt from these rows.

    Args:
        table: columns of signals.parquet.
        cost_fraction: of a round trip.
    """
    rows = table.filter(pl.col("split") == "calibration")
    net = pl.col("forward_return").mean() - cost_fraction
    given, taken = rows.filter("signal"), rows.filter("take")
    return {
        "calibration_taken": taken.height,
        "mean_net_return_of_signals": given.select(net).item(),
        "mean_net_return_of_taken": taken.select(net).item(),
    }
