"""The adversary of a training: what it adds to the loss, and what it leaves alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import AdversarialSettings, Plan, TrainSettings
from quantsig.signals.training.setup import find_setup
from quantsig.signals.training.steps.adversary import disturbance, judged_with_adversary

ONCE = TrainSettings(model="lstm", epochs=1, batch_size=64, seed=2)


class Linear(nn.Module):
    """A latent of two numbers, and a score that is linear in it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(3, 2), nn.Linear(2, 1, bias=False)

    def represent(self, inputs: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.first(inputs)
        return found

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(latent)
        return found


def squares(targets: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda scores: ((scores[:, 0] - targets) ** 2).mean()


def test_the_disturbed_loss_by_hand() -> None:
    """Of a linear score the gradient is a multiple of its weights w: the score moves by eps |w|."""
    torch.manual_seed(0)
    model, inputs, targets = Linear(), torch.randn(5, 3), torch.randn(5)
    settings = AdversarialSettings(weight=0.5, epsilon=0.2)
    judged = judged_with_adversary(model, inputs, squares(targets), settings)
    scores = model.judge(model.represent(inputs))
    torch.testing.assert_close(judged.outputs, scores)
    away = scores[:, 0] - targets
    further = away + 0.2 * model.head.weight.norm() * away.sign()
    expected = (away**2).mean() + 0.5 * (further**2).mean()
    torch.testing.assert_close(judged.total, expected)


def test_a_disturbance_has_its_length_and_no_gradient() -> None:
    """Row by row; a row without a gradient is left where it is."""
    latent = torch.randn(4, 2, requires_grad=True)
    moved = disturbance((latent[:3] ** 2).sum(), latent, 0.3)
    assert not moved.requires_grad
    torch.testing.assert_close(moved.norm(dim=1), torch.tensor([0.3, 0.3, 0.3, 0.0]))


def test_it_changes_what_is_learnt_and_its_absence_nothing(
    planted: SampleSet, tmp_path: Path
) -> None:
    """Another trial and other weights; with weight 0 the same trial as without a word of it."""
    plain = train(planted, tmp_path / "plain", Plan(train=ONCE), SplitSpec())
    still = replace(Plan(train=ONCE), adversarial=AdversarialSettings())
    assert find_setup(planted, still, SplitSpec(), "cpu").plan == Plan(train=ONCE)
    against = replace(still, adversarial=AdversarialSettings(weight=0.5))
    other = train(planted, tmp_path / "other", against, SplitSpec())
    assert other.record.trial_id != plain.record.trial_id
    weights = [(run.path / "model.safetensors").read_bytes() for run in (plain, other)]
    assert weights[0] != weights[1]


def test_a_network_without_a_latent_is_refused(planted: SampleSet) -> None:
    """Before anything is trained."""
    plan = Plan(train=replace(ONCE, model="small"), adversarial=AdversarialSettings(weight=0.1))
    with pytest.raises(ConfigError, match="small has no latent"):
        find_setup(planted, plan, SplitSpec(), "cpu")
