"""Probabilities mean what they say."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.storage import documents
from quantsig.signals.calibration.beta_map import BetaMap
from quantsig.signals.calibration.calibrators import calibrator_numbers, stored_calibrator
from quantsig.signals.calibration.fit import (
    METHODS,
    Calibration,
    calibration_record,
    fit_beta,
    fit_calibrator,
    fit_isotonic,
    fit_sigmoid,
)
from quantsig.signals.calibration.isotonic_map import IsotonicMap
from quantsig.signals.calibration.prior_shift import PriorShift
from quantsig.signals.calibration.record import (
    NO_ROWS,
    CalibrationRecord,
    read_calibration,
    write_calibration,
)
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.significance.label_days import DAY, Times

RANDOM = np.random.default_rng(4)
SCORE = RANDOM.normal(0, 2, 4000)
HAPPENED = RANDOM.random(4000) < expit(0.7 * SCORE - 1.5)


def test_known_slope_and_intercept_are_found() -> None:
    """4,000 draws of a known sigmoid."""
    fitted = fit_sigmoid(SCORE, HAPPENED)
    assert fitted.slope == pytest.approx(0.7, abs=0.06)
    assert fitted.intercept == pytest.approx(-1.5, abs=0.1)


def test_the_mean_probability_is_the_base_rate() -> None:
    """A property of the maximum likelihood fit with an intercept."""
    probability = fit_sigmoid(SCORE, HAPPENED).probability(SCORE)
    assert probability.mean() == pytest.approx(HAPPENED.mean(), abs=1e-6)


def test_the_scale_of_scores_does_not_matter() -> None:
    """Scores a million times larger give the same probabilities."""
    small = fit_sigmoid(SCORE, HAPPENED).probability(SCORE)
    large = fit_sigmoid(1e6 * SCORE, HAPPENED).probability(1e6 * SCORE)
    np.testing.assert_allclose(small, large, atol=1e-6)


def test_scores_that_rank_the_wrong_way_are_not_turned_over() -> None:
    """Then every probability is the base rate."""
    fitted = fit_sigmoid(-SCORE, HAPPENED)
    assert fitted.slope == 0.0
    assert fitted.probability(SCORE) == pytest.approx(HAPPENED.mean())


def test_constant_scores_give_the_base_rate() -> None:
    """They carry no information."""
    fitted = fit_sigmoid(np.ones(4), np.array([True, False, False, False]))
    assert fitted.probability(np.ones(1)) == pytest.approx(0.25)


@pytest.mark.parametrize("happened", [np.zeros(5, bool), np.ones(5, bool)])
def test_one_outcome_only_cannot_be_calibrated(happened: np.ndarray) -> None:
    """The error counts the events."""
    with pytest.raises(DataError, match="of 5 samples"):
        fit_sigmoid(np.arange(5.0), happened)


def test_scores_that_are_not_finite_are_refused() -> None:
    """scikit-learn would refuse them too, without saying how many."""
    with pytest.raises(DataError, match="1 of 2"):
        fit_sigmoid(np.array([np.nan, 1.0]), np.array([True, False]))


def bent(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose log-odds follow a beta map, far from a line: a 3, b .2, c 2."""
    random = np.random.default_rng(seed)
    score = random.normal(0, 2, rows)
    truth = BetaMap(a=3.0, b=0.2, c=2.0).probability(score)
    return score, random.random(rows) < truth


def stepped(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores above 1 mean 80 %, others 20 %."""
    random = np.random.default_rng(seed)
    score = random.normal(0, 2, rows)
    return score, random.random(rows) < np.where(score > 1, 0.8, 0.2)


def test_a_known_beta_map_is_found() -> None:
    """20,000 draws."""
    score, happened = bent(20_000)
    fitted = fit_beta(score, happened)
    assert (fitted.a, fitted.b, fitted.c) == pytest.approx((3.0, 0.2, 2.0), abs=0.3)


def test_a_beta_map_of_equal_sides_is_the_sigmoid() -> None:
    """a = b = .7 and c = -1.5 are a slope of .7 and an intercept of -1.5."""
    np.testing.assert_allclose(
        BetaMap(a=0.7, b=0.7, c=-1.5).probability(SCORE),
        Sigmoid(slope=0.7, intercept=-1.5).probability(SCORE),
        atol=1e-12,
    )


def test_a_beta_map_keeps_the_order() -> None:
    """Neither side is below zero, even where the fit would have it so."""
    random = np.random.default_rng(0)
    score = random.normal(0, 2, 3000)
    happened = random.random(3000) < np.where(np.abs(score) < 1, 0.6, 0.3)
    fitted = fit_beta(score, happened)
    assert min(fitted.a, fitted.b) >= 0.0
    assert (np.diff(fitted.probability(np.linspace(-9, 9, 100))) >= 0).all()


def test_isotonic_equals_scikit_learn() -> None:
    """Within the scores that were seen, but for a millionth."""
    score, happened = stepped(3000)
    oracle = IsotonicRegression(out_of_bounds="clip").fit(score, happened).predict(score)
    found = fit_isotonic(score, happened).probability(score)
    np.testing.assert_allclose(found, np.clip(oracle, 1 / 3002, 1 - 1 / 3002), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_the_order_of_rows(method: str) -> None:
    """Distinct scores have distinct probabilities, so labels do not decide where to cut."""
    score, happened = stepped(3000)
    order = np.argsort(score)
    assert (np.diff(METHODS[method](score, happened).probability(score)[order]) > 0).all()


@pytest.mark.parametrize(
    ("rows", "method"),
    [((SCORE, HAPPENED), Sigmoid), (bent(6000), BetaMap), (stepped(6000), IsotonicMap)],
)
def test_the_method_that_fits_is_taken(
    rows: tuple[np.ndarray, np.ndarray], method: type[Sigmoid]
) -> None:
    """By the log loss on stretches of time that were left out; a line needs no more than two."""
    found = fit_calibrator(*rows)
    assert isinstance(found.calibrator, method)
    chosen = calibrator_numbers(found.calibrator)["method"]
    assert found.log_losses[chosen] == min(found.log_losses.values())


def test_isotonic_needs_a_thousand_positives() -> None:
    """Steps or not."""
    assert "isotonic" not in fit_calibrator(*stepped(1500)).log_losses
    assert "isotonic" in fit_calibrator(*stepped(6000)).log_losses


def test_cross_validation_equals_scikit_learn() -> None:
    """Five stretches in order, the sigmoid of scikit-learn on the others."""
    total = 0.0
    for judged in np.array_split(np.arange(4000), 5):
        fit = np.setdiff1d(np.arange(4000), judged)
        oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(SCORE[fit, None], HAPPENED[fit])
        said = oracle.predict_proba(SCORE[judged, None])[:, 1]
        total += log_loss(HAPPENED[judged], said, normalize=False)
    assert fit_calibrator(SCORE, HAPPENED).log_losses["sigmoid"] == pytest.approx(total / 4000)


def test_labels_that_reach_over_are_not_fitted_on() -> None:
    """With labels as long as all time nothing is left to fit on, so nothing is compared."""
    decided = np.arange(4000) * DAY
    times = Times(decided=decided, ended=decided + 4000 * DAY)
    found = fit_calibrator(SCORE, HAPPENED, times)
    assert found.log_losses == {}
    assert "too few" in found.reason


def test_constant_scores_are_not_compared() -> None:
    """They carry no information: the base rate, as a flat sigmoid."""
    found = fit_calibrator(np.ones(50), np.arange(50) < 10)
    assert found.calibrator.probability(np.ones(1)) == pytest.approx(0.2)
    assert "no information" in found.reason


def test_scores_of_few_values_are_calibrated() -> None:
    """Ties everywhere: two scores, two shares, which every method can say."""
    score = np.repeat([0.0, 1.0], 4000)
    happened = np.r_[np.arange(4000) < 800, np.arange(4000) < 2400]
    order = np.random.default_rng(0).permutation(8000)
    found = fit_calibrator(score[order], happened[order])
    assert found.calibrator.probability(np.array([0.0, 1.0])) == pytest.approx([0.2, 0.6], abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_stored_is_applied(method: str, tmp_path: Path) -> None:
    """JSON numbers give the same probabilities, at unseen scores too."""
    fitted = METHODS[method](*stepped(3000))
    record = CalibrationRecord(calibrator=fitted, figures=NO_ROWS)
    write_calibration(tmp_path / "c.json", record)
    read = read_calibration(tmp_path / "c.json").calibrator
    score = np.linspace(-20, 20, 500)
    np.testing.assert_array_equal(read.probability(score), fitted.probability(score))


def test_the_first_format_is_still_read(tmp_path: Path) -> None:
    """Two numbers, as schema quantsig.calibration/1 stored them."""
    old = {"schema": "quantsig.calibration/1", "method": "sigmoid", "slope": 2.0, "intercept": -1}
    quality = {"samples": 9, "positives": 3, "brier_before": 0.3, "reliability": []}
    documents.write_json(tmp_path / "c.json", old | quality)
    found = read_calibration(tmp_path / "c.json")
    assert found.calibrator == Sigmoid(slope=2.0, intercept=-1)
    assert (found.figures.samples, found.figures.brier_before) == (9, 0.3)


def test_a_method_of_later_is_refused(tmp_path: Path) -> None:
    """With those that are known."""
    with pytest.raises(ConfigError, match="Known: sigmoid, beta, isotonic"):
        stored_calibrator({"method": "spline"}, tmp_path)


def test_sampling_up_is_undone_to_the_base_rate() -> None:
    """A regression learnt on 38 % events gives back the 8 % there are, within half a point."""
    random = np.random.default_rng(9)
    feature = random.normal(0, 1.3, 60_000)
    happened = random.random(60_000) < expit(feature - 3.1)
    others = random.choice(np.flatnonzero(~happened), int(happened.sum() * 0.62 / 0.38))
    shown = np.r_[np.flatnonzero(happened), others]
    model = LogisticRegression(C=np.inf).fit(feature[shown, None], happened[shown])
    shift = PriorShift(natural_rate=float(happened.mean()), sampled_rate=0.38)
    score = shift.correct(model.decision_function(feature[:, None]))
    calibrated = fit_calibrator(score, happened).calibrator.probability(score)
    assert happened.mean() == pytest.approx(0.08, abs=0.01)
    assert expit(score).mean() == pytest.approx(happened.mean(), abs=0.005)
    assert calibrated.mean() == pytest.approx(happened.mean(), abs=0.005)


def test_calibrating_lowers_the_log_loss() -> None:
    """On the rows it was fitted on it cannot rise."""
    found = Calibration(calibrator=fit_sigmoid(SCORE, HAPPENED), log_losses={}, reason="")
    record = calibration_record(found, SCORE, HAPPENED)
    figures = record.figures
    assert figures.log_loss_before is not None
    assert figures.log_loss_after is not None
    assert figures.log_loss_after <= figures.log_loss_before
    assert figures.log_loss_before == pytest.approx(log_loss(HAPPENED, expit(SCORE)))
    oracle = LogisticRegression(C=np.inf).fit(SCORE[:, None], HAPPENED)
    assert isinstance(record.calibrator, Sigmoid)
    assert record.calibrator.slope == pytest.approx(oracle.coef_[0, 0], rel=1e-3)


def test_a_record_holds_json_numbers(tmp_path: Path) -> None:
    """Whatever the method; the file reads back as it was."""
    decided = np.arange(6000) * DAY
    times = Times(decided=decided, ended=decided + DAY)
    score, happened = stepped(6000)
    record = calibration_record(fit_calibrator(score, happened, times), score, happened, times)
    write_calibration(tmp_path / "c.json", record)
    assert read_calibration(tmp_path / "c.json").as_dict() == record.as_dict()


def test_a_stored_calibrator_is_two_numbers() -> None:
    """p = 1 / (1 + exp(-(2 * 1 - 1)))."""
    assert Sigmoid(slope=2.0, intercept=-1.0).probability(np.array([1.0])) == pytest.approx(
        0.7310585786300049
    )
