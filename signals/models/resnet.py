"""ResNet (He et al. 2016) with a stem for any number of planes, trained from scratch."""

import torchvision
from torch import nn

from quantsig.signals.models.planes import AsFloat
from quantsig.signals.shape import ModelShape


def build(name: str, shape: ModelShape) -> nn.Module:
    """The torchvision network called `name`, which takes planes as they are drawn."""
    return nn.Sequential(AsFloat(), residual_network(name, shape.planes, shape.outputs))


def build_deep(name: str, shape: ModelShape) -> nn.Module:
    """The same network under a head of three layers."""
    net = residual_network(name, shape.planes, shape.outputs)
    net.fc = deep_head(net.fc.in_features, shape.outputs)
    return nn.Sequential(AsFloat(), net)


def residual_network(name: str, planes: int, outputs: int) -> torchvision.models.ResNet:
    """A torchvision network with zero-initialised residual branches and a stem of our own.

    Args:
        name: torchvision's, such as resnet50.
        planes: inputs of the stem, whose weights are Kaiming-normal, fan-out.
        outputs: logits.
    """
    net = torchvision.models.get_model(
        name, weights=None, num_classes=outputs, zero_init_residual=True
    )
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
