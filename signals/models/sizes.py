"""How large a model is and what it takes to train it, found without any of its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from quantsig.signals.inputs import INPUTS
from quantsig.signals.inputs.feed import torch_type
from quantsig.signals.inputs.parts import Inputs, Part, made
from quantsig.signals.models import MODELS, build_model
from quantsig.signals.models.recompute import blocks_of, set_recompute
from quantsig.signals.shape import ModelShape

ADAMW_BYTES = 16  # a float32 weight with its gradient and its two moments
MEASURED_SAMPLES = 2  # the fewest that batch normalisation trains on


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSize:
    """What a model weighs; None where it grows with the data it is fitted to.

    Attributes:
        parameters: weights that training changes.
        gflops: of a forward pass of one sample, 2 for each multiply-add, in thousand millions.
        training_bytes: of weights, gradients, AdamW moments and the activations of one batch, in
            float32; None for models that are fitted at once.
    """

    parameters: int | None
    gflops: float | None
    training_bytes: int | None


def model_size(
    name: str, shape: ModelShape, batch_size: int, settings: Mapping[str, Any] | None = None
) -> ModelSize:
    """Measure a model on torch's meta device, which computes shapes and allocates nothing.

    The activations are those that autograd keeps for the backward pass: every tensor once, the
    inputs as floats included. Of blocks that are computed again they are the inputs of all and
    what the largest keeps. Scratch memory of the libraries comes on top; with bf16 or fp16 the
    activations take about half.

    Raises:
        ConfigError: the name is unknown, or the model does not admit the shape.
    """
    with torch.device("meta"):
        model = build_model(name, shape, settings)
    if MODELS[name].fit is not None and not any(True for _ in model.parameters()):
        return ModelSize(parameters=None, gflops=None, training_bytes=None)
    parameters = sum(weight.numel() for weight in model.parameters())
    gflops = _flops(model, _inputs(name, shape, 1)) / 1e9
    if MODELS[name].fit is not None:
        return ModelSize(parameters=parameters, gflops=gflops, training_bytes=None)
    kept = (
        _kept_bytes(model, _inputs(name, shape, MEASURED_SAMPLES)) * batch_size // MEASURED_SAMPLES
    )
    return ModelSize(
        parameters=parameters, gflops=gflops, training_bytes=ADAMW_BYTES * parameters + kept
    )


def _inputs(name: str, shape: ModelShape, units: int) -> Inputs:
    def empty(part: Part) -> torch.Tensor:
        return torch.empty((units, *part.shape), dtype=torch_type(part), device="meta")

    found: Inputs = made(INPUTS[MODELS[name].reads].parts(shape), empty)
    return found


def _flops(model: nn.Module, inputs: Inputs) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(inputs)
    return int(counter.get_total_flops())


def _kept_bytes(model: nn.Module, inputs: Inputs) -> int:
    """Bytes that a training step of these inputs keeps until its backward pass."""
    weights = {_place(weight) for weight in model.parameters()}
    always: dict[int, torch.UntypedStorage] = {}  # held, so that no place is given out again
    of_block: dict[int, torch.UntypedStorage] = {}
    largest = 0
    inside = False

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if _place(tensor) not in weights:
            (of_block if inside else always)[_place(tensor)] = tensor.untyped_storage()
        return tensor

    def enter(block: nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        nonlocal inside
        keep(arguments[0])
        inside = True

    def leave(block: nn.Module, arguments: object, output: object) -> None:
        nonlocal inside, largest
        inside = False
        largest = max(largest, _bytes(of_block))
        of_block.clear()

    for block in blocks_of(model):
        if block.recompute:
            block.register_forward_pre_hook(enter)
            block.register_forward_hook(leave)
    set_recompute(model, False)  # what would be computed again must be seen once
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        model.train()(inputs)
    return _bytes(always) + largest


def _place(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _bytes(storages: dict[int, torch.UntypedStorage]) -> int:
    return sum(storage.nbytes() for storage in storages.values())
