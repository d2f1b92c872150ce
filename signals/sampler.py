"""The order in which an epoch shows its samples: a pure function of seed and epoch."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def epoch_batches(
    sample_ids: NDArray[np.int64], batch_size: int, *, seed: int, epoch: int
) -> Iterator[NDArray[np.int64]]:
    """Shuffle the samples and cut them into batches; the last one may be smaller.

    A last batch of a single sample is left out of the epoch, because batch normalisation has
    no variance there.
    """
    order = np.random.default_rng([seed, epoch]).permutation(sample_ids)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        if len(batch) > 1:
            yield batch


def batches_per_epoch(samples: int, batch_size: int) -> int:
    """How many batches `epoch_batches` gives."""
    full, rest = divmod(samples, batch_size)
    return full + (rest > 1) - (batch_size == 1) * full
