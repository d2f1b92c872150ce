"""An order of whole decision times, for models that read all symbols of a time together."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quantsig.data.errors import ConfigError
from quantsig.signals.optimisation.sampler import EpochOrder, Ids
from quantsig.signals.optimisation.sampling import SamplingSettings


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TimeOrder:
    """Every sample once an epoch, all of one time in the same batch, the times shuffled.

    A batch holds about `batch_size` samples, and no two differ by more than one time.
    """

    sample_ids: Ids  # (n,)
    time_of: Ids  # (n,) numbers of their times, from 0 without a gap
    happened: int  # in how many the event did
    batch_size: int
    seed: int

    def batches(self, epoch: int) -> Iterator[Ids]:
        """The sample ids of one epoch, (B,) each, time by time."""
        by_time = np.argsort(self.time_of, kind="stable")
        cuts = np.flatnonzero(np.diff(self.time_of[by_time])) + 1
        members = np.split(self.sample_ids[by_time], cuts)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(members))
        for times in np.array_split(order, len(self)):
            yield np.concatenate([members[time] for time in times])

    def __len__(self) -> int:
        times = int(self.time_of.max()) + 1
        return min(max(1, round(len(self.sample_ids) / self.batch_size)), times)

    @property
    def positive_share(self) -> float:
        """Positives among all samples, 0..1."""
        return self.happened / len(self.sample_ids)

    def coverage(self, epochs: int) -> float:
        """All negatives, from the first epoch on."""
        return float(epochs > 0)


def find_time_order(
    sample_ids: Ids, times: Ids, happened: int, batch_size: int, seed: int
) -> EpochOrder:
    """The order of whole times.

    Args:
        sample_ids: (n,) the training samples.
        times: (n,) when each decides, in any unit.
        happened: in how many the event did.
        batch_size: samples a batch, about, over all processes.
        seed: same seed, same order.
    """
    _, time_of = np.unique(times, return_inverse=True)
    return TimeOrder(
        sample_ids=sample_ids,
        time_of=time_of.astype(np.int64),
        happened=happened,
        batch_size=batch_size,
        seed=seed,
    )


def refuse_mix(settings: SamplingSettings) -> None:
    """Refuse a mix of positives where batches are whole times.

    Raises:
        ConfigError: one is set.
    """
    if settings.positives is not None:
        raise ConfigError(
            "batches of whole decision times come in the mix of their times.",
            where="sampling.positives",
            remedy="Leave it out; class weights may be used: loss.class_weights.",
        )
