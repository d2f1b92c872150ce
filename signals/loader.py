"""Batches of charts for a model, drawn one step ahead of it."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet


class Batch(NamedTuple):
    """One step's samples."""

    planes: torch.Tensor  # (B, C, H, W) as the sample set gives them
    sample_ids: NDArray[np.int64]  # (B,)


def load(
    samples: SampleSet, batches: Iterable[NDArray[np.int64]], batch_size: int
) -> Iterator[Batch]:
    """Draw each batch while the model works on the one before.

    Two buffers take turns, so a batch's planes are overwritten after the next one was taken.

    Args:
        samples: where the charts come from.
        batches: sample ids of each batch.
        batch_size: the most samples a batch holds.
    """
    shape = (batch_size, *samples.shape)
    buffers = [np.empty(shape, samples.dtype) for _ in range(2)]

    def draw(turn: int, sample_ids: NDArray[np.int64]) -> Batch:
        planes = samples.read(sample_ids, buffers[turn % 2][: len(sample_ids)])
        return Batch(torch.from_numpy(planes), sample_ids)

    with ThreadPoolExecutor(1) as pool:
        ahead = None
        for turn, sample_ids in enumerate(batches):
            drawing = pool.submit(draw, turn, sample_ids)
            if ahead is not None:
                yield ahead.result()
            ahead = drawing
        if ahead is not None:
            yield ahead.result()
