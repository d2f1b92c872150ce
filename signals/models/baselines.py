"""What every network is compared with: rules that need no pixels."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.signals.models.direct_fit import NEVER
from quantsig.signals.shape import ModelShape


class Majority(nn.Module):
    """Says the same of every sample: the log of the class shares, or the mean return."""

    answer: torch.Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.register_buffer("answer", torch.zeros(outputs))

    def forward(self, bars: torch.Tensor) -> torch.Tensor:
        """Scaled bars (B, C, N) to (B, outputs)."""
        return self.answer.expand(len(bars), -1)


class WindowDirection(nn.Module):
    """Foresees that what rose goes on rising, or, with the sign -1, that it falls.

    The window's return is that of the first timeframe, from its first open to its last close, in
    its own RMS returns per bar. The scores of the classes, lowest first, go from minus to plus
    that; of regression it is the return, stretched to the mean and deviation of the targets.
    """

    slope: torch.Tensor
    intercept: torch.Tensor

    def __init__(self, outputs: int, sign: float = 1.0) -> None:
        super().__init__()
        slope = torch.linspace(-1.0, 1.0, outputs) if outputs > 1 else torch.ones(1)
        self.sign = sign
        self.register_buffer("slope", sign * slope)
        self.register_buffer("intercept", torch.zeros(outputs))

    def forward(self, bars: torch.Tensor) -> torch.Tensor:
        """Scaled bars (B, C, N) to (B, outputs)."""
        risen = -bars[:, :1, 0].float()  # (B, 1): the scale's zero is the last close
        return risen * self.slope + self.intercept


def build_majority(shape: ModelShape) -> nn.Module:
    """Equal shares until it is fitted."""
    return Majority(shape.outputs)


def build_window_direction(shape: ModelShape) -> nn.Module:
    """For classes there is nothing to fit."""
    return WindowDirection(shape.outputs)


def build_window_reversal(shape: ModelShape) -> nn.Module:
    """The opposite: what rose in the window falls."""
    return WindowDirection(shape.outputs, sign=-1.0)


def fit_majority(
    module: nn.Module,
    inputs: NDArray[np.float32],
    targets: NDArray[np.generic],
    weights: NDArray[np.float64],
    seed: int,
) -> None:
    """Count the classes, each sample by its weight, or take the mean return."""
    assert isinstance(module, Majority)
    outputs = len(module.answer)
    if outputs == 1:
        answer = np.array([np.average(targets.astype(np.float64), weights=weights)])
    else:
        shares = np.bincount(targets.astype(np.int64), weights, outputs) / weights.sum()
        answer = np.log(np.maximum(shares, np.exp(NEVER)))
    module.answer.copy_(torch.from_numpy(answer))


def fit_window_direction(
    module: nn.Module,
    inputs: NDArray[np.float32],
    targets: NDArray[np.generic],
    weights: NDArray[np.float64],
    seed: int,
) -> None:
    """Of regression, match mean and deviation of the targets; the score always goes one way."""
    assert isinstance(module, WindowDirection)
    if len(module.slope) > 1:
        return
    risen, wanted = -inputs[:, 0, 0].astype(np.float64), targets.astype(np.float64)
    means = np.average(risen, weights=weights), np.average(wanted, weights=weights)
    spreads = [
        np.sqrt(np.average((values - mean) ** 2, weights=weights))
        for values, mean in zip((risen, wanted), means, strict=True)
    ]
    slope = module.sign * (spreads[1] / spreads[0] if min(spreads) > 0.0 else 1.0)
    module.slope.fill_(slope)
    module.intercept.fill_(means[1] - slope * means[0])
