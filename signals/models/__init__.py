"""The models a run can train. To add one: a file here and a line in MODELS.

A builder takes a ModelShape and returns a module from planes (B, C, H, W), uint8 zeros and ones
as they are drawn, to logits (B, outputs).
"""

from collections.abc import Callable

from torch import nn

from quantsig.data.errors import unknown_name
from quantsig.signals.models import resnet, small
from quantsig.signals.shape import ModelShape

ModelBuilder = Callable[[ModelShape], nn.Module]

MODELS: dict[str, ModelBuilder] = {
    "small": small.build,
    "resnet18": resnet.build,
}


def check_model(name: str) -> None:
    """Raise the error that lists the known models when `name` is not one."""
    if name not in MODELS:
        raise unknown_name("model", name, MODELS, where="train.model")


def build_model(name: str, shape: ModelShape) -> nn.Module:
    """Build the model called `name`; an unknown name raises an error that lists the known."""
    check_model(name)
    return MODELS[name](shape)
