"""What a forward pass may give while it trains: scores, and a penalty that is added to the loss."""

from typing import NamedTuple

import torch


class PenalisedScores(NamedTuple):
    """Scores with what their making cost, such as a divergence or an auxiliary loss.

    In evaluation mode a network gives its scores alone.
    """

    scores: torch.Tensor  # (B, K), or (U, S, K)
    penalty: torch.Tensor | None = None  # a scalar, a mean over the batch


def scored(outputs: torch.Tensor | PenalisedScores) -> PenalisedScores:
    """Either form as one."""
    return outputs if isinstance(outputs, PenalisedScores) else PenalisedScores(outputs)
