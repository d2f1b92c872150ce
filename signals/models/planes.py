"""How drawn planes become numbers that a network takes.

The type in which planes arrive says nothing of their values: zeros and ones in uint8, float32 or
bfloat16 give the same numbers. Both constants are exact in each type.
"""

import torch
from torch import nn

INK = 255.0  # of a grey image


class AsFloat(nn.Module):
    """Turns drawn planes into numbers a convolution takes."""

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) of any type to float; bfloat16 stays as it is."""
        return planes if planes.dtype == torch.bfloat16 else planes.float()


class AsInk(AsFloat):
    """Turns planes of zeros and ones into grey values, 255 where there is ink."""

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) of any type to float, times 255; bfloat16 stays bfloat16."""
        return super().forward(planes) * INK
