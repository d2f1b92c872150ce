"""Losses against numbers worked out by hand, torch, torchvision and scikit-learn."""

from math import log

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_pinball_loss
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from quantsig.signals.losses import (
    LossSettings,
    TargetCounts,
    find_loss,
)
from quantsig.signals.losses.entropy import cross_entropy, focal
from quantsig.signals.losses.overlap import dice, soft_f1
from quantsig.signals.losses.penalty import head_penalty, weight_penalty
from quantsig.signals.losses.returns import huber, l1, mse, pinball, smooth_l1, weighted_mse

EVEN = torch.zeros(4, 2)
ONE_EVENT = torch.tensor([0, 0, 0, 1])


def random_rows(classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(3)
    logits = 3 * torch.randn(50, classes, generator=random, dtype=torch.float64)
    return logits, torch.randint(classes, (50,), generator=random)


def test_cross_entropy_of_even_odds_is_log_two() -> None:
    """By hand: -log(1/2)."""
    assert float(cross_entropy(EVEN, ONE_EVENT, (1.0, 1.0))) == pytest.approx(log(2))


def test_a_weighted_row_counts_as_often() -> None:
    """By hand: three rows at p = 3/4 and one at 1/4 of weight 5."""
    logits = torch.tensor([[log(3), 0.0]]).repeat(4, 1)
    expected = (3 * -log(3 / 4) + 5 * -log(1 / 4)) / 4
    assert float(cross_entropy(logits, ONE_EVENT, (1.0, 5.0))) == pytest.approx(expected)


@pytest.mark.parametrize("classes", [2, 3])
def test_weights_over_the_training_rows_are_torchs(classes: int) -> None:
    """Both divide by the same there: our weights have a mean of 1."""
    logits, true = random_rows(classes)
    targets = TargetCounts(counts=tuple(torch.bincount(true).tolist()))
    for weighting in ("balanced", 1.6):
        loss = find_loss("cross_entropy", LossSettings(class_weights=weighting), targets)
        weight = torch.tensor(loss.weights, dtype=torch.float64)
        oracle = functional.cross_entropy(logits, true, weight=weight)
        assert float(loss(logits, true).total) == pytest.approx(float(oracle))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("alpha", [0.25, 0.9])
def test_binary_focal_is_torchvisions(alpha: float, gamma: float) -> None:
    """Of the difference of the two logits."""
    logits, true = random_rows(2)
    settings = LossSettings(focal_alpha=alpha, focal_gamma=gamma)
    loss = find_loss("focal", settings, TargetCounts(counts=(45, 5)))
    oracle = sigmoid_focal_loss(
        logits[:, 1] - logits[:, 0], true.double(), alpha=alpha, gamma=gamma, reduction="mean"
    )
    assert float(loss(logits, true).total) == pytest.approx(float(oracle))


def test_focal_of_three_classes_by_hand() -> None:
    """p = (1/2, 1/4, 1/4), true class 1: 2 * (3/4)^2 * log 4."""
    logits = torch.tensor([[log(2), 0.0, 0.0]])
    value = focal(logits, torch.tensor([1]), (1.0, 2.0, 3.0), 2.0)
    assert float(value) == pytest.approx(2 * (3 / 4) ** 2 * log(4))


def test_focal_without_gamma_is_cross_entropy() -> None:
    """The power vanishes."""
    logits, true = random_rows(3)
    ours = focal(logits, true, (1.0, 1.0, 1.0), 0.0)
    assert float(ours) == pytest.approx(float(functional.cross_entropy(logits, true)))


def test_dice_by_hand() -> None:
    """Four rows at p = 1/2, one event, s = 1: overlap 1 + 1, size 1 + 1 + 1."""
    assert float(dice(EVEN, ONE_EVENT, 1.0)) == pytest.approx(1 - 2 / 3)


def test_dice_of_three_classes_is_their_mean() -> None:
    """Two rows of classes 0 and 1 at p = 1/3; sum p^2 is 2/9."""
    value = dice(torch.zeros(2, 3), torch.tensor([0, 1]), 1.0)
    held, absent = (2 / 3 + 1) / (1 + 2 / 9 + 1), 1 / (2 / 9 + 1)
    assert float(value) == pytest.approx(1 - (2 * held + absent) / 3)


def test_soft_f1_by_hand() -> None:
    """At p = 1/2: class 0 has TP 1.5, FP .5, FN 1.5, class 1 TP .5, FP 1.5, FN .5."""
    expected = 1 - (3 / (3 + 2) + 1 / (1 + 2)) / 2
    assert float(soft_f1(EVEN, ONE_EVENT)) == pytest.approx(expected)


def test_soft_f1_of_sure_predictions_is_macro_f1() -> None:
    """Three classes, certain: F1 of 2/3, 2/3 and 1."""
    said = functional.one_hot(torch.tensor([0, 1, 1, 2]), 3) * 100.0
    value = soft_f1(said, torch.tensor([0, 0, 1, 2]))
    assert float(value) == pytest.approx(1 - (2 / 3 + 2 / 3 + 1) / 3)


PREDICTED, CAME = torch.tensor([0.0, 3.0]), torch.tensor([0.5, 1.0])


def test_losses_of_returns_by_hand() -> None:
    """Misses of .5 and 2, the second of a target of 1."""
    assert float(mse(PREDICTED, CAME)) == pytest.approx((0.25 + 4) / 2)
    assert float(l1(PREDICTED, CAME)) == pytest.approx((0.5 + 2) / 2)
    assert float(smooth_l1(PREDICTED, CAME, 1.0)) == pytest.approx((0.125 + 1.5) / 2)
    assert float(smooth_l1(PREDICTED, CAME, 0.4)) == pytest.approx((0.3 + 1.8) / 2)
    assert float(huber(PREDICTED, CAME, 1.0)) == pytest.approx((0.125 + 1.5) / 2)
    assert float(huber(PREDICTED, CAME, 0.4)) == pytest.approx((0.4 * 0.3 + 0.4 * 1.8) / 2)
    assert float(weighted_mse(PREDICTED, CAME, 0.1)) == pytest.approx((0.6 * 0.25 + 1.1 * 4) / 2)


def test_pinball_is_scikit_learns() -> None:
    """The mean over the three quantiles."""
    random = np.random.default_rng(1)
    predicted, came = random.normal(size=(40, 3)), random.normal(size=40)
    ours = pinball(torch.from_numpy(predicted), torch.from_numpy(came), (0.1, 0.5, 0.9))
    oracle = [
        mean_pinball_loss(came, predicted[:, column], alpha=quantile)
        for column, quantile in enumerate((0.1, 0.5, 0.9))
    ]
    assert float(ours) == pytest.approx(float(np.mean(oracle)))


def test_penalties_by_hand() -> None:
    """Weights 3 and -4: .01 * 7 and .01 * 25; what is frozen is free."""
    weights = [torch.tensor([3.0], requires_grad=True), torch.tensor([-4.0], requires_grad=True)]
    frozen = torch.tensor([100.0])
    for settings, expected in (
        (LossSettings(l1_penalty=0.01), 0.07),
        (LossSettings(l2_penalty=0.01), 0.25),
        (LossSettings(l1_penalty=0.01, l2_penalty=0.01), 0.32),
    ):
        value = weight_penalty([*weights, frozen], settings)
        assert value is not None
        assert float(value.detach()) == pytest.approx(expected)
    assert weight_penalty(weights, LossSettings()) is None


def test_hinge_by_hand() -> None:
    """The true class must lead by one: by 2 it costs nothing, by .25 it costs .75, behind more."""
    loss = find_loss("hinge", LossSettings(), TargetCounts(counts=(3, 3)))
    logits = torch.tensor([[0.0, 2.0], [0.0, 0.25], [0.5, -1.0]])
    found = loss(logits, torch.tensor([1, 1, 1])).total
    assert found.item() == pytest.approx((0.0 + 0.75 + 2.5) / 3)
    three = find_loss("hinge", LossSettings(), TargetCounts(counts=(3, 3, 3)))
    logits = torch.tensor([[1.0, 0.5, -3.0]])
    assert three(logits, torch.tensor([0])).total.item() == pytest.approx(0.5 / 2)


def test_the_head_alone_is_penalised() -> None:
    """The gradient of half the square of its weights and biases, times the penalty."""
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 2))
    net(torch.ones(1, 2)).sum().backward()
    before = [weight.grad.clone() for weight in net.parameters() if weight.grad is not None]
    head_penalty(net, LossSettings(head_penalty=0.5))
    for place, (weight, grad) in enumerate(zip(net.parameters(), before, strict=True)):
        more = 0.5 * weight.detach() if place >= 2 else torch.zeros_like(weight)
        torch.testing.assert_close(weight.grad, grad + more)
