"""From raw scores to probabilities, fitted on the calibration split only."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.data.machine import one_library_thread
from quantsig.signals.calibration.beta_map import BetaMap, beta_features
from quantsig.signals.calibration.calibrators import Calibrator
from quantsig.signals.calibration.isotonic_map import IsotonicMap
from quantsig.signals.calibration.quality import LEAST, quality, reliability
from quantsig.signals.calibration.record import CalibrationFigures, CalibrationRecord
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.significance.label_days import Times, label_days, time_blocks

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

NO_PENALTY = np.inf
FOLDS = 5
FEWEST_POSITIVES = 1000  # of isotonic regression, which overfits on fewer


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The chosen calibrator, and what the choice was made by.

    Attributes:
        calibrator: fitted on all rows.
        log_losses: cross-validated, in nats, by method; of those that were tried.
        reason: why the method was taken, a sentence.
    """

    calibrator: Calibrator
    log_losses: Mapping[str, float]
    reason: str


def fit_calibrator(score: Floats, happened: Flags, times: Times | None = None) -> Calibration:
    """Take the method with the least cross-validated log loss, and fit it on all rows.

    Five stretches of time take turns; rows whose labels reach into the stretch that is judged
    are left out of the fit. Isotonic regression takes part above 1,000 positives only.

    Args:
        score: (n,) raw scores of the calibration split, the prior shift taken off.
        happened: (n,) whether the event happened.
        times: of the rows; None takes them in their order.

    Raises:
        DataError: the event never or always happened, or a score is not finite.
    """
    sigmoid = fit_sigmoid(score, happened)
    if sigmoid.slope == 0.0:
        return Calibration(
            calibrator=sigmoid, log_losses={}, reason=SignalsSentence.NO_INFORMATION()
        )
    methods = dict(METHODS)
    if happened.sum() <= FEWEST_POSITIVES:
        del methods["isotonic"]
    folds = list(_folds(len(score), times))
    if not all(_mixed(happened[fit]) for fit, _ in folds):
        return Calibration(
            calibrator=sigmoid, log_losses={}, reason=SignalsSentence.FEW_EVENTS_TO_COMPARE()
        )
    losses = {name: _cross_validated(fit, score, happened, folds) for name, fit in methods.items()}
    best = min(losses, key=losses.__getitem__)
    return Calibration(
        calibrator=methods[best](score, happened),
        log_losses=losses,
        reason=SignalsSentence.LEAST_LOG_LOSS(),
    )


def fit_sigmoid(score: Floats, happened: Flags) -> Sigmoid:
    """Fit by maximum likelihood, without a penalty.

    Args:
        score: (n,) raw scores of the calibration split.
        happened: (n,) whether the event happened.

    Raises:
        DataError: the event never or always happened, or a score is not finite.
    """
    _check(score, happened)
    spread = float(score.std()) or 1.0
    (slope,), intercept = _logistic(happened, score / spread)
    if slope <= 0.0 or score.std() == 0.0:
        rate = float(happened.mean())
        return Sigmoid(slope=0.0, intercept=float(np.log(rate / (1 - rate))))
    return Sigmoid(slope=slope / spread, intercept=intercept)


def fit_beta(score: Floats, happened: Flags) -> BetaMap:
    """Fit by maximum likelihood; a part that would turn the order over is left out.

    Scores far from log-odds in size, such as returns, are first divided by their spread.
    """
    spread = float(score.std())
    scale = 1.0 if 0.1 <= spread <= 10.0 else spread or 1.0
    low, high = beta_features(score / scale)
    (a, b), c = _logistic(happened, low, high)
    if a < 0.0:
        (b,), c = _logistic(happened, high)
    elif b < 0.0:
        (a,), c = _logistic(happened, low)
    return BetaMap(a=max(a, 0.0), b=max(b, 0.0), c=c, scale=scale)


def fit_isotonic(score: Floats, happened: Flags) -> IsotonicMap:
    """Pool adjacent violators; no probability is nearer to 0 or 1 than 1 / (n + 2)."""
    edge = 1.0 / (len(score) + 2)
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - takes seconds

    fitted = IsotonicRegression(y_min=edge, y_max=1.0 - edge, out_of_bounds="clip")
    fitted.fit(score, happened.astype(np.float64))
    return IsotonicMap(
        scores=tuple(fitted.X_thresholds_.tolist()),
        probabilities=tuple(fitted.y_thresholds_.tolist()),
        scale=float(score.std()) or 1.0,
    )


METHODS: dict[str, Callable[[Floats, Flags], Calibrator]] = {
    "sigmoid": fit_sigmoid,
    "beta": fit_beta,
    "isotonic": fit_isotonic,
}


def calibration_record(
    calibration: Calibration, score: Floats, happened: Flags, times: Times | None = None
) -> CalibrationRecord:
    """The calibrator with its quality before and after.

    "Before" takes the raw score as log-odds. The figures after are those of the rows the
    calibrator was fitted on; the cross-validated log losses are not.
    """
    before, after = expit(score), calibration.calibrator.probability(score)
    block = None
    if times is not None:
        block = time_blocks(label_days(times.decided, times.ended, times.calendar))
    figures = CalibrationFigures(
        reason=calibration.reason,
        log_loss_cross_validated=dict(calibration.log_losses),
        samples=len(score),
        positives=int(happened.sum()),
        **quality(before, after, happened),
        reliability=tuple(reliability(before, after, happened, block)),
    )
    return CalibrationRecord(calibrator=calibration.calibrator, figures=figures)


def _check(score: Floats, happened: Flags) -> None:
    if not np.isfinite(score).all():
        raise DataError(
            phrase(
                "{wrong} of {scores} scores are not finite.",
                wrong=int((~np.isfinite(score)).sum()),
                scores=len(score),
            ),
            where=term("the calibration split"),
            remedy="Train again with a lower learning rate.",
        )
    if not _mixed(happened):
        raise DataError(
            phrase(
                "the event happened in {happened} of {samples} samples: there is nothing "
                "to calibrate on.",
                happened=int(happened.sum()),
                samples=len(happened),
            ),
            where=term("the calibration split"),
            remedy="Use more bars, or a label whose event is less rare.",
        )


def _mixed(happened: Flags) -> bool:
    return bool(happened.any() and not happened.all())


def _logistic(happened: Flags, *features: Floats) -> tuple[list[float], float]:
    """Slopes and intercept of a logistic regression without a penalty.

    Where the features part the classes there is no maximum; the slopes are then as steep as the
    solver came.
    """
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - takes seconds
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    fitted = LogisticRegression(C=NO_PENALTY, tol=1e-10, max_iter=1000)
    with warnings.catch_warnings(), one_library_thread():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(np.column_stack(features), happened)
    return fitted.coef_[0].tolist(), float(fitted.intercept_[0])


def _folds(rows: int, times: Times | None) -> Iterator[tuple[Integers, Integers]]:
    """Rows to fit on and rows to judge, for each stretch of time."""
    order = np.arange(rows) if times is None else np.argsort(times.decided, kind="stable")
    for judged in np.array_split(order, min(FOLDS, rows)):
        fit = np.ones(rows, dtype=bool)
        fit[judged] = False
        if times is not None:
            apart = (times.ended <= times.decided[judged].min()) | (
                times.decided >= times.ended[judged].max()
            )
            fit &= apart
        yield np.flatnonzero(fit), judged


def _cross_validated(
    fit: Callable[[Floats, Flags], Calibrator],
    score: Floats,
    happened: Flags,
    folds: list[tuple[Integers, Integers]],
) -> float:
    total = 0.0
    for fitted, judged in folds:
        probability = fit(score[fitted], happened[fitted]).probability(score[judged])
        said = np.where(happened[judged], probability, 1.0 - probability)
        total -= float(np.log(np.maximum(said, LEAST)).sum())
    return total / len(score)
