"""Probabilities mean what they say."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from quantsig.data.errors import DataError
from quantsig.signals.calibration import calibration_record, fit_sigmoid, reliability
from quantsig.signals.sigmoid import Sigmoid

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


def test_reliability_counts_every_row() -> None:
    """Ten bins of 400; the observed share lies within its interval."""
    rows = reliability(expit(SCORE), fit_sigmoid(SCORE, HAPPENED).probability(SCORE), HAPPENED)
    assert [row["count"] for row in rows] == [400] * 10
    assert all(row["observed_low"] <= row["observed"] <= row["observed_high"] for row in rows)


def test_calibrating_lowers_the_log_loss() -> None:
    """On the rows it was fitted on it cannot rise."""
    record = calibration_record(fit_sigmoid(SCORE, HAPPENED), SCORE, HAPPENED)
    assert record["log_loss_after"] <= record["log_loss_before"]
    oracle = LogisticRegression(C=np.inf).fit(SCORE[:, None], HAPPENED)
    assert record["slope"] == pytest.approx(oracle.coef_[0, 0], rel=1e-3)


def test_a_stored_calibrator_is_two_numbers() -> None:
    """p = 1 / (1 + exp(-(2 * 1 - 1)))."""
    assert Sigmoid(slope=2.0, intercept=-1.0).probability(np.array([1.0])) == pytest.approx(
        0.7310585786300049
    )
