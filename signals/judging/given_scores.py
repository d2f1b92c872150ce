"""The scores that a judged run was given, of every row, those of the locked test split included."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.storage import parquet
from quantsig.signals.events import short_event
from quantsig.signals.layout import SCORES
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scores import Scores, log_odds


def stored_scores(run: Run, sample_ids: NDArray[np.int64]) -> Scores:
    """Scores of samples by their ids (n,).

    Raises:
        IntegrityError: the file is not what was written.
    """
    table = run.read(run.path / SCORES, parquet.read_parquet)
    return scores_of(table["score"].gather(sample_ids), run.record.classes)


def as_scores(given: pl.Series, kind: str) -> pl.Series:
    """What a model gave as scores of it: raw ones as they are, of probabilities the log-odds."""
    return given if kind == "score" else pl.Series(given.name, log_odds(given.to_numpy()))


def scores_of(score: pl.Series, classes: tuple[str, ...]) -> Scores:
    """Scores of the event, and of a fall where that is the other side of it."""
    long = score.to_numpy()
    short = short_event(classes)
    return Scores(long=long, short=-long if short and short.classes in (0, 2) else None)
