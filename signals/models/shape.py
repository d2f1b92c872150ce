"""What a model is built for."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelShape:
    """Sizes of a model's input and output."""

    planes: int
    height: int
    width: int
    bar_pixels: int  # columns one drawn bar takes
    outputs: int  # logits


ModelBuilder = Callable[[ModelShape], nn.Module]
