"""Losses of a predicted return against the one that came, both fractions."""

import torch
from torch.nn import functional


def mse(predicted: torch.Tensor, came: torch.Tensor) -> torch.Tensor:
    """Mean of (p - t)^2; the best prediction is the conditional mean. (B,) each."""
    return functional.mse_loss(predicted, came)


def l1(predicted: torch.Tensor, came: torch.Tensor) -> torch.Tensor:
    """Mean of |p - t|; the best prediction is the conditional median. (B,) each."""
    return functional.l1_loss(predicted, came)


def smooth_l1(predicted: torch.Tensor, came: torch.Tensor, beta: float) -> torch.Tensor:
    """Mean of d^2 / (2 beta) where d = |p - t| < beta, else d - beta / 2 (Girshick 2015)."""
    return functional.smooth_l1_loss(predicted, came, beta=beta)


def huber(predicted: torch.Tensor, came: torch.Tensor, delta: float) -> torch.Tensor:
    """Mean of d^2 / 2 where d = |p - t| <= delta, else delta (d - delta / 2) (Huber 1964)."""
    return functional.huber_loss(predicted, came, delta=delta)


def weighted_mse(predicted: torch.Tensor, came: torch.Tensor, floor: float) -> torch.Tensor:
    """Mean of (|t| + floor) (p - t)^2: large moves count more. (B,) each."""
    return ((came.abs() + floor) * (predicted - came).square()).mean()


def pinball(
    predicted: torch.Tensor, came: torch.Tensor, quantiles: tuple[float, ...]
) -> torch.Tensor:
    """Mean over rows and quantiles of max(q d, (q - 1) d), d = t - p (Koenker and Bassett 1978).

    Args:
        predicted: (B, Q), a prediction per quantile.
        came: (B,).
        quantiles: Q numbers.
    """
    missed = [came - predicted[:, column] for column in range(len(quantiles))]
    each = [
        torch.maximum(quantile * miss, (quantile - 1) * miss)
        for quantile, miss in zip(quantiles, missed, strict=True)
    ]
    return torch.stack(each).mean()
