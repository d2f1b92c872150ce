"""Inputs that a model of some kind could be given."""

import torch

from quantsig.signals.inputs import INPUTS
from quantsig.signals.inputs.parts import Inputs, Part, made
from quantsig.signals.models import MODELS
from quantsig.signals.shape import ModelShape


def example(name: str, shape: ModelShape, units: int = 2) -> Inputs:
    """Random numbers, planes of zeros and ones, and masks with nothing missing."""

    def random(part: Part) -> torch.Tensor:
        sizes = (units, *part.shape)
        if part.dtype == "uint8":
            return (torch.rand(sizes) < 0.3).to(torch.uint8)
        if part.dtype == "bool":
            return torch.ones(sizes, dtype=torch.bool)
        return torch.randn(sizes)

    found: Inputs = made(INPUTS[MODELS[name].reads].parts(shape), random)
    return found
