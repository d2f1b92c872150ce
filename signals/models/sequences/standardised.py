"""Channels in their own means and deviations, which are learnt from training rows alone."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.signals.inputs.feed import Feed

AT_ONCE = 4096  # sequences in memory
STILL = 1e-9  # deviation of a channel that does not vary, over its mean


class Standardised(nn.Module):
    """Subtracts a mean and divides by a deviation, channel by channel; changes nothing at first.

    Both are stored with the weights, so there is nothing to fit where the model scores.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1))
        self.register_buffer("deviation", torch.ones(channels, 1))

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to the same."""
        return (sequence - self.mean) / self.deviation

    def settle(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        """Set both, (C,) each; a channel that does not vary is left as wide as it is."""
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(torch.where(deviation > 0, deviation, 1.0)[:, None])


def standardised(channels: int, wanted: bool) -> nn.Module:
    """The layer that a network begins with; one that does nothing where it is not wanted."""
    return Standardised(channels) if wanted else nn.Identity()


def settle(model: nn.Module, feed: Feed, rows: NDArray[np.int64]) -> None:
    """Give every `Standardised` of a network the mean and deviation of its training rows.

    Args:
        model: a network without such layers is left as it is, and nothing is drawn for it.
        feed: draws what it reads.
        rows: ids of the training rows.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, Standardised)]
    if not layers:
        return
    sums = np.zeros((2, feed.shape[0]))
    drawn = np.empty((min(len(rows), AT_ONCE), *feed.shape), feed.dtype)
    for start in range(0, len(rows), AT_ONCE):
        part = drawn[: len(rows) - start]
        feed.draw(rows[start : start + AT_ONCE], part)
        values = part.astype(np.float64)  # (b, C, N)
        sums += values.sum(axis=(0, 2)), (values**2).sum(axis=(0, 2))
    mean, square = sums / (len(rows) * feed.shape[1])
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    still = deviation < STILL * np.abs(mean)  # but for rounding
    for layer in layers:
        layer.settle(torch.from_numpy(mean), torch.from_numpy(np.where(still, 0.0, deviation)))
