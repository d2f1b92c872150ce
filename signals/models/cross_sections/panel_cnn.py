"""Convolutions over symbols and bars, with a path over the whole column.

The order of symbols on the y axis is arbitrary, and a convolution of 3 x 3 sees the neighbours
alone; so each layer also reads every symbol of a bar at once, and gives what it found to all.
"""

import torch
from torch import nn

from quantsig.signals.models.cross_sections.board import AsBoard
from quantsig.signals.models.cross_sections.settings import PanelCnnSettings
from quantsig.signals.shape import ModelShape


class ColumnLayer(nn.Module):
    """What stands around a cell, and what stands in its column, symbol by symbol."""

    def __init__(self, channels: int, filters: int, symbols: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(channels, filters, 3, padding=1)
        self.column = nn.Conv2d(channels, filters, (symbols, 1))
        self.norm = nn.LayerNorm(filters)

    def forward(self, planes: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Planes (U, C, S + 1, N) to (U, F, S + 1, N)."""
        found = self.around(planes) + self.column(planes[:, :, :-1])  # the universe's column
        found = self.norm(found.movedim(1, -1)).movedim(-1, 1)
        return torch.relu(found) * there


class PanelCnn(nn.Module):
    """Layers over the board, then all bars of each symbol."""

    def __init__(self, shape: ModelShape, settings: PanelCnnSettings) -> None:
        super().__init__()
        filters, channels = settings.hidden_size, shape.scaled_channels
        self.board = AsBoard(channels, standardise=settings.standardise)
        sizes = [channels, *[filters] * (settings.layers - 1)]
        self.layers = nn.ModuleList(ColumnLayer(size, filters, shape.symbols) for size in sizes)
        self.bars = nn.Conv2d(filters, filters, (1, shape.scaled_bars))
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(filters, shape.outputs)

    def represent(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """A cross-section to what is judged, (U, S + 1, F)."""
        planes, there = self.board(inputs)
        for layer in self.layers:
            planes = layer(planes, there)
        found: torch.Tensor = torch.relu(self.bars(planes)).squeeze(3).transpose(1, 2)
        return found

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """What was represented to scores (U, S + 1, K)."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """A cross-section to scores (U, S + 1, K)."""
        return self.judge(self.represent(inputs))


def build(shape: ModelShape, settings: PanelCnnSettings) -> nn.Module:
    """Fresh weights."""
    return PanelCnn(shape, settings)
