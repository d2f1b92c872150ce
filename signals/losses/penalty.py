"""What large weights cost, beside the loss."""

from collections.abc import Iterable

import torch
from torch import nn

from quantsig.signals.loss_settings import LossSettings


def weight_penalty(
    parameters: Iterable[torch.Tensor], settings: LossSettings
) -> torch.Tensor | None:
    """l1 * sum |w| + l2 * sum w^2 over the parameters that train; None where both are 0.

    L1 as in Tibshirani 1996, L2 as in Hoerl and Kennard 1970. The l2 here goes through the
    gradient, so an adaptive optimiser divides it by the size of the gradients; the weight decay
    of AdamW does not (Loshchilov and Hutter 2019). Added per optimiser step, not per part of a
    batch.
    """
    if not settings.l1_penalty and not settings.l2_penalty:
        return None
    trained = [weight for weight in parameters if weight.requires_grad]
    absolute = torch.stack([weight.abs().sum() for weight in trained]).sum()
    square = torch.stack([weight.square().sum() for weight in trained]).sum()
    return settings.l1_penalty * absolute + settings.l2_penalty * square


def head_penalty(model: nn.Module, settings: LossSettings) -> None:
    """Add the gradient of head_penalty / 2 * sum w^2 over the last linear layer to its weights.

    As in Feng et al. (IJCAI 2019), whose one score is the difference of two logits here: of equal
    and opposite weights half as large, which is where two logits come to rest, the sum is half of
    theirs. Once per optimiser step, and nothing where it is 0 or there is no such layer.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not settings.head_penalty or not layers:
        return
    for weight in layers[-1].parameters():
        if weight.grad is not None:
            weight.grad += settings.head_penalty * weight.detach()
