"""A one-dimensional network on the scaled bars: the same window as the charts, without drawing."""

from torch import nn

from quantsig.signals.shape import ModelShape

CHANNELS = (64, 96, 128)  # of each block
POOL = 2  # bars that one place of the next block stands for


def build(shape: ModelShape) -> nn.Module:
    """Scaled bars (B, C, N) to logits (B, outputs).

    Where a bar stands in the window matters, so the head keeps every place.
    """
    bars, layers = shape.scaled_bars, []
    for inputs, outputs in zip((shape.scaled_channels, *CHANNELS), CHANNELS, strict=False):
        layers.append(_block(inputs, outputs))
        bars = -(-bars // POOL)
    head = (nn.Flatten(), nn.Dropout(0.5), nn.Linear(CHANNELS[-1] * bars, shape.outputs))
    return nn.Sequential(*layers, *head)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, 5, padding=2, bias=False),
        nn.BatchNorm1d(outputs),
        nn.ReLU(inplace=True),
        nn.MaxPool1d(POOL, ceil_mode=True),
    )
