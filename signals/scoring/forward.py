"""The outputs of a model for samples, in flat memory."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs.feed import Feed
from quantsig.signals.scoring.arithmetic import computed_in
from quantsig.signals.scoring.loader import load

SCORING_BATCH = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Computing:
    """Where outputs are computed, and how exactly."""

    device: torch.device
    precision: str = "fp32"  # or bf16 for products of matrices that are computed in bfloat16
    threads: int | None = None  # that draw; None: one per core
    arithmetic_threads: int | None = None  # that add up; None: as torch was given


def score(
    model: nn.Module,
    samples: SampleSet,
    sample_ids: NDArray[np.int64],
    *,
    computing: Computing,
    feed: Feed | None = None,
    progress: Progress = silent,
) -> NDArray[np.float64]:
    """Raw outputs of a model for samples, in evaluation mode.

    Every batch the model sees has the same size, the last one filled up: products of matrices are
    summed in an order that depends on it, and a sample's bits must not depend on its company.

    Args:
        model: takes what the feed gives.
        samples: a set of storage bars or frames.
        sample_ids: (n,) which ones.
        computing: where and how exactly.
        feed: how samples reach it; None: as planes.
        progress: told about samples.

    Returns:
        (n, K) logits or predicted returns, in the order of `sample_ids`.
    """
    device, precision = computing.device, computing.precision
    was_training = model.training
    model.to(device).eval()
    batches = [sample_ids[i : i + SCORING_BATCH] for i in range(0, len(sample_ids), SCORING_BATCH)]
    outputs = []
    loaded = load(
        samples, batches, SCORING_BATCH, device=device, threads=computing.threads, feed=feed
    )
    one_order = computed_in(computing.arithmetic_threads)
    with torch.inference_mode(), computing_in(precision, device), one_order:
        for done, batch in enumerate(loaded):
            progress(done * SCORING_BATCH, len(sample_ids))
            inputs = laid_out(filled_up(batch.planes), model, precision)
            outputs.append(model(inputs)[: len(batch.sample_ids)].double())
    progress(len(sample_ids), len(sample_ids))
    model.train(was_training)
    return torch.cat(outputs).cpu().numpy() if outputs else np.empty((0, 0))


def filled_up(inputs: torch.Tensor) -> torch.Tensor:
    """A batch of SCORING_BATCH: the given (B, ...) and its last sample again and again."""
    missing = SCORING_BATCH - len(inputs)
    if not missing:
        return inputs
    return torch.cat([inputs, inputs[-1:].expand(missing, *inputs.shape[1:])])


def computing_in(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Autocast to a 16-bit type, or nothing for fp32."""
    if precision == "fp32":
        return nullcontext()
    dtype = torch.bfloat16 if precision == "bf16" else torch.float16
    return torch.autocast(device.type, dtype=dtype)


def laid_out(inputs: torch.Tensor, model: nn.Module, precision: str = "fp32") -> torch.Tensor:
    """Pictures in the order of memory that the model's weights have.

    Zeros and ones become bfloat16 on the way where that is computed in: one pass over them
    instead of three.
    """
    if inputs.ndim != 4 or not any(map(_is_channels_last, model.parameters())):
        return inputs
    drawn = precision == "bf16" and inputs.dtype == torch.uint8
    dtype = torch.bfloat16 if drawn else inputs.dtype
    return inputs.to(dtype, memory_format=torch.channels_last)


def _is_channels_last(weight: torch.Tensor) -> bool:
    """In that order only: the weight of a 1x1 convolution is in both."""
    last = weight.ndim == 4 and weight.is_contiguous(memory_format=torch.channels_last)
    return last and not weight.is_contiguous()
