"""The residual trunk of AlphaGo Zero on the board of symbols and bars.

Silver et al. 2017, "Mastering the game of Go without human knowledge": a convolution of 3 x 3,
then blocks of two with a way around, all with batch normalisation, and no pooling; 256 filters and
19 blocks there. The head is one of 1 x 1 that scores each symbol at the newest bar.
"""

import torch
from torch import nn

from quantsig.signals.models.cross_sections.board import AsBoard
from quantsig.signals.models.cross_sections.settings import PanelTowerSettings
from quantsig.signals.shape import ModelShape


def _convolution(channels: int, filters: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters)
    )


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.first, self.second = _convolution(filters, filters), _convolution(filters, filters)

    def forward(self, planes: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Planes (U, F, S, N) to the same."""
        found = self.second(torch.relu(self.first(planes)) * there)
        return torch.relu(planes + found) * there


class PanelTower(nn.Module):
    """The stem, the blocks, and the newest bar of each symbol."""

    def __init__(self, shape: ModelShape, settings: PanelTowerSettings) -> None:
        super().__init__()
        filters, channels = settings.hidden_size, shape.scaled_channels
        self.board = AsBoard(channels, standardise=settings.standardise)
        self.stem = _convolution(channels, filters)
        self.blocks = nn.ModuleList(Block(filters) for _ in range(settings.layers))
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(filters, shape.outputs)

    def represent(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """A cross-section to what is judged, (U, S, F)."""
        planes, there = self.board(inputs)
        planes = torch.relu(self.stem(planes)) * there
        for block in self.blocks:
            planes = block(planes, there)
        newest: torch.Tensor = planes[..., -1]
        return newest.transpose(1, 2)

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """What was represented to scores (U, S, K); a convolution of 1 x 1."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """A cross-section to scores (U, S, K)."""
        return self.judge(self.represent(inputs))


def build(shape: ModelShape, settings: PanelTowerSettings) -> nn.Module:
    """Fresh weights."""
    return PanelTower(shape, settings)
