"""The order of an epoch is a pure function of seed and epoch."""

from dataclasses import replace

import numpy as np
import pytest

from quantsig.data.errors import ConfigError, DataError
from quantsig.signals.optimisation.sampler import (
    BalancedOrder,
    NaturalOrder,
    batches_per_epoch,
    epoch_batches,
    find_order,
)
from quantsig.signals.optimisation.sampling import SamplingSettings

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


def balanced(
    positives: int = 13, negatives: int = 200, *, batch_size: int = 16, share: float = 0.382
) -> BalancedOrder:
    """An order over samples 0.. (negatives) and 1000.. (positives)."""
    ids = np.concatenate([np.arange(negatives), 1000 + np.arange(positives)])
    settings = SamplingSettings(positives=share)
    order = find_order(ids, ids >= 1000, batch_size, seed=1, settings=settings)
    assert isinstance(order, BalancedOrder)
    return order


def test_the_natural_order_is_the_old_one() -> None:
    """Without a share the batches are those of `epoch_batches`."""
    order = find_order(IDS, IDS > 110, 8, seed=3, settings=SamplingSettings())
    assert isinstance(order, NaturalOrder)
    for ours, old in zip(order.batches(2), epoch_batches(IDS, 8, seed=3, epoch=2), strict=True):
        np.testing.assert_array_equal(ours, old)
    assert len(order) == 4
    assert order.positive_share == 22 / 33
    assert order.coverage(1) == 1.0


def test_the_users_batch_has_six_positives_and_ten_negatives() -> None:
    """A target of .382 is really .375; an epoch shows 10/6 negatives a positive."""
    order = balanced(positives=60, negatives=1000)
    batches = list(order.batches(0))
    assert [int((batch >= 1000).sum()) for batch in batches] == [6] * 10
    assert {len(batch) for batch in batches} == {16}
    assert order.positive_share == 0.375
    assert order.coverage(1) == 0.1
    assert order.coverage(11) == 1.0


@pytest.mark.parametrize(("positives", "negatives"), [(13, 200), (12, 21), (1, 50), (4, 3), (9, 2)])
@pytest.mark.parametrize("share", [0.07, 0.382, 0.5, 0.9])
def test_an_epoch_uses_each_positive_once(positives: int, negatives: int, share: float) -> None:
    """And what the order says of an epoch is what its batches hold."""
    order = balanced(positives, negatives, share=share)
    batches = list(order.batches(5))
    shown = np.concatenate(batches)
    assert sorted(shown[shown >= 1000]) == [1000 + number for number in range(positives)]
    assert len(batches) == len(order)
    assert min(map(len, batches)) >= 2
    assert max(map(len, batches)) <= 16
    assert all((batch < 1000).any() for batch in batches)
    assert order.positive_share == positives / len(shown)


@pytest.mark.parametrize(("positives", "negatives"), [(13, 200), (12, 21), (9, 2), (6, 10)])
def test_no_negative_comes_again_before_all_were_seen(positives: int, negatives: int) -> None:
    """Over many epochs the counts differ by one at most, and coverage says how many were seen."""
    order = balanced(positives, negatives)
    count = np.zeros(negatives, dtype=np.int64)
    for epoch in range(12):
        shown = np.concatenate(list(order.batches(epoch)))
        np.add.at(count, shown[shown < 1000], 1)
        assert count.max() - count.min() <= 1
        assert order.coverage(epoch + 1) == (count > 0).mean()


def test_a_balanced_epoch_follows_from_its_number_alone() -> None:
    """A fresh order gives epoch 7 without the six before it; another seed gives another."""
    walked = balanced()
    for epoch in range(7):
        list(walked.batches(epoch))
    for ours, fresh in zip(walked.batches(7), balanced().batches(7), strict=True):
        np.testing.assert_array_equal(ours, fresh)
    other = replace(walked, seed=2)
    assert not np.array_equal(next(other.batches(7)), next(walked.batches(7)))
    assert not np.array_equal(next(walked.batches(8)), next(walked.batches(7)))


def test_fewer_positives_than_a_batch_needs_make_one_smaller_batch() -> None:
    """Three of six positives take five of ten negatives with them."""
    (batch,) = balanced(positives=3).batches(0)
    assert (batch >= 1000).sum() == 3
    assert len(batch) == 8


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.2, float("nan")])
def test_a_share_that_leaves_one_side_out_is_refused(share: float) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match=r"sampling\.positives"):
        SamplingSettings(positives=share)


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_batch_too_small_for_the_share_is_refused(share: float) -> None:
    """1 % of 16 is no positive at all."""
    with pytest.raises(ConfigError, match="larger batches"):
        balanced(share=share)


@pytest.mark.parametrize(("positives", "negatives"), [(0, 5), (5, 0)])
def test_one_side_alone_cannot_be_balanced(positives: int, negatives: int) -> None:
    """The error counts both."""
    with pytest.raises(DataError, match=f"{positives} positives and {negatives} negatives"):
        balanced(positives, negatives)


@pytest.mark.parametrize("share", [None, 0.382])
def test_the_last_batch_holds_enough_for_every_process(share: float | None) -> None:
    """Two processes need four samples: 97 positives leave one over, 993 samples too."""
    ids = np.arange(993)
    settings = SamplingSettings(positives=share)
    order = find_order(ids, ids < 97, 16, seed=1, settings=settings, fewest=4)
    sizes = [len(batch) for batch in order.batches(0)]
    assert len(sizes) == len(order)
    assert min(sizes) >= 4
    assert sum(sizes) == (992 if share is None else 16 * 16 + 4)
