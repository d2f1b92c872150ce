"""The contract that every loss of the table keeps, and which loss goes with what."""

import pytest
import torch

from quantsig.data.errors import ConfigError, DataError
from quantsig.signals.losses import (
    LOSSES,
    Loss,
    LossSettings,
    TargetCounts,
    find_loss,
    outputs_needed,
)

SETTINGS = LossSettings()
OF_CLASSES = [name for name, kind in LOSSES.items() if kind.targets == "classes"]
OF_RETURNS = [name for name, kind in LOSSES.items() if kind.targets == "returns"]
COUNTS = {2: (90, 10), 3: (20, 70, 10)}
RETURNS = TargetCounts()


def classes_loss(name: str, classes: int, settings: LossSettings = SETTINGS) -> Loss:
    return find_loss(name, settings, TargetCounts(counts=COUNTS[classes]), classes)


def rows(classes: int) -> torch.Tensor:
    """Every class twice."""
    return torch.arange(classes).repeat(2)


@pytest.mark.parametrize("classes", COUNTS)
@pytest.mark.parametrize("name", OF_CLASSES)
def test_a_loss_falls_when_the_right_logit_rises(name: str, classes: int) -> None:
    """A scalar, lower for the better logits, at any share of the epochs."""
    loss = classes_loss(name, classes)
    true = rows(classes)
    for share in (0.0, 0.5, 0.9):
        worse = loss(torch.zeros(len(true), classes), true, share).total
        better = loss(torch.nn.functional.one_hot(true, classes).float(), true, share).total
        assert worse.shape == ()
        assert better < worse


@pytest.mark.parametrize("size", [0.0, 1.0, 1e4])
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("classes", COUNTS)
@pytest.mark.parametrize("name", OF_CLASSES)
def test_value_and_gradient_stay_finite(name: str, classes: int, right: bool, size: float) -> None:
    """However sure the model is, and of a batch that lacks a class too."""
    loss = classes_loss(name, classes)
    true = torch.cat([rows(classes)[:-1], torch.zeros(1, dtype=torch.int64)])
    said = true if right else (true + 1) % classes
    for chosen in (slice(None), true == 0):
        logits = size * (2 * torch.nn.functional.one_hot(said[chosen], classes).float() - 1)
        logits.requires_grad_()
        value = loss(logits, true[chosen]).total
        (gradient,) = torch.autograd.grad(value, logits)
        assert value.isfinite()
        assert gradient.isfinite().all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 3.0])
def test_any_gamma_has_a_finite_gradient(gamma: float) -> None:
    """Below 1 the power of 1 - p has none at p = 1 if taken naively."""
    loss = classes_loss("focal", 2, LossSettings(focal_gamma=gamma))
    logits = torch.tensor([[-1e4, 1e4], [1e4, -1e4]], requires_grad=True)
    for true in ([1, 0], [0, 1]):
        (gradient,) = torch.autograd.grad(loss(logits, torch.tensor(true)).total, logits)
        assert gradient.isfinite().all()


@pytest.mark.parametrize("name", OF_RETURNS)
def test_a_loss_of_returns_falls_nearer_to_them(name: str) -> None:
    """A finite scalar with a finite gradient, near and far."""
    outputs = outputs_needed(name, SETTINGS, 0)
    loss = find_loss(name, SETTINGS, RETURNS, outputs)
    came = torch.tensor([0.02, -0.01, 0.0])
    values = []
    for away in (0.001, 0.5, 1e4):
        predicted = (came[:, None] + away).repeat(1, outputs).requires_grad_()
        value = loss(predicted, came.double()).total
        (gradient,) = torch.autograd.grad(value, predicted)
        assert value.shape == ()
        assert gradient.isfinite().all()
        values.append(float(value.detach()))
    assert values == sorted(values)
    assert values[-1] < float("inf")


@pytest.mark.parametrize("name", [name for name in OF_CLASSES if LOSSES[name].by_row])
def test_a_loss_by_row_is_the_mean_of_its_halves(name: str) -> None:
    """So that parts of a batch, on one process or several, add up to it."""
    torch.manual_seed(0)
    loss = classes_loss(name, 2)
    logits, true = torch.randn(6, 2), torch.tensor([0, 0, 0, 1, 0, 1])
    halves = [loss(logits[part], true[part]).total for part in (slice(3), slice(3, 6))]
    assert torch.stack(halves).mean() == pytest.approx(float(loss(logits, true).total))


def test_weights_first_used_while_judging_still_train() -> None:
    """Validation under inference mode leaves nothing behind that cannot be differentiated."""
    loss = find_loss("weighted_cross_entropy", SETTINGS, TargetCounts(counts=(7, 6)), 2)
    with torch.inference_mode():
        loss(torch.zeros(2, 2), torch.tensor([0, 1]))
    logits = torch.zeros(2, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(logits, torch.tensor([0, 1])).total, logits)
    assert gradient.abs().sum() > 0


def test_a_composite_returns_both_parts() -> None:
    """The total is .5 of each by default, and .3 to .7 later on."""
    true, logits = torch.tensor([0, 1]), torch.eye(2)
    for name, share, f1_share in (
        ("composite", 0.0, 0.5),
        ("composite", 0.9, 0.5),
        ("composite_phased", 0.29, 0.3),
        ("composite_phased", 0.3, 0.5),
        ("composite_phased", 0.79, 0.5),
        ("composite_phased", 0.8, 0.7),
        ("composite_phased", 1.0, 0.7),
        ("composite_adaptive", 0.0, 0.3),
        ("composite_adaptive", 0.5, 0.65),
        ("composite_adaptive", 1.0, 1.0),
    ):
        value = classes_loss(name, 2)(logits, true, share)
        f1, entropy = value.parts["soft_f1"], value.parts["weighted_cross_entropy"]
        assert float(value.total) == pytest.approx(float(f1_share * f1 + (1 - f1_share) * entropy))


def test_the_phases_of_ten_epochs() -> None:
    """Three at .3, five at .5, two at .7, counted exactly."""
    loss = classes_loss("composite_phased", 2)
    logits, true = torch.eye(2), torch.tensor([0, 1])
    totals = [float(loss(logits, true, epoch / 10).total) for epoch in range(10)]
    assert [totals.count(total) for total in sorted(set(totals), key=totals.index)] == [3, 5, 2]


def test_an_unknown_loss_lists_the_known() -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match=r"Did you mean focal\?[^\n]*cross_entropy"):
        find_loss("focel", SETTINGS, RETURNS)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_a_loss_of_classes_refuses_returns(name: str) -> None:
    """And lists those that fit."""
    with pytest.raises(ConfigError, match=r"for classes, and the targets are returns[^$]*pinball"):
        find_loss(name, SETTINGS, RETURNS)


@pytest.mark.parametrize("name", OF_RETURNS)
def test_a_loss_of_returns_refuses_classes(name: str) -> None:
    """And lists those that fit."""
    with pytest.raises(ConfigError, match=r"for returns, and the targets are classes[^$]*dice"):
        find_loss(name, SETTINGS, TargetCounts(counts=(1, 1)))


def test_quantiles_need_an_output_each() -> None:
    """The median is the prediction; a model with one output is refused."""
    settings = LossSettings(quantiles=(0.05, 0.25, 0.5, 0.95))
    loss = find_loss("pinball", settings, RETURNS, 4)
    assert (loss.outputs, loss.prediction_column) == (4, 2)
    with pytest.raises(ConfigError, match="needs 4 outputs of the model, which gives 1"):
        find_loss("pinball", settings, RETURNS, 1)


def test_class_weights_that_nobody_would_read_are_refused() -> None:
    """Dice has none; focal has its alpha."""
    settings = LossSettings(class_weights="balanced")
    for name, remedy in (("dice", "weighted_cross_entropy"), ("focal", "focal_alpha")):
        with pytest.raises(ConfigError, match=f"takes no class weights[^$]*{remedy}"):
            classes_loss(name, 2, settings)


def test_a_class_without_rows_cannot_be_balanced() -> None:
    """The error names it."""
    with pytest.raises(DataError, match="class 1 has no training rows"):
        find_loss("weighted_cross_entropy", SETTINGS, TargetCounts(counts=(5, 0, 3)))
