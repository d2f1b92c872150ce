"""What is lost, against scikit-learn and scipy as oracles."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score

from quantsig.signals.explain.measures import (
    event_measure,
    losses,
    return_measure,
    weighted_average_precision,
    weighted_rank_correlation,
)

RANDOM = np.random.default_rng(5)
SCORE = np.round(RANDOM.normal(size=60), 1)  # with ties
HAPPENED = RANDOM.random(60) < 0.3
WEIGHTS = RANDOM.integers(0, 4, size=(7, 60)).astype(np.float64)


def test_weighted_average_precision_is_that_of_sklearn() -> None:
    """Rows that are drawn several times count several times, those of one score together."""
    expected = [average_precision_score(HAPPENED, SCORE, sample_weight=one) for one in WEIGHTS]
    np.testing.assert_allclose(weighted_average_precision(HAPPENED, SCORE, WEIGHTS), expected)


def test_a_draw_without_an_event_has_none() -> None:
    """Zero, not NaN."""
    assert weighted_average_precision(HAPPENED, SCORE, (~HAPPENED[None]).astype(np.float64)) == [
        0.0
    ]


def test_weighted_rank_correlation_of_all_rows_is_spearmans() -> None:
    """Each row once."""
    came = RANDOM.normal(size=60)
    found = weighted_rank_correlation(came, SCORE, np.ones((1, 60)))
    assert found[0] == pytest.approx(spearmanr(came, SCORE).statistic)


def test_scores_without_spread_have_no_correlation() -> None:
    """Zero, not NaN."""
    assert weighted_rank_correlation(SCORE, np.zeros(60), WEIGHTS).tolist() == [0.0] * 7


def test_nothing_is_lost_by_the_same_scores() -> None:
    """Whatever is drawn, both are measured on it."""
    found = losses(event_measure(HAPPENED), SCORE, np.arange(60) // 3, seed=1).of(SCORE)
    assert (found.lost, found.low, found.high) == (0.0, 0.0, 0.0)


def test_all_that_a_perfect_score_knew_is_lost_by_its_opposite() -> None:
    """From one to what the events at the end of the ranking give; the interval lies above zero."""
    perfect = HAPPENED.astype(float)
    found = losses(event_measure(HAPPENED), perfect, np.arange(60) // 3, seed=1).of(-perfect)
    assert found.lost == pytest.approx(1.0 - HAPPENED.mean())
    assert found.speaks


def test_few_blocks_give_no_interval() -> None:
    """Nine stretches of time say little about how stretches differ."""
    block = np.arange(60) * 9 // 60
    found = losses(return_measure(SCORE), SCORE, block, seed=1).of(-SCORE)
    assert found.lost == pytest.approx(2.0)
    assert (found.low, found.high, found.speaks) == (None, None, False)
