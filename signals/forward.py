"""The outputs of a model for samples, in flat memory."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.signals.feeds import Feed
from quantsig.signals.loader import load

SCORING_BATCH = 64


def score(
    model: nn.Module,
    samples: SampleSet,
    sample_ids: NDArray[np.int64],
    *,
    device: torch.device,
    feed: Feed | None = None,
    precision: str = "fp32",
    progress: Progress = silent,
) -> NDArray[np.float64]:
    """Raw outputs of a model for samples, in evaluation mode.

    Args:
        model: takes what the feed gives.
        samples: a set of storage bars or frames.
        sample_ids: (n,) which ones.
        device: where the model runs.
        feed: how samples reach it; None: as planes.
        precision: fp32, or bf16 for products of matrices that are computed in bfloat16.
        progress: told about samples.

    Returns:
        (n, K) logits or predicted returns, in the order of `sample_ids`.
    """
    was_training = model.training
    model.to(device).eval()
    batches = [sample_ids[i : i + SCORING_BATCH] for i in range(0, len(sample_ids), SCORING_BATCH)]
    outputs = []
    loaded = load(samples, batches, SCORING_BATCH, device=device, feed=feed)
    with torch.inference_mode(), computing_in(precision, device):
        for done, batch in enumerate(loaded):
            progress(done * SCORING_BATCH, len(sample_ids))
            outputs.append(model(laid_out(batch.planes, model)).double())
    progress(len(sample_ids), len(sample_ids))
    model.train(was_training)
    return torch.cat(outputs).cpu().numpy() if outputs else np.empty((0, 0))


def computing_in(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Autocast to a 16-bit type, or nothing for fp32."""
    if precision == "fp32":
        return nullcontext()
    dtype = torch.bfloat16 if precision == "bf16" else torch.float16
    return torch.autocast(device.type, dtype=dtype)


def laid_out(inputs: torch.Tensor, model: nn.Module) -> torch.Tensor:
    """Pictures in the order of memory that the model's weights have."""
    channels_last = torch.channels_last
    if inputs.ndim == 4 and any(
        weight.ndim == 4 and weight.is_contiguous(memory_format=channels_last)
        for weight in model.parameters()
    ):
        return inputs.contiguous(memory_format=channels_last)
    return inputs
