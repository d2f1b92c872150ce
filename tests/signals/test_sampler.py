"""The order of an epoch is a pure function of seed and epoch."""

import numpy as np
import pytest

from quantsig.signals.sampler import batches_per_epoch, epoch_batches

IDS = np.arange(100, 133)


def test_every_sample_once() -> None:
    """An epoch is a permutation."""
    seen = np.concatenate(list(epoch_batches(IDS, 8, seed=1, epoch=0))[:4])
    assert len(set(seen)) == 32


def test_same_seed_and_epoch_same_order() -> None:
    """Another epoch or seed, another order."""
    first = np.concatenate(list(epoch_batches(IDS, 8, seed=1, epoch=2)))
    again = np.concatenate(list(epoch_batches(IDS, 8, seed=1, epoch=2)))
    other = np.concatenate(list(epoch_batches(IDS, 8, seed=1, epoch=3)))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("size", [2, 8, 16, 32, 33, 50])
def test_the_count_of_batches_is_known_before(size: int) -> None:
    """A lonely last sample is left out: batch normalisation cannot use it."""
    batches = list(epoch_batches(IDS, size, seed=1, epoch=0))
    assert len(batches) == batches_per_epoch(len(IDS), size)
    assert min(map(len, batches)) > 1
