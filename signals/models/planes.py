"""How drawn planes become numbers that a network takes."""

import torch
from torch import nn


class AsFloat(nn.Module):
    """Turns drawn planes into numbers a convolution takes."""

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) of any type to float; bfloat16 stays as it is."""
        return planes if planes.dtype == torch.bfloat16 else planes.float()


class AsInk(nn.Module):
    """Turns planes of zeros and ones into grey values, 255 where there is ink."""

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) of any type to float, times 255."""
        return planes if planes.dtype == torch.bfloat16 else planes.float() * 255.0
