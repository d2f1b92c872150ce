"""Several processes that train together: who this one is, and what all agree on.

A step's samples are dealt out, so that every process sees its share of the same batch.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

ALONE = ContextVar("alone", default=False)


def world_size() -> int:
    """How many processes train together; 1 without a launcher such as torchrun."""
    return 1 if ALONE.get() else int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """The number of this process, from 0; that one writes the run."""
    return 0 if ALONE.get() else int(os.environ.get("RANK", "0"))


def is_first() -> bool:
    """Whether this process writes the run."""
    return rank() == 0


def dealt(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """This process's share of rows that all know."""
    return rows[rank() :: world_size()]


@contextmanager
def alone() -> Iterator[None]:
    """Compute in this process as if there were no others: they have left, or never met."""
    token = ALONE.set(True)
    try:
        yield
    finally:
        ALONE.reset(token)


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Meet the other processes, once; without a launcher there are none."""
    if world_size() == 1 or distributed.is_initialized():
        yield
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def any_of(flag: bool) -> bool:
    """Whether the flag is set in any process; all get the same answer."""
    if world_size() == 1:
        return flag
    flags = torch.tensor([int(flag)], device=_device())
    distributed.all_reduce(flags, distributed.ReduceOp.MAX)
    return bool(flags.item())


def wait() -> None:
    """Wait until all processes are here."""
    if world_size() > 1:
        distributed.barrier()


def total(number: int) -> int:
    """The sum over all processes."""
    if world_size() == 1:
        return number
    numbers = torch.tensor([number], device=_device())
    distributed.all_reduce(numbers)
    return int(numbers.item())


def of_all(*numbers: int) -> NDArray[np.int64]:
    """(W, N) what each process counts, as every one of them gets to know it."""
    own = torch.tensor(numbers)
    if world_size() == 1:
        return own[None].numpy()
    mine = own.to(_device())
    parts = [torch.empty_like(mine) for _ in range(world_size())]
    distributed.all_gather(parts, mine)
    return torch.stack(parts).cpu().numpy()


def joined_rows(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows of all processes, one process after the other."""
    if world_size() == 1:
        return rows
    parts: list[Any] = [None] * world_size()
    distributed.all_gather_object(parts, rows)
    return np.concatenate(parts)


def gathered(
    rows: NDArray[np.int64], compute: Callable[[NDArray[np.int64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """What `compute` gives for the rows, in their order, each process computing its share.

    Args:
        rows: (n,).
        compute: rows to (rows, K).
    """
    if world_size() == 1:
        return compute(rows)
    parts: list[NDArray[np.float64] | None] = [None] * world_size()
    distributed.all_gather_object(parts, compute(dealt(rows)))
    known = [part for part in parts if part is not None and len(part)]
    whole = np.empty((len(rows), known[0].shape[1] if known else 0))
    for number, part in enumerate(parts):
        if part is not None and len(part):
            whole[number :: world_size()] = part
    return whole


def _device() -> torch.device:
    local = int(os.environ.get("LOCAL_RANK", "0"))
    gpu = distributed.get_backend() == "nccl"
    return torch.device("cuda", local) if gpu else torch.device("cpu")


def summed(numbers: torch.Tensor) -> torch.Tensor:
    """The sum of a tensor over all processes, through which gradients flow."""
    if world_size() == 1:
        return numbers
    result: torch.Tensor = _Sum.apply(numbers)
    return result


class _Sum(torch.autograd.Function):
    """The sum of a tensor over all processes, and of its gradient."""

    @staticmethod
    def forward(ctx: Any, numbers: torch.Tensor) -> torch.Tensor:
        summed = numbers.clone()
        distributed.all_reduce(summed)
        return summed

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        summed = gradient.contiguous()
        distributed.all_reduce(summed)
        return summed


def share_batch_norms(model: nn.Module) -> None:
    """Let every batch normalisation of a model see the samples of all processes.

    Names of weights stay as they are.
    """
    for norm in model.modules():
        if isinstance(norm, BatchNorm):
            norm.forward = partial(_normalised, norm)  # type: ignore[method-assign]


def _normalised(norm: BatchNorm, features: torch.Tensor) -> torch.Tensor:
    """Batch normalisation (Ioffe and Szegedy 2015) over the samples of all processes.

    Mean and variance of each channel are taken over all processes, on a CPU too, so that several
    processes compute what one would.

    Args:
        norm: whose weights and running figures are used.
        features: (B, C, ...).
    """
    if not norm.training:
        return type(norm).forward(norm, features)
    wide = features.float()
    channels, others = wide.shape[1], [dim for dim in range(wide.ndim) if dim != 1]
    shape = (1, channels, *[1] * (wide.ndim - 2))
    count = total(wide.numel() // channels)
    mean = summed(wide.sum(others)) / count  # (C,); the sum over processes is differentiable
    centred = wide - mean.view(shape)
    variance = summed((centred * centred).sum(others)) / count
    _remember(norm, mean.detach(), variance.detach(), count)
    scale = torch.rsqrt(variance + norm.eps) * norm.weight
    normal: torch.Tensor = centred * scale.view(shape) + norm.bias.view(shape)
    return normal.to(features.dtype)


def _remember(norm: BatchNorm, mean: torch.Tensor, variance: torch.Tensor, count: int) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.momentum is not None
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    unbiased = variance * count / max(count - 1, 1)  # one alone may rehearse with one
    norm.running_mean.lerp_(mean.to(norm.running_mean.dtype), norm.momentum)
    norm.running_var.lerp_(unbiased.to(norm.running_var.dtype), norm.momentum)
