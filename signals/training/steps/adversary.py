"""Training against small disturbances of what a network made of its input.

Feng et al. (IJCAI 2019), "Enhancing stock movement prediction with adversarial training": the
latent e of a row is moved by r = epsilon g / |g|, where g is the gradient of the loss by e, and the
loss of what is judged there is added, times a weight. r carries no gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import torch
from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.signals.inputs.parts import Inputs
from quantsig.signals.training.settings import AdversarialSettings

SMALLEST = 1e-30  # norm of a gradient that has a direction


@runtime_checkable
class LatentModel(Protocol):
    """A network in two parts: what it makes of its input, and how it judges that."""

    def represent(self, inputs: Inputs) -> torch.Tensor:
        """Inputs (B, ...) to latents (B, H), or (U, S, H) of shared ones."""
        ...

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """Latents to scores (B, K), or (U, S, K)."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedTwice:
    """Scores of a batch, and the loss with its adversary's share."""

    outputs: torch.Tensor  # (B, K)
    total: torch.Tensor  # a scalar


def judged_with_adversary(
    model: LatentModel,
    inputs: Inputs,
    loss: Callable[[torch.Tensor], torch.Tensor],
    settings: AdversarialSettings,
) -> JudgedTwice:
    """The scores of a batch, and its loss with that of the disturbed latents added.

    Args:
        model: judges a latent twice.
        inputs: (B, ...).
        loss: of scores (B, K), a scalar.
        settings: size and weight.
    """
    latent = model.represent(inputs)
    outputs = model.judge(latent)
    plain = loss(outputs)
    disturbed = latent + disturbance(plain, latent, settings.epsilon)
    total = plain + settings.weight * loss(model.judge(disturbed))
    return JudgedTwice(outputs=outputs, total=total)


def disturbance(loss: torch.Tensor, latent: torch.Tensor, epsilon: float) -> torch.Tensor:
    """(B, H) of length epsilon in the direction in which a row's loss grows; no gradient in it."""
    (gradient,) = torch.autograd.grad(loss, latent, retain_graph=True)
    norm = gradient.norm(dim=-1, keepdim=True)
    moved: torch.Tensor = epsilon * gradient.detach() / norm.clamp(min=SMALLEST)
    return moved


def judging(model: nn.Module, name: str) -> LatentModel:
    """The model as one that can be trained against an adversary.

    Raises:
        ConfigError: it has no latent.
    """
    if not isinstance(model, LatentModel):
        raise ConfigError(
            phrase("{name} has no latent that could be disturbed.", name=name),
            where="adversarial.weight",
            remedy="Set it to 0, or use a network of sequences or cross-sections, such as alstm.",
        )
    return cast(LatentModel, model)
