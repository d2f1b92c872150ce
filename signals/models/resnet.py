"""ResNet (He et al. 2016) with a stem for any number of planes, trained from scratch."""

from typing import Any

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from quantsig.signals.models.planes import AsFloat
from quantsig.signals.models.recompute import again
from quantsig.signals.shape import ModelShape


class PlainBlock(BasicBlock):  # type: ignore[misc]
    """Two convolutions and a short cut; it can keep only its input for the backward pass."""

    recompute = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features (B, F, H, W) to features."""
        return again(super().forward, self, x)


class NarrowedBlock(Bottleneck):  # type: ignore[misc]
    """Three convolutions, the middle one narrow, and a short cut; as PlainBlock."""

    recompute = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features (B, F, H, W) to features."""
        return again(super().forward, self, x)


LAYERS: dict[str, tuple[Any, list[int]]] = {  # blocks of each stage
    "resnet18": (PlainBlock, [2, 2, 2, 2]),
    "resnet34": (PlainBlock, [3, 4, 6, 3]),
    "resnet50": (NarrowedBlock, [3, 4, 6, 3]),
    "resnet101": (NarrowedBlock, [3, 4, 23, 3]),
    "resnet152": (NarrowedBlock, [3, 8, 36, 3]),
}


def build(name: str, shape: ModelShape) -> nn.Module:
    """The torchvision network called `name`, which takes planes as they are drawn."""
    return nn.Sequential(AsFloat(), residual_network(name, shape.planes, shape.outputs))


def build_deep(name: str, shape: ModelShape) -> nn.Module:
    """The same network under a head of three layers."""
    net = residual_network(name, shape.planes, shape.outputs)
    net.fc = deep_head(net.fc.in_features, shape.outputs)
    return nn.Sequential(AsFloat(), net)


def residual_network(name: str, planes: int, outputs: int) -> ResNet:
    """The torchvision network with zero-initialised residual branches and a stem of our own.

    Args:
        name: a key of LAYERS, torchvision's names.
        planes: inputs of the stem, whose weights are Kaiming-normal, fan-out.
        outputs: logits.
    """
    block, layers = LAYERS[name]
    net = ResNet(block, layers, num_classes=outputs, zero_init_residual=True)
    stem = nn.Conv2d(planes, 64, kernel_size=7, stride=2, padding=3, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    net.conv1 = stem
    return net


def deep_head(features: int, outputs: int) -> nn.Sequential:
    """Features (B, F) to logits (B, outputs) through 512 and 256 units, more dropout first.

    Its batch normalisation needs batches of two or more to train on.
    """
    head = nn.Sequential(
        nn.Dropout(0.5),
        nn.Linear(features, 512),
        nn.BatchNorm1d(512),
        nn.ReLU(inplace=True),
        nn.Dropout(0.3),
        nn.Linear(512, 256),
        nn.BatchNorm1d(256),
        nn.ReLU(inplace=True),
        nn.Dropout(0.2),
        nn.Linear(256, outputs),
    )
    for layer in head:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return head
