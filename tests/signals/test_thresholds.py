"""The trade-off table, against a count by hand."""

from datetime import UTC, datetime

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from quantsig.signals.intervals import wilson
from quantsig.signals.thresholds import ScoredRows, candidates, trade_off


def rows(probability: list[float], happened: list[int], returns: list[float]) -> ScoredRows:
    """Rows that span two mean months."""
    return ScoredRows(
        probability=np.array(probability),
        happened=np.array(happened, bool),
        forward_return=np.array(returns),
        first=datetime(2024, 1, 1, tzinfo=UTC),
        last=datetime(2024, 3, 1, 21, tzinfo=UTC),
    )


def test_figures_by_hand() -> None:
    """Four rows, two of them at or above .5, one of those a hit."""
    table = trade_off(
        rows([0.9, 0.5, 0.4, 0.1], [1, 0, 1, 0], [0.04, -0.02, 0.03, 0.0]),
        np.array([0.5]),
        cost_fraction=0.001,
    )
    row = table.row(0, named=True)
    assert (row["signals"], row["true_positives"]) == (2, 1)
    assert row["precision"] == row["recall"] == row["f1"] == 0.5
    assert row["lift"] == pytest.approx(1.0)
    assert row["signals_per_month"] == pytest.approx(1.0, abs=0.001)
    assert row["expectancy"] == pytest.approx(0.01)
    assert row["expectancy_after_costs"] == pytest.approx(0.009)
    assert row["expectancy_error"] == pytest.approx(0.03)


def test_an_empty_selection_has_no_precision() -> None:
    """Null, never zero or NaN."""
    row = trade_off(rows([0.2], [1], [0.1]), np.array([0.3]), 0.0).row(0, named=True)
    assert row["signals"] == 0
    assert row["precision"] is None
    assert row["expectancy_after_costs"] is None


def test_precision_and_recall_equal_scikit_learn() -> None:
    """At every distinct probability, ties included."""
    random = np.random.default_rng(8)
    probability = random.integers(0, 40, 500) / 40
    happened = random.random(500) < probability
    precision, recall, thresholds = precision_recall_curve(happened, probability)
    table = trade_off(
        rows(list(probability), list(happened), [0.0] * 500), np.asarray(thresholds), 0.0
    )
    np.testing.assert_allclose(table["precision"].to_numpy(), precision[:-1], atol=1e-12)
    np.testing.assert_allclose(table["recall"].to_numpy(), recall[:-1], atol=1e-12)


def test_candidates_are_probabilities_that_occur() -> None:
    """Ascending, from the lowest to the highest."""
    probability = np.random.default_rng(1).random(1000)
    chosen = candidates(probability)
    assert set(chosen) <= set(probability)
    assert chosen[0] == probability.min()
    assert chosen[-1] == probability.max()
    assert (np.diff(chosen) > 0).all()


def test_wilson_by_hand() -> None:
    """8 of 10 at 95 %: Wilson's published example is .4901 to .9433."""
    assert wilson(8, 10, 0.95) == pytest.approx((0.4901, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
