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
    """ResNet-18 that takes planes as they are drawn."""
    return nn.Sequential(AsFloat(), residual_network("resnet18", shape.planes, shape.outputs))


def residual_network(name: str, planes: int, outputs: int) -> nn.Module:
    """A torchvision network with zero-initialised residual branches and a stem of our own.

    Args:
        name: torchvision's, such as resnet50.
        planes: inputs of the stem, whose weights are Kaiming-normal, fan-out.
        outputs: logits.
    """
    net: nn.Module = torchvision.models.get_model(
        name, weights=None, num_classes=outputs, zero_init_residual=True
    )
    stem = nn.Conv2d(planes, 64, kernel_size=7, stride=2, padding=3, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    net.conv1 = stem
    return net
