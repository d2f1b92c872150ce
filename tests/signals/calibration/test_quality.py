"""The scores of probabilities, their parts, and the reliability curve."""

from dataclasses import astuple

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from quantsig.signals.calibration.quality import (
    brier_decomposition,
    log_loss_decomposition,
    reliability,
)

RANDOM = np.random.default_rng(4)
PROBABILITY = RANDOM.random(4000)
HAPPENED = RANDOM.random(4000) < PROBABILITY


def test_scores_equal_scikit_learn() -> None:
    """Brier score and log loss."""
    assert brier_decomposition(PROBABILITY, HAPPENED).score == pytest.approx(
        brier_score_loss(HAPPENED, PROBABILITY)
    )
    assert log_loss_decomposition(PROBABILITY, HAPPENED).score == pytest.approx(
        log_loss(HAPPENED, PROBABILITY)
    )


@pytest.mark.parametrize("decompose", [brier_decomposition, log_loss_decomposition])
def test_the_parts_add_up(decompose: object) -> None:
    """Reliability - resolution + uncertainty + what binning leaves."""
    assert callable(decompose)
    score, *parts = astuple(decompose(PROBABILITY, HAPPENED))
    assert score == pytest.approx(parts[0] - parts[1] + parts[2] + parts[3])


def test_murphys_parts_by_hand() -> None:
    """Two forecasts, .2 and .8, that came true in 2 of 5 and 3 of 5 cases.

    Reliability .04, resolution .01, uncertainty .25; one forecast a bin leaves nothing over.
    """
    probability = np.repeat([0.2, 0.8], 50)
    happened = np.tile([1, 1, 0, 0, 0, 1, 1, 1, 0, 0], 10).reshape(20, 5)
    happened = np.concatenate([happened[0::2].ravel(), happened[1::2].ravel()]).astype(bool)
    found = brier_decomposition(probability, happened)
    assert found.reliability == pytest.approx(0.04)
    assert found.resolution == pytest.approx(0.01)
    assert found.uncertainty == pytest.approx(0.25)
    assert found.within_bins == pytest.approx(0.0, abs=1e-12)


def test_a_sure_forecast_that_is_wrong_costs_much_but_not_everything() -> None:
    """A finite log loss."""
    found = log_loss_decomposition(np.array([1.0, 0.0]), np.array([False, True]))
    assert 30 < found.score < 40
    assert np.isfinite(astuple(found)).all()


def test_reliability_counts_every_row() -> None:
    """Ten bins of 400; the observed share lies within its interval."""
    rows = reliability(PROBABILITY, PROBABILITY, HAPPENED)
    assert [row["count"] for row in rows] == [400] * 10
    assert all(row["observed_low"] <= row["observed"] <= row["observed_high"] for row in rows)


def test_rows_of_one_fate_widen_the_interval() -> None:
    """Each hundred rows in a row share their outcome."""
    happened = np.repeat(RANDOM.random(40) < 0.5, 100)
    block = np.repeat(np.arange(40), 100)
    plain = reliability(PROBABILITY, PROBABILITY, happened)
    wide = reliability(PROBABILITY, PROBABILITY, happened, block)
    for one, other in zip(plain, wide, strict=True):
        assert other["effective_count"] < one["effective_count"] == 400
        assert other["observed_low"] < one["observed_low"]
