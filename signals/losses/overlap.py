"""Losses that judge a batch as a whole: how far predicted and true events overlap.

They are no mean over rows: the loss of a batch is not the mean of the losses of its halves, and
no score they lead to is a probability, before a calibrator made it one.
"""

import torch
from torch.nn import functional


def dice(logits: torch.Tensor, classes: torch.Tensor, smooth: float) -> torch.Tensor:
    """1 - (2 sum(y p) + s) / (sum(y^2) + sum(p^2) + s) over the batch.

    The squared form of Milletari et al. 2016 (V-Net) with smoothing. With two classes y and p
    are the event's, the last class; with more it is the mean of each class against the rest.

    Args:
        logits: (B, K).
        classes: (B,) class numbers.
        smooth: s, above 0.
    """
    true, p = _memberships(logits, classes)  # (B, K) each
    if logits.shape[1] == 2:
        true, p = true[:, -1:], p[:, -1:]
    overlap = 2 * (true * p).sum(dim=0) + smooth
    size = true.square().sum(dim=0) + p.square().sum(dim=0) + smooth
    return (1 - overlap / size).mean()


def soft_f1(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """1 - mean over the classes of F1 with soft counts.

    TP = sum(y p), FP = sum((1 - y) p), FN = sum(y (1 - p)), F1 = 2 TP / (2 TP + FP + FN), each
    class against the rest, whatever their number (macro F1; after Benedict et al. 2021,
    "sigmoidF1"). A class that a batch does not hold has an F1 of 0 and no gradient there.

    Args:
        logits: (B, K).
        classes: (B,) class numbers.
    """
    true, p = _memberships(logits, classes)  # (B, K) each
    hits = (true * p).sum(dim=0)
    false_alarms = ((1 - true) * p).sum(dim=0)
    misses = (true * (1 - p)).sum(dim=0)
    smallest = torch.finfo(p.dtype).tiny
    f1 = 2 * hits / (2 * hits + false_alarms + misses).clamp_min(smallest)
    return 1 - f1.mean()


def _memberships(logits: torch.Tensor, classes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What is true, 0 or 1, and what is predicted, 0..1."""
    true = classes[:, None] == torch.arange(logits.shape[1], device=logits.device)
    return true.to(logits.dtype), functional.softmax(logits, dim=1)
