"""The whole training as one stream of batches, so that going on is starting further down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch

from quantsig.signals.inputs.feed import Feed
from quantsig.signals.optimisation.sampler import EpochOrder
from quantsig.signals.scoring.loader import Batch, load
from quantsig.signals.training import ranks
from quantsig.signals.training.problem import Problem


@dataclass(kw_only=True, eq=False)
class BatchStream:
    """The batches of all epochs from a step on; which they are depends on the order alone.

    Attributes:
        problem: whose training rows are shown.
        order: the batches of each epoch.
        epochs: at most so many.
        batch_size: samples of a step, over all processes.
        feed: how an epoch's samples reach the device.
        device: where the inputs are wanted; Lightning has nothing to move.
        start: the step to begin with, known once the state is read.
    """

    problem: Problem
    order: EpochOrder
    epochs: int
    batch_size: int
    feed: Callable[[int], Feed]
    device: torch.device
    start: int = 0

    def __len__(self) -> int:
        return self.epochs * len(self.order) - self.start

    def __iter__(self) -> Iterator[Batch]:
        first, skipped = divmod(self.start, len(self.order))
        for epoch in range(first, self.epochs):
            batches = map(ranks.dealt, islice(self.order.batches(epoch), skipped, None))
            skipped = 0
            feed = self.feed(epoch)
            yield from load(
                self.problem.samples, batches, self.batch_size, device=self.device, feed=feed
            )
