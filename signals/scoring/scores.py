"""What a model says of samples, as numbers."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase

Floats = NDArray[np.float64]
SURE = 1e-12  # how near to 0 and 1 a probability is told apart


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Scores of samples, (n,) each: the higher, the likelier.

    Log-odds at the event's natural rate as far as the training's shift has a closed form; for
    regression the predicted return.
    """

    long: Floats  # of the event that a signal foresees
    short: Floats | None  # of a fall; None where the label knows none

    def columns(self) -> list[pl.Series]:
        """`score`, and where the label knows a fall `score_short`."""
        found = [pl.Series("score", self.long, pl.Float64)]
        if self.short is not None:
            found.append(pl.Series("score_short", self.short, pl.Float64))
        return found


def scores_in(rows: pl.DataFrame) -> Scores:
    """Those that `columns` gave."""
    short = rows["score_short"].to_numpy() if "score_short" in rows.columns else None
    return Scores(long=rows["score"].to_numpy(), short=short)


def log_odds(probability: Floats) -> Floats:
    """Scores (n,) of probabilities, which are told apart up to `SURE` from 0 and 1."""
    from scipy.special import logit  # noqa: PLC0415 - runs are read without it

    found: Floats = logit(np.clip(probability, SURE, 1.0 - SURE))
    return found


def refuse_not_finite(scores: Scores, where: str) -> None:
    """Stop before a score that is no number passes for one above every threshold.

    Raises:
        DataError: a score is NaN or infinite.
    """
    wrong = int((~np.isfinite(scores.long)).sum())
    if wrong:
        raise DataError(
            phrase(
                "{wrong} of {scores} scores are not finite.", wrong=wrong, scores=len(scores.long)
            ),
            where=where,
            remedy="Train again with a lower learning rate.",
        )
