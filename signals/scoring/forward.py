"""The outputs of a model for samples, in flat memory."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs import feed_for
from quantsig.signals.inputs.feed import Feed, Ids
from quantsig.signals.inputs.parts import Inputs, mapped
from quantsig.signals.scoring.arithmetic import computed_in
from quantsig.signals.scoring.loader import load


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

    Every batch the model sees has the same number of units, the last one filled up: products of
    matrices are summed in an order that depends on it, and a sample's bits must not depend on its
    company.

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
    feed = feed or feed_for(samples, device)
    batches, order = _whole_units(feed, sample_ids)
    outputs, done = [], 0
    loaded = load(
        samples, batches, feed.scored_at_once, device=device, threads=computing.threads, feed=feed
    )
    one_order = computed_in(computing.arithmetic_threads)
    with torch.inference_mode(), computing_in(precision, device), one_order:
        for batch in loaded:
            progress(done, len(sample_ids))
            inputs = laid_out(filled_up(batch.inputs, feed.scored_at_once), model, precision)
            outputs.append(batch.rows(model(inputs)[: batch.unit_count]).double())
            done += len(batch.sample_ids)
    progress(len(sample_ids), len(sample_ids))
    model.train(was_training)
    if not outputs:
        return np.empty((0, 0))
    found = torch.cat(outputs).cpu().numpy()
    return found if order is None else found[order]


def _whole_units(feed: Feed, sample_ids: Ids) -> tuple[list[Ids], Ids | None]:
    """Batches of as many units each, the last of fewer, and where each sample is found in them.

    None where that is in the order they came.
    """
    at_once = feed.scored_at_once
    if feed.units is None:
        starts = range(0, len(sample_ids), at_once)
        return [sample_ids[start : start + at_once] for start in starts], None
    units = feed.units(sample_ids)
    by_unit = np.argsort(units.unit, kind="stable")
    cuts = np.searchsorted(units.unit[by_unit], np.arange(at_once, len(units.ids), at_once))
    batches = [part for part in np.split(sample_ids[by_unit], cuts) if len(part)]
    return batches, np.argsort(by_unit, kind="stable")


def filled_up(inputs: Inputs, units: int) -> Inputs:
    """A batch of so many units: the given (U, ...) and the last of them again and again."""

    def filled(part: torch.Tensor) -> torch.Tensor:
        missing = units - len(part)
        if not missing:
            return part
        return torch.cat([part, part[-1:].expand(missing, *part.shape[1:])])

    found: Inputs = mapped(inputs, filled)
    return found


def computing_in(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Autocast to a 16-bit type, or nothing for fp32."""
    if precision == "fp32":
        return nullcontext()
    dtype = torch.bfloat16 if precision == "bf16" else torch.float16
    return torch.autocast(device.type, dtype=dtype)


def laid_out(inputs: Inputs, model: nn.Module, precision: str = "fp32") -> Inputs:
    """Pictures in the order of memory that the model's weights have.

    Zeros and ones become bfloat16 on the way where that is computed in: one pass over them
    instead of three.
    """
    if (
        isinstance(inputs, dict)
        or inputs.ndim != 4
        or not any(map(_is_channels_last, model.parameters()))
    ):
        return inputs
    drawn = precision == "bf16" and inputs.dtype == torch.uint8
    dtype = torch.bfloat16 if drawn else inputs.dtype
    return inputs.to(dtype, memory_format=torch.channels_last)


def _is_channels_last(weight: torch.Tensor) -> bool:
    """In that order only: the weight of a 1x1 convolution is in both."""
    last = weight.ndim == 4 and weight.is_contiguous(memory_format=torch.channels_last)
    return last and not weight.is_contiguous()
