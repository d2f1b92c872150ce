"""A small network for laptops: it looks at one bar at a time, then at its neighbours.

Most columns of a drawn bar are alike, so it reads two of them, the left edge of the body and the
wick at its centre; that makes a step several times cheaper than reading all.
"""

import torch
from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.signals.shape import ModelShape

STEM_CHANNELS, HEAD_CHANNELS = 48, 24
STEM_ROWS = 8  # pixel rows of one stem cell
GRID_ROWS = 8  # rows kept before the head, whatever the picture's height


class SmallNet(nn.Module):
    """A strided stem over single bars, two convolutions over neighbouring bars, a flattened head.

    Where a bar stands in the picture matters (the newest is at the right), so the head keeps
    every position instead of averaging them away. Bars that a crop cut into are left aside.
    """

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        left, bars = shape.bars()
        if bars < 1:
            raise ConfigError(
                phrase(
                    "no bar of {columns} columns is whole in pictures {width} wide.",
                    columns=shape.bar_pixels,
                    width=shape.width,
                ),
                where="train.model = small",
                remedy="Crop fewer columns, or use a model such as resnet18.",
            )
        pixels = shape.bar_pixels
        after = left + bars * pixels
        self.columns = [
            slice(left + column, after, pixels) for column in sorted({0, (pixels - 1) // 2})
        ]
        self.stem = nn.Sequential(
            nn.Conv2d(
                shape.planes * len(self.columns),
                STEM_CHANNELS,
                (STEM_ROWS, 1),
                stride=(STEM_ROWS, 1),
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
        """Planes (B, C, H, W) of zeros and ones to logits (B, outputs)."""
        read = [planes[..., column] for column in self.columns]
        columns = torch.cat(read, dim=1).float()  # (B, 2 * C, H, bars)
        bars = self.stem(columns)  # (B, 48, H // 8, bars)
        grid = self.body(bars)  # (B, 24, 8, bars)
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
