"""Score samples with a trained model."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.signals.loader import load

SCORING_BATCH = 64


def score(
    model: nn.Module,
    samples: SampleSet,
    sample_ids: NDArray[np.int64],
    *,
    device: torch.device,
    progress: Progress = silent,
) -> NDArray[np.float64]:
    """Logits of the given samples in evaluation mode, in flat memory.

    Returns:
        (n, K) raw logits in the order of `sample_ids`.
    """
    was_training = model.training
    model.to(device).eval()
    batches = [sample_ids[i : i + SCORING_BATCH] for i in range(0, len(sample_ids), SCORING_BATCH)]
    logits = []
    with torch.inference_mode():
        for done, batch in enumerate(load(samples, batches, SCORING_BATCH, device=device)):
            progress(done * SCORING_BATCH, len(sample_ids))
            logits.append(model(batch.planes).double())
    progress(len(sample_ids), len(sample_ids))
    model.train(was_training)
    return torch.cat(logits).cpu().numpy() if logits else np.empty((0, 0))
