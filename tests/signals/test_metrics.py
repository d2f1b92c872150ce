"""Figures of scores, against numbers worked out by hand."""

import numpy as np
import pytest

from quantsig.signals.metrics import event_metrics, event_score


def test_figures_by_hand() -> None:
    """Ranking + - +: precision 1 at the first hit, 2/3 at the second."""
    figures = event_metrics(np.array([True, False, True]), np.array([2.0, 1.0, -1.0]))
    assert figures.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert figures.roc_auc == pytest.approx(0.5)
    assert figures.precision == pytest.approx(0.5)
    assert figures.recall == pytest.approx(0.5)
    assert figures.accuracy == pytest.approx(1 / 3)
    assert figures.base_rate == pytest.approx(2 / 3)


def test_what_is_undefined_is_none() -> None:
    """Without an event there is no ranking to judge and nothing to recall."""
    figures = event_metrics(np.array([False, False]), np.array([-1.0, -2.0]))
    assert figures.average_precision is None
    assert figures.roc_auc is None
    assert figures.recall is None
    assert figures.precision is None


def test_event_score_is_the_log_odds_of_the_last_class() -> None:
    """Softmax of (0, 0, log 2) gives the last class 1/2: even odds."""
    assert event_score(np.array([[0.0, 0.0, np.log(2.0)]])) == pytest.approx([0.0])


def test_event_score_survives_huge_logits() -> None:
    """No overflow."""
    assert event_score(np.array([[1e4, 0.0], [-1e4, 1e4]])).tolist() == [-1e4, 2e4]
