"""Channels in their own means and deviations, which are learnt from training rows alone."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.signals.inputs.feed import SCORED_AT_ONCE, Feed
from quantsig.signals.inputs.parts import cut, mapped

AT_ONCE = 4096  # sequences in memory
STILL = 1e-9  # deviation of a channel that does not vary, over its mean


class Standardisation(nn.Module):
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

    def set_statistics(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        """Set both, (C,) each; a channel that does not vary is left as wide as it is."""
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(torch.where(deviation > 0, deviation, 1.0)[:, None])


def standardisation(channels: int, wanted: bool) -> nn.Module:
    """The layer that a network begins with; one that does nothing where it is not wanted."""
    return Standardisation(channels) if wanted else nn.Identity()


def fit_standardisation(model: nn.Module, feed: Feed, rows: NDArray[np.int64]) -> None:
    """Give every `Standardisation` of a network the mean and deviation of its training rows.

    Args:
        model: a network without such layers is left as it is, and nothing is drawn for it.
        feed: draws what it reads.
        rows: ids of the training rows.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, Standardisation)]
    if not layers:
        return
    sums = np.zeros((2, len(layers[0].mean)))
    counted = 0
    for values in _sequences(feed, rows):
        sums += values.sum(axis=(0, 2)), (values**2).sum(axis=(0, 2))
        counted += values.shape[0] * values.shape[2]
    mean, square = sums / counted
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    still = deviation < STILL * np.abs(mean)  # but for rounding
    for layer in layers:
        layer.set_statistics(
            torch.from_numpy(mean), torch.from_numpy(np.where(still, 0.0, deviation))
        )


def _sequences(feed: Feed, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    """What the rows' sequences are (b, C, N), some at a time; each unit is drawn once."""
    drawn_by = feed.units_of(rows)
    at_once = min(len(drawn_by), max(1, AT_ONCE * feed.scored_at_once // SCORED_AT_ONCE))
    drawn = feed.buffer(at_once, pinned=False)
    for start in range(0, len(drawn_by), at_once):
        ids = drawn_by[start : start + at_once]
        part = mapped(cut(drawn, 0, len(ids)), torch.Tensor.numpy)
        feed.draw(ids, part)
        found = feed.sequences(part) if feed.sequences else part
        yield found.astype(np.float64)
