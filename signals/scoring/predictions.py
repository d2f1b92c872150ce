"""The rows of predictions.parquet: what was scored, with the label and the return it had."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet
from quantsig.signals.scoring.scores import Scores

PREDICTION_COLUMNS = [
    "sample_id",
    "symbol",
    "decision_time",
    "label_end",
    "split",
    "label",
    "forward_return",
    "direction",
]


def predictions_frame(
    samples: SampleSet, split: pl.Series, sample_ids: NDArray[np.int64], scores: Scores
) -> pl.DataFrame:
    """Index rows of the scored samples with their split and scores."""
    rows = samples.index.with_columns(split).gather(sample_ids).select(PREDICTION_COLUMNS)
    return rows.with_columns(scores.columns())
