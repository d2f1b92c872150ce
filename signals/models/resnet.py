"""ResNet (He et al. 2016) with a stem for any number of planes, trained from scratch."""

import torch
import torchvision
from torch import nn

from quantsig.signals.shape import ModelShape


class AsFloat(nn.Module):
    """Turns drawn planes into numbers a convolution takes."""

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) of any type to float."""
        return planes.float()


def build(shape: ModelShape) -> nn.Module:
    """ResNet-18 with zero-initialised residual branches and a Kaiming-normal (fan-out) stem."""
    net: nn.Module = torchvision.models.resnet18(
        weights=None, num_classes=shape.outputs, zero_init_residual=True
    )
    stem = nn.Conv2d(shape.planes, 64, kernel_size=7, stride=2, padding=3, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    net.conv1 = stem
    return nn.Sequential(AsFloat(), net)
