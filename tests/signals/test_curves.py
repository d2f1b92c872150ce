"""Rankings equal scikit-learn's to 1e-12."""

import numpy as np
import pytest
from sklearn import metrics

from quantsig.signals.curves import curve, ranking

SETS = ["distinct", "ties", "constant", "sure", "few"]


def rows(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Events and scores of several kinds."""
    random = np.random.default_rng(3)
    score = random.normal(size=4000)
    happened = random.random(4000) < 1 / (1 + np.exp(2 - score))
    if kind == "ties":
        score = np.round(score, 1)
    if kind == "constant":
        score = np.zeros(4000)
    if kind == "sure":
        score = happened.astype(float)
    return (happened[:7], score[:7]) if kind == "few" else (happened, score)


@pytest.mark.parametrize("kind", SETS)
def test_areas_equal_scikit_learn(kind: str) -> None:
    """Average precision, AUC and AUC up to a false positive rate of .1."""
    happened, score = rows(kind)
    happened[0] = True
    found = ranking(happened, score)
    assert found.average_precision == pytest.approx(
        metrics.average_precision_score(happened, score), rel=0, abs=1e-12
    )
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(happened, score), rel=0, abs=1e-12)
    partial = metrics.roc_auc_score(happened, score, max_fpr=0.1)
    assert found.partial_auc == pytest.approx(partial, rel=0, abs=1e-12)


@pytest.mark.parametrize("kind", SETS)
def test_curves_equal_scikit_learn(kind: str) -> None:
    """Point by point."""
    happened, score = rows(kind)
    happened[0] = True
    found = curve(happened, score)
    precision, recall, thresholds = metrics.precision_recall_curve(happened, score)
    np.testing.assert_allclose(found.threshold[::-1], thresholds, atol=0)
    np.testing.assert_allclose(found.precision[::-1], precision[:-1], atol=1e-12)
    np.testing.assert_allclose(found.recall[::-1], recall[:-1], atol=1e-12)
    alarms, hits, _ = metrics.roc_curve(happened, score, drop_intermediate=False)
    np.testing.assert_allclose(found.false_positive_rate, alarms[1:], atol=1e-12)
    np.testing.assert_allclose(found.recall, hits[1:], atol=1e-12)


@pytest.mark.parametrize("happened", [np.zeros(5, bool), np.ones(5, bool)])
def test_one_outcome_only_has_no_ranking(happened: np.ndarray) -> None:
    """None, never zero or NaN."""
    assert set(ranking(happened, np.arange(5.0)).as_dict().values()) == {None}
