"""A small network for laptops: it looks at one bar at a time, then at its neighbours."""

import torch
from torch import nn

from quantsig.signals.models.shape import ModelShape

STEM_CHANNELS, HEAD_CHANNELS = 48, 24
STEM_ROWS, STEM_ROW_STRIDE = 8, 4
GRID_ROWS = 12  # rows kept before the head, whatever the picture's height


class SmallNet(nn.Module):
    """Bar-wide strided stem, two convolutions over neighbouring bars, a flattened head.

    Where a bar stands in the picture matters (the newest is at the right), so the head keeps
    every position instead of averaging them away.
    """

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        bars = shape.width // shape.bar_pixels
        self.left = shape.width - bars * shape.bar_pixels
        self.stem = nn.Sequential(
            nn.Conv2d(
                shape.planes,
                STEM_CHANNELS,
                (STEM_ROWS, shape.bar_pixels),
                stride=(STEM_ROW_STRIDE, shape.bar_pixels),
                bias=False,
            ),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.ReLU(inplace=True),
        )
        self.body = nn.Sequential(
            _block(STEM_CHANNELS, STEM_CHANNELS),
            _block(STEM_CHANNELS, HEAD_CHANNELS),
            nn.AdaptiveAvgPool2d((GRID_ROWS, bars)),
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(HEAD_CHANNELS * GRID_ROWS * bars, shape.outputs),
        )

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) to logits (B, outputs)."""
        bars = self.stem(planes[..., self.left :])  # (B, 48, ~H/4, bars)
        grid = self.body(bars)  # (B, 24, 12, bars)
        logits: torch.Tensor = self.head(grid)
        return logits


def build(shape: ModelShape) -> nn.Module:
    """The small network for a shape."""
    return SmallNet(shape)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
