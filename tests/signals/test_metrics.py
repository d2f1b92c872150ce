"""Figures of scores, against numbers worked out by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import metrics as oracle

from quantsig.signals.metrics import (
    baselines,
    best_f1_threshold,
    decision_metrics,
    event_log_loss,
    event_metrics,
    event_score,
    regression_metrics,
)


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


def rows(seed: int, count: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Events, coarse scores with many ties, and returns of which some are not known."""
    random = np.random.default_rng(seed)
    happened = random.random(count) < 0.15
    score = np.round(random.normal(size=count) + happened, 1)
    returns = np.where(random.random(count) < 0.1, np.nan, random.normal(size=count))
    return happened, score, returns


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.7, 1.5])
def test_figures_are_scikit_learns(threshold: float) -> None:
    """At any threshold."""
    happened, score, returns = rows(1)
    ours = event_metrics(happened, score, returns, threshold=threshold)
    chosen = score >= threshold
    assert ours.average_precision == pytest.approx(oracle.average_precision_score(happened, score))
    assert ours.roc_auc == pytest.approx(oracle.roc_auc_score(happened, score))
    assert ours.accuracy == pytest.approx(oracle.accuracy_score(happened, chosen))
    assert ours.precision == pytest.approx(oracle.precision_score(happened, chosen))
    assert ours.recall == pytest.approx(oracle.recall_score(happened, chosen))
    assert ours.f1 == pytest.approx(oracle.f1_score(happened, chosen))
    assert ours.mcc == pytest.approx(oracle.matthews_corrcoef(happened, chosen))
    assert ours.expectancy == pytest.approx(np.nanmean(returns[chosen]))


def test_a_choice_of_all_or_none_has_no_correlation() -> None:
    """And nothing is earned where nothing is chosen, or nothing known."""
    happened, _, returns = rows(2)
    nothing = decision_metrics(happened, np.zeros(300, dtype=bool), returns)
    assert (nothing.mcc, nothing.precision, nothing.expectancy) == (None, None, None)
    everything = decision_metrics(happened, np.ones(300, dtype=bool), np.full(300, np.nan))
    assert (everything.mcc, everything.recall, everything.expectancy) == (None, 1.0, None)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_f1_is_the_highest_of_all_scores(seed: int) -> None:
    """Against scikit-learn's F1 at each score in turn; of equals the highest score."""
    happened, score, _ = rows(seed)
    by_score = {at: oracle.f1_score(happened, score >= at) for at in np.unique(score)}
    best = max(by_score.values())
    assert best_f1_threshold(happened, score) == max(
        at for at, f1 in by_score.items() if f1 == pytest.approx(best)
    )


def test_without_an_event_no_threshold_is_best() -> None:
    """None, not a number that means nothing."""
    assert best_f1_threshold(np.zeros(3, dtype=bool), np.arange(3.0)) is None


def test_returns_are_judged_as_scikit_learn_and_scipy_do() -> None:
    """With ties among them."""
    random = np.random.default_rng(4)
    came = np.round(random.normal(size=200), 1)
    predicted = np.round(came / 2 + random.normal(size=200), 1)
    ours = regression_metrics(came, predicted)
    assert ours.r2 == pytest.approx(oracle.r2_score(came, predicted))
    assert ours.rank_correlation == pytest.approx(spearmanr(came, predicted).statistic)
    assert ours.mean_absolute_error == pytest.approx(oracle.mean_absolute_error(came, predicted))


def test_constant_returns_explain_nothing() -> None:
    """No spread to explain, no ranks to compare; and no rows, no figures."""
    constant = regression_metrics(np.ones(3), np.arange(3.0))
    assert (constant.r2, constant.rank_correlation) == (None, None)
    empty = regression_metrics(np.empty(0), np.empty(0))
    assert empty.as_dict() == {
        "samples": 0,
        "r2": None,
        "rank_correlation": None,
        "mean_absolute_error": None,
    }


def test_baselines_by_hand() -> None:
    """One event in four; the window agreed with it and once more."""
    lines = baselines(np.array([True, False, False, False]), np.array([True, True, False, False]))
    assert lines.base_rate == 0.25
    assert lines.entropy == pytest.approx(-0.25 * np.log(0.25) - 0.75 * np.log(0.75))
    assert lines.majority_accuracy == 0.75
    assert lines.window_accuracy == 0.75
    assert lines.window_precision == 0.5
    assert lines.window_recall == 1.0


def test_baselines_of_one_side_and_of_nothing() -> None:
    """What is certain has no entropy; without rows there is no line."""
    assert baselines(np.ones(3, dtype=bool)).entropy == 0.0
    assert set(baselines(np.empty(0, dtype=bool)).as_dict().values()) == {None}


def test_the_log_loss_is_scikit_learns() -> None:
    """And that of saying the base rate is its entropy; huge scores do not overflow."""
    happened, score, _ = rows(6)
    expected = oracle.log_loss(happened, 1 / (1 + np.exp(-score)))
    assert event_log_loss(happened, score) == pytest.approx(expected)
    rate = happened.mean()
    said = np.full(len(happened), np.log(rate / (1 - rate)))
    assert event_log_loss(happened, said) == pytest.approx(baselines(happened).entropy)
    assert event_log_loss(np.array([True, False]), np.array([-1e4, 0.0])) > 4999
