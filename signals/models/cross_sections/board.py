"""A cross-section as a board: symbols on y, bars on x, a plane for each channel."""

import torch
from torch import nn

from quantsig.signals.models.sequences.standardisation import standardisation


class AsBoard(nn.Module):
    """Standardised planes, in which an absent symbol is a row of zeros."""

    def __init__(self, channels: int, *, standardise: bool) -> None:
        super().__init__()
        self.standardised = standardisation(channels, standardise)

    def forward(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Sequences (U, S, C, N) to planes (U, C, S, N), and who is there, (U, 1, S, 1)."""
        sequences = inputs["sequences"].float()
        units, slots, channels, bars = sequences.shape
        there = inputs["present"].to(sequences.dtype)[:, None, :, None]
        planes = self.standardised(sequences.reshape(-1, channels, bars))
        planes = planes.reshape(units, slots, channels, bars).transpose(1, 2)
        return planes * there, there
