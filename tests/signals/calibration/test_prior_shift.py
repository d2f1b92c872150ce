"""The odds that sampling and weighing added are taken off again, exactly."""

import json
from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from quantsig.data.errors import ConfigError
from quantsig.signals.calibration.prior_shift import (
    PriorShift,
    focal_log_odds,
    prior_shift,
    refuse_stacking,
)
from quantsig.signals.losses import LOSSES, LossSettings, TargetCounts, find_loss

BINARY = TargetCounts(counts=(900, 100))
ODDS = np.array([0.01, 0.5, 1.0, 7.0, 300.0])  # of the event, at its natural rate


def shift_of(name: str, settings: LossSettings, targets: TargetCounts = BINARY) -> PriorShift:
    return prior_shift(find_loss(name, settings, targets), 0.1, 0.1)


def test_sampling_is_undone_by_bayes() -> None:
    """A likelihood ratio L: posterior pi L / (pi L + 1 - pi), at 8 % and at 38 %."""
    likelihood = np.array([0.1, 1.0, 5.0, 80.0])
    natural = 0.08 * likelihood / (0.08 * likelihood + 0.92)
    sampled = 0.38 * likelihood / (0.38 * likelihood + 0.62)
    shift = PriorShift(natural_rate=0.08, sampled_rate=0.38)
    np.testing.assert_allclose(expit(shift.correct(logit(sampled))), natural, rtol=1e-12)


def test_a_weight_is_undone() -> None:
    """An event of weight 3 is seen as three events: odds times three."""
    shift = shift_of("cross_entropy", LossSettings(class_weights=3.0))
    assert shift.exact
    np.testing.assert_allclose(shift.correct(np.log(3 * ODDS)), np.log(ODDS), atol=1e-12)


def test_balanced_weights_lift_the_base_rate_to_a_half() -> None:
    """At 10 % the odds are multiplied by nine."""
    assert shift_of("weighted_cross_entropy", LossSettings()).odds_ratio == pytest.approx(9)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.9])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_the_focal_link_is_inverted(gamma: float, alpha: float) -> None:
    """What minimises the expected focal loss, found by search, gives back the true odds."""
    shift = shift_of("focal", LossSettings(focal_gamma=gamma, focal_alpha=alpha))
    for p in (0.05, 0.3, 0.5, 0.8, 0.97):

        def risk(s: float, p: float = p) -> float:
            v, rest = expit(s), expit(-s)
            event = alpha * rest**gamma * -np.log(v)
            return float(p * event + (1 - p) * (1 - alpha) * v**gamma * -np.log(rest))

        best = minimize_scalar(risk, bounds=(-30, 30), method="bounded", options={"xatol": 1e-9})
        corrected = shift.correct(np.array([best.x]))
        assert expit(corrected) == pytest.approx([p], abs=1e-5)


def test_the_link_is_finite_odd_and_rising_everywhere() -> None:
    """Log-odds of a thousand do not overflow, and no two rows change places."""
    score = np.linspace(-1e3, 1e3, 20_001)
    true = focal_log_odds(score, 2.0)
    assert np.isfinite(true).all()
    assert (np.diff(true) > 0).all()
    np.testing.assert_allclose(true, -true[::-1], atol=1e-9)


def test_sampling_to_38_percent_gives_back_the_base_rate() -> None:
    """A logistic model fitted on the resampled rows, scored on all: mean probability 8 %."""
    random = np.random.default_rng(5)
    happened = random.random(60_000) < 0.08
    feature = random.normal(size=60_000) + happened
    others = random.choice(np.flatnonzero(~happened), int(happened.sum() * 0.62 / 0.38))
    rows = np.concatenate([np.flatnonzero(happened), others])
    model = LogisticRegression(C=np.inf).fit(feature[rows, None], happened[rows])
    score = model.decision_function(feature[:, None])
    shift = PriorShift(natural_rate=float(happened.mean()), sampled_rate=0.38)
    assert expit(score).mean() > 0.25
    assert expit(shift.correct(score)).mean() == pytest.approx(happened.mean(), abs=0.002)


@pytest.mark.parametrize("name", ["dice", "soft_f1", "composite", "composite_phased"])
def test_without_a_closed_form_the_calibrator_answers(name: str) -> None:
    """The score is left as it is, and the record says why."""
    shift = shift_of(name, LossSettings())
    assert not shift.exact
    assert name in shift.reason
    score = np.array([-1.0, 2.0])
    np.testing.assert_array_equal(shift.correct(score), score)


def test_returns_have_no_odds_to_shift() -> None:
    """Every loss of returns is left to the calibrator."""
    for name, kind in LOSSES.items():
        if kind.targets == "returns":
            loss = find_loss(name, LossSettings(), TargetCounts())
            assert not prior_shift(loss, 0.1, 0.1).exact


def test_three_classes_are_exact_where_the_rest_weighs_the_same() -> None:
    """The score is the event against all others: different weights among these are unknown."""
    three = TargetCounts(counts=(20, 70, 10))
    assert shift_of("cross_entropy", LossSettings(class_weights=2.0), three).exact
    assert not shift_of("weighted_cross_entropy", LossSettings(), three).exact
    assert not shift_of("focal", LossSettings(), three).exact
    assert shift_of("focal", LossSettings(focal_gamma=0.0), three).exact


def test_the_users_stack_is_called_out() -> None:
    """9.65 % sampled to .375 and an alpha ratio of 8.5: an honest 2 % looked like one half."""
    rate = 1 / (1 + 0.6**-1 * 47.9 / 8.5)
    shift = PriorShift(natural_rate=rate, sampled_rate=0.375, alpha_ratio=8.5, gamma=2.0)
    (warning,) = shift.warnings()
    assert "sampling and focal alpha" in warning
    assert "5.6 x 8.5 = 47.9" in warning
    assert "0.5 stands for a true one near 0.02" in warning


def test_one_correction_alone_is_no_reason_to_warn() -> None:
    """Neither is none."""
    assert PriorShift(natural_rate=0.1, sampled_rate=0.375).warnings() == []
    assert shift_of("focal", LossSettings(focal_alpha=0.75)).warnings() == []
    assert shift_of("dice", LossSettings()).warnings() == []


def test_stacking_needs_consent() -> None:
    """The error names the way out."""
    shift = PriorShift(natural_rate=0.1, sampled_rate=0.375, weight_ratio=9.0)
    with pytest.raises(ConfigError, match=r"stack_corrections = true"):
        refuse_stacking(shift, consent=False)
    refuse_stacking(shift, consent=True)
    refuse_stacking(replace(shift, weight_ratio=1.0), consent=False)


def test_a_shift_survives_json() -> None:
    """Read back it is the same."""
    shift = shift_of("focal", LossSettings(focal_alpha=0.9))
    assert PriorShift(**json.loads(json.dumps(shift.as_dict()))) == shift
    assert exp(shift.log_odds) == pytest.approx(9)
    assert log(shift.odds_ratio) == shift.log_odds
