"""Batches of whole decision times."""

import numpy as np
import pytest

from quantsig.data.errors import ConfigError
from quantsig.signals.optimisation.sampler import EpochOrder
from quantsig.signals.optimisation.sampling import SamplingSettings
from quantsig.signals.optimisation.time_order import find_time_order, refuse_mix

RANDOM = np.random.default_rng(1)
TIMES = RANDOM.integers(0, 90, 700) * 1_000  # of samples, some times with more of them
IDS = np.sort(RANDOM.permutation(2_000)[:700])


def order(batch_size: int = 64, seed: int = 3) -> EpochOrder:
    return find_time_order(IDS, TIMES, 70, batch_size, seed)


@pytest.mark.parametrize("batch_size", [1, 64, 5_000])
def test_every_sample_once_and_no_time_is_torn_apart(batch_size: int) -> None:
    """However large the batches are."""
    found = list(order(batch_size).batches(0))
    assert len(found) == len(order(batch_size))
    assert sorted(np.concatenate(found)) == IDS.tolist()
    times = [set(TIMES[np.searchsorted(IDS, ids)]) for ids in found]
    assert sum(map(len, times)) == len(set(TIMES))


def test_batches_are_about_as_large_as_asked() -> None:
    """None is a single sample where others are many."""
    sizes = [len(ids) for ids in order().batches(2)]
    assert min(sizes) > 32
    assert max(sizes) < 128


def test_the_order_is_one_of_seed_and_epoch() -> None:
    """The same again, and another for the next epoch or seed."""
    first, again, later, other = (
        np.concatenate(list(order(seed=seed).batches(epoch)))
        for seed, epoch in ((3, 0), (3, 0), (3, 1), (4, 0))
    )
    assert first.tolist() == again.tolist()
    assert first.tolist() != later.tolist()
    assert first.tolist() != other.tolist()


def test_a_mix_of_positives_is_refused() -> None:
    """Whole times come as they are."""
    refuse_mix(SamplingSettings())
    with pytest.raises(ConfigError, match="whole decision times"):
        refuse_mix(SamplingSettings(positives=0.3))
    assert order().positive_share == 0.1
