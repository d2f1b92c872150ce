"""The networks for price images of Jiang, Kelly and Xiu, Journal of Finance 78(6), 2023."""

from dataclasses import dataclass

from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.signals.models.planes import AsInk
from quantsig.signals.shape import ModelShape


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageNet:
    """What differs between the networks for 5, 20 and 60 bars; all else is the same."""

    channels: tuple[int, ...]  # of each block
    stride: int  # rows from one cell of the first layer to the next
    dilation: int  # rows between the inputs of a cell of the first layer
    features: int  # that the last block leaves


BY_SIZE = {  # rows and columns of the image
    (32, 15): ImageNet(channels=(64, 128), stride=1, dilation=1, features=15_360),
    (64, 60): ImageNet(channels=(64, 128, 256), stride=3, dilation=2, features=46_080),
    (96, 180): ImageNet(channels=(64, 128, 256, 512), stride=3, dilation=3, features=184_320),
}


def build(shape: ModelShape) -> nn.Module:
    """The network for the image's size; Xavier-uniform weights.

    Raises:
        ConfigError: the paper has no network for this size.
    """
    size = shape.height, shape.width
    if size not in BY_SIZE:
        known = ", ".join(f"{height} x {width}" for height, width in BY_SIZE)
        raise ConfigError(
            phrase(
                "there is no price-image network for pictures of {height} x {width}.",
                height=shape.height,
                width=shape.width,
            ),
            where="train.model = jkx",
            remedy=phrase(
                "Draw {known} (presets jkx5, jkx20, jkx60), or use another model.", known=known
            ),
        )
    net = BY_SIZE[size]
    inputs = (shape.planes, *net.channels)
    blocks = [
        _block(inputs[0], inputs[1], net.stride, net.dilation),
        *(_block(inputs[number], inputs[number + 1]) for number in range(1, len(net.channels))),
    ]
    head = (nn.Flatten(), nn.Dropout(0.5), nn.Linear(net.features, shape.outputs))
    model = nn.Sequential(AsInk(), *blocks, *head)
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
    return model


def _block(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Halves the rows, rounding up, and keeps the columns."""
    return nn.Sequential(
        nn.Conv2d(
            inputs,
            outputs,
            (5, 3),
            stride=(stride, 1),
            dilation=(dilation, 1),
            padding=(2, 1),
        ),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.01),
        nn.MaxPool2d((2, 1), ceil_mode=True),
    )
