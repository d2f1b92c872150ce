"""Losses that judge the probability of the true class, row by row."""

from functools import lru_cache

import torch
from torch.nn import functional

from quantsig.signals.losses.class_weights import ClassWeights


def cross_entropy(
    logits: torch.Tensor, classes: torch.Tensor, weights: ClassWeights
) -> torch.Tensor:
    """Mean over the rows of -w_y log p_y, p the softmax of the logits.

    With weights whose mean over the training rows is 1 this is torch's weighted mean there. It
    is not divided by the weights of the batch, as torch does: that would weigh a rare class
    less in a batch without it, and a batch in two halves would no longer be the mean of both.

    Args:
        logits: (B, K).
        classes: (B,) class numbers.
        weights: one per class.
    """
    each = functional.cross_entropy(logits, classes, reduction="none")  # (B,)
    return (each * _on(weights, logits.device, logits.dtype)[classes]).mean()


def focal(
    logits: torch.Tensor, classes: torch.Tensor, alpha: ClassWeights, gamma: float
) -> torch.Tensor:
    """Mean over the rows of -alpha_y (1 - p_y)^gamma log p_y (Lin et al. 2017).

    p is the softmax over any number of classes; with two it is the published loss of the
    difference of the logits. 1 - p_y is taken from the logarithms of the other classes, so
    that value and gradient stay finite at any logits.

    Args:
        logits: (B, K).
        classes: (B,) class numbers.
        alpha: one per class.
        gamma: 0 or more.
    """
    log_p = functional.log_softmax(logits, dim=1)
    true = classes[:, None] == torch.arange(logits.shape[1], device=logits.device)  # (B, K)
    log_true = log_p.gather(1, classes[:, None])[:, 0]  # (B,)
    log_rest = log_p.masked_fill(true, -torch.inf).logsumexp(dim=1)  # log(1 - p_y)
    each = -torch.exp(gamma * log_rest) * log_true
    return (each * _on(alpha, logits.device, logits.dtype)[classes]).mean()


@lru_cache(maxsize=16)
def _on(weights: ClassWeights, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """The weights as a tensor, (K,); kept, so that a step does not wait for the copy."""
    with torch.inference_mode(False):  # first asked for while judging, it must still train
        return torch.tensor(weights, device=device, dtype=dtype)
