"""From raw scores to probabilities, fitted on the calibration split only."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from quantsig.data.errors import DataError
from quantsig.signals.intervals import wilson
from quantsig.signals.sigmoid import Sigmoid

Floats = NDArray[np.float64]
RELIABILITY_BINS = 10
NO_PENALTY = np.inf


def fit_sigmoid(score: Floats, happened: NDArray[np.bool_]) -> Sigmoid:
    """Fit by maximum likelihood, without a penalty.

    Args:
        score: (n,) raw scores of the calibration split.
        happened: (n,) whether the event happened.

    Raises:
        DataError: the event never or always happened, or a score is not finite.
    """
    if not np.isfinite(score).all():
        raise DataError(
            f"{int((~np.isfinite(score)).sum())} of {len(score)} scores are not finite.",
            where="the calibration split",
            remedy="Train again with a lower learning rate.",
        )
    if not len(happened) or happened.all() or not happened.any():
        raise DataError(
            f"the event happened in {int(happened.sum())} of {len(happened)} samples: "
            "there is nothing to calibrate on.",
            where="the calibration split",
            remedy="Use more bars, or a label whose event is less rare.",
        )
    spread = float(score.std()) or 1.0
    fitted = LogisticRegression(C=NO_PENALTY, tol=1e-10, max_iter=1000)
    fitted.fit((score / spread).reshape(-1, 1), happened)
    slope = float(fitted.coef_[0, 0]) / spread
    if slope <= 0.0 or score.std() == 0.0:
        rate = float(happened.mean())
        return Sigmoid(slope=0.0, intercept=float(np.log(rate / (1 - rate))))
    return Sigmoid(slope=slope, intercept=float(fitted.intercept_[0]))


def calibration_record(
    calibrator: Sigmoid, score: Floats, happened: NDArray[np.bool_]
) -> dict[str, Any]:
    """The calibrator with its quality before and after, as JSON numbers.

    "Before" takes the raw score as log-odds. The figures after are those of the rows the two
    numbers were fitted on.
    """
    before, after = expit(score), calibrator.probability(score)
    return {
        "schema": "quantsig.calibration/1",
        "method": "sigmoid",
        **asdict(calibrator),
        "samples": len(score),
        "positives": int(happened.sum()),
        "brier_before": float(brier_score_loss(happened, before)),
        "brier_after": float(brier_score_loss(happened, after)),
        "log_loss_before": float(log_loss(happened, before, labels=[False, True])),
        "log_loss_after": float(log_loss(happened, after, labels=[False, True])),
        "reliability": reliability(before, after, happened),
    }


def reliability(
    before: Floats, after: Floats, happened: NDArray[np.bool_]
) -> list[dict[str, float]]:
    """Observed against predicted frequency in bins of equal counts, with Wilson 90 % intervals."""
    order = np.argsort(after, kind="stable")
    rows = []
    for part in np.array_split(order, min(RELIABILITY_BINS, len(order))):
        low, high = wilson(int(happened[part].sum()), len(part))
        rows.append(
            {
                "bin_low": float(after[part].min()),
                "bin_high": float(after[part].max()),
                "count": len(part),
                "mean_before": float(before[part].mean()),
                "mean_after": float(after[part].mean()),
                "observed": float(happened[part].mean()),
                "observed_low": low,
                "observed_high": high,
            }
        )
    return rows
