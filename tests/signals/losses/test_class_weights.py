"""Weights of classes, by hand."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from quantsig.data.errors import ConfigError, DataError
from quantsig.signals.loss_settings import LossSettings
from quantsig.signals.losses.class_weights import (
    TargetCounts,
    class_weights,
    focal_alpha,
    target_counts,
)

TARGETS = TargetCounts(counts=(90, 10), mean_gain=0.06, mean_loss=0.02)


def test_balanced_weights_are_scikit_learns() -> None:
    """N / (K * count)."""
    classes = np.repeat([0, 1, 2], [20, 70, 10])
    oracle = compute_class_weight("balanced", classes=np.arange(3), y=classes)
    ours = class_weights("balanced", TargetCounts(counts=(20, 70, 10)))
    assert ours == pytest.approx(oracle.tolist())


@pytest.mark.parametrize(("weighting", "ratio"), [("none", 1), (1.6, 1.6), ("profit_loss", 3)])
def test_the_event_weighs_so_many_times_the_rest(weighting: str | float, ratio: float) -> None:
    """And the mean over the training rows is 1."""
    rest, event = class_weights(weighting, TARGETS)
    assert event / rest == pytest.approx(ratio)
    assert 0.9 * rest + 0.1 * event == pytest.approx(1)


def test_gains_and_losses_are_counted_apart() -> None:
    """Zero and unknown returns are neither."""
    returns = np.array([0.04, 0.02, -0.01, 0.0, np.nan])
    targets = target_counts(np.array([1, 0, 0, 0, 0]), 3, returns)
    assert targets.counts == (4, 1, 0)
    assert targets.mean_gain == pytest.approx(0.03)
    assert targets.mean_loss == pytest.approx(0.01)


def test_returns_have_no_classes() -> None:
    """The class numbers are not looked at."""
    assert target_counts(np.array([-1, -1]), 0, np.array([0.1, -0.1])).classes == 0


def test_without_losses_there_is_no_ratio() -> None:
    """The error says what to do."""
    with pytest.raises(DataError, match="a number"):
        class_weights("profit_loss", TargetCounts(counts=(1, 1), mean_gain=0.1))


def test_alpha_is_the_events_share() -> None:
    """As in the paper, or one number per class."""
    assert focal_alpha(LossSettings(focal_alpha=0.9), 3) == pytest.approx((0.1, 0.1, 0.9))
    assert focal_alpha(LossSettings(focal_alpha=(1.0, 2.0)), 2) == (1.0, 2.0)
    with pytest.raises(ConfigError, match="2 alphas for 3 classes"):
        focal_alpha(LossSettings(focal_alpha=(1.0, 2.0)), 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("class_weights", "balance"),
        ("class_weights", 0.0),
        ("class_weights", "-1"),
        ("class_weights", float("nan")),
        ("focal_gamma", -1.0),
        ("focal_alpha", 1.0),
        ("focal_alpha", (1.0, 0.0)),
        ("dice_smooth", 0.0),
        ("composite_f1_share", 1.1),
        ("adaptive_f1_share", -0.1),
        ("smooth_l1_beta", 0.0),
        ("huber_delta", float("inf")),
        ("weighted_mse_floor", 0.0),
        ("quantiles", (0.1, 0.9)),
        ("quantiles", (0.5, 0.1)),
        ("quantiles", (0.5, 1.0)),
        ("l1_penalty", -0.1),
        ("l2_penalty", float("nan")),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(field: str, value: object) -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match=f"loss.{field}"):
        LossSettings(**{field: value})  # type: ignore[arg-type]


def test_a_number_as_text_is_a_number() -> None:
    """The environment knows only text."""
    assert LossSettings(class_weights="1.6") == LossSettings(class_weights=1.6)
