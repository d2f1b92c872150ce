"""What training minimises. To add one: a function here and a line in LOSSES."""

from collections.abc import Callable

import torch
from torch.nn import functional

from quantsig.data.errors import unknown_name

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def cross_entropy(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Mean of -log p of the true class, p the softmax of the logits.

    Args:
        logits: (B, K).
        classes: (B,) class numbers.
    """
    return functional.cross_entropy(logits, classes)


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy}


def find_loss(name: str) -> Loss:
    """The loss called `name`; an unknown name raises an error that lists the known."""
    if name not in LOSSES:
        raise unknown_name("loss", name, LOSSES, where="train.loss")
    return LOSSES[name]
