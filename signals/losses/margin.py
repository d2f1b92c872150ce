"""Losses that ask the true class to lead by a margin."""

import torch


def hinge(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Mean over the rows of max(0, 1 - (z_y - z_j)), averaged over the other classes j.

    With two classes it is the hinge of a support vector machine on the difference of the logits
    (Cortes and Vapnik 1995), with more that of Weston and Watkins 1999 over their number less 1.

    Args:
        logits: (B, K).
        classes: (B,) class numbers.
    """
    true = logits.gather(1, classes[:, None])  # (B, 1)
    short = (1.0 - true + logits).clamp(min=0.0)  # (B, K), 1 for the true class itself
    return ((short.sum(dim=1) - 1.0) / (logits.shape[1] - 1)).mean()
