"""The order in which an epoch shows its samples: a pure function of seed and epoch."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.optimisation.sampling import SamplingSettings

Ids = NDArray[np.int64]
FEWEST = 2  # samples a batch: batch normalisation has no variance over one
POSITIVES, NEGATIVES = 1, 2  # the streams of random numbers of the balanced order


class EpochOrder(Protocol):
    """What a training needs to know of an order."""

    def batches(self, epoch: int) -> Iterator[Ids]:
        """The sample ids of one epoch, (B,) each."""
        ...

    def __len__(self) -> int: ...

    @property
    def positive_share(self) -> float:
        """Positives among the samples of an epoch, 0..1."""
        ...

    def coverage(self, epochs: int) -> float:
        """Share of the negatives shown at least once in the first `epochs` epochs."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class NaturalOrder:
    """Every sample once an epoch, in the mix in which the samples come."""

    positives: Ids  # (P,) samples in which the event happened
    negatives: Ids  # (N,)
    batch_size: int
    seed: int
    fewest: int = FEWEST  # samples in a last batch; a smaller one is left out

    def batches(self, epoch: int) -> Iterator[Ids]:
        """The sample ids of one epoch, (B,) each."""
        ids = np.sort(np.concatenate([self.positives, self.negatives]))
        return epoch_batches(ids, self.batch_size, seed=self.seed, epoch=epoch, fewest=self.fewest)

    def __len__(self) -> int:
        samples = len(self.positives) + len(self.negatives)
        return batches_per_epoch(samples, self.batch_size, fewest=self.fewest)

    @property
    def positive_share(self) -> float:
        """Positives among all samples, 0..1."""
        return len(self.positives) / (len(self.positives) + len(self.negatives))

    def coverage(self, epochs: int) -> float:
        """All negatives, from the first epoch on (but for those of a last batch left out)."""
        return float(epochs > 0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BalancedOrder:
    """Batches with a set number of positives; an epoch ends when each was used once.

    The negatives are one endless row: a permutation of them all, then another, and so on. Epoch
    e takes the stretch that begins where e epochs end, so that no negative comes again before
    every other was seen, and nothing need be remembered from one epoch to the next. The last
    batch of an epoch may be smaller, in about the same mix.
    """

    positives: Ids  # (P,) samples in which the event happened
    negatives: Ids  # (N,)
    batch_size: int
    seed: int
    positives_per_batch: int
    fewest: int = FEWEST  # samples in a last batch; negatives fill up a smaller one

    def batches(self, epoch: int) -> Iterator[Ids]:
        """The sample ids of one epoch, (B,) each, shuffled within the batch."""
        random = np.random.default_rng([self.seed, POSITIVES, epoch])
        positives = random.permutation(self.positives)
        start = epoch * self.negatives_per_epoch
        negatives = self._negatives(start, start + self.negatives_per_epoch)
        other = self.batch_size - self.positives_per_batch
        for batch in range(len(self)):
            chosen = positives[batch * self.positives_per_batch :][: self.positives_per_batch]
            rest = negatives[batch * other :][:other]
            yield random.permutation(np.concatenate([chosen, rest]))

    def __len__(self) -> int:
        return math.ceil(len(self.positives) / self.positives_per_batch)

    @property
    def negatives_per_epoch(self) -> int:
        """How many negatives an epoch shows."""
        other = self.batch_size - self.positives_per_batch
        full, left = divmod(len(self.positives), self.positives_per_batch)
        last = max(round(left * other / self.positives_per_batch), self.fewest - left, 1)
        return full * other + (last if left else 0)

    @property
    def positive_share(self) -> float:
        """Positives among the samples of an epoch, 0..1: 6 of 16 are .375, whatever was asked."""
        return len(self.positives) / (len(self.positives) + self.negatives_per_epoch)

    def coverage(self, epochs: int) -> float:
        """Share of the negatives shown at least once in the first `epochs` epochs."""
        return min(epochs * self.negatives_per_epoch / len(self.negatives), 1.0)

    def _negatives(self, start: int, stop: int) -> Ids:
        """A stretch of the endless row of negatives."""
        size = len(self.negatives)
        first, last = start // size, (stop - 1) // size
        row = np.concatenate([self._cycle(cycle) for cycle in range(first, last + 1)])
        return row[start - first * size : stop - first * size]

    def _cycle(self, cycle: int) -> Ids:
        """All negatives once, in an order that follows from seed and cycle alone."""
        return np.random.default_rng([self.seed, NEGATIVES, cycle]).permutation(self.negatives)


def find_order(
    sample_ids: Ids,
    happened: NDArray[np.bool_],
    batch_size: int,
    *,
    seed: int,
    settings: SamplingSettings,
    fewest: int = FEWEST,
) -> EpochOrder:
    """The order that the settings ask for.

    Args:
        sample_ids: (n,) the training samples.
        happened: (n,) whether the event happened in each.
        batch_size: samples a batch, over all processes.
        seed: same seed, same order.
        settings: the mix.
        fewest: samples in a last batch, at most a batch; two for each process.

    Raises:
        ConfigError: a batch of that size cannot hold that share of positives.
        DataError: there is no positive or no negative to balance.
    """
    positives, negatives = sample_ids[happened], sample_ids[~happened]
    if settings.positives is None:
        return NaturalOrder(
            positives=positives,
            negatives=negatives,
            batch_size=batch_size,
            seed=seed,
            fewest=fewest,
        )
    if not len(positives) or not len(negatives):
        raise DataError(
            phrase(
                "{positives} positives and {negatives} negatives cannot be balanced.",
                positives=len(positives),
                negatives=len(negatives),
            ),
            where=term("the train split"),
            remedy="Use more bars, a label whose event is less rare, or no sampling.positives.",
        )
    per_batch = round(batch_size * settings.positives)
    if not 0 < per_batch < batch_size:
        raise ConfigError(
            phrase(
                "a batch of {batch_size} with a share of {positives} has {per_batch} "
                "positives: one side is left out.",
                batch_size=batch_size,
                positives=settings.positives,
                per_batch=per_batch,
            ),
            where="sampling.positives",
            remedy="Use larger batches, or a share nearer to 0.5.",
        )
    return BalancedOrder(
        positives=positives,
        negatives=negatives,
        batch_size=batch_size,
        seed=seed,
        positives_per_batch=per_batch,
        fewest=fewest,
    )


def epoch_batches(
    sample_ids: Ids, batch_size: int, *, seed: int, epoch: int, fewest: int = FEWEST
) -> Iterator[Ids]:
    """Shuffle the samples and cut them into batches; the last one may be smaller.

    A last batch of fewer than `fewest` samples is left out of the epoch, because batch
    normalisation has no variance over a single one.
    """
    order = np.random.default_rng([seed, epoch]).permutation(sample_ids)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        if len(batch) >= fewest:
            yield batch


def batches_per_epoch(samples: int, batch_size: int, *, fewest: int = FEWEST) -> int:
    """How many batches `epoch_batches` gives."""
    full, rest = divmod(samples, batch_size)
    return (batch_size >= fewest) * full + (rest >= fewest)
