"""Blocks of steps of our training loop, and of others between them, each timed."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, repeat
from statistics import median

import torch

from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.dry_run.steps import ENDLESS, NEVER_MINUTES, WARM_STEPS
from quantsig.signals.inputs.parts import mapped
from quantsig.signals.scoring.loader import AHEAD_BATCHES, Batch
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.setup import TrainingSetup, find_setup
from quantsig.signals.training.steps.stream import BatchStream

OURS, BARE, FED = "ours", "bare", "fed"


@dataclass(kw_only=True, eq=False)
class TimedSteps:
    """The batches of our loop, which times the steps it takes between two of them.

    Attributes:
        resident: the batch of every step but the fed ones.
        steps: of a block.
        rounds: blocks of each kind.
        device: idle before and after a block.
        bare: takes one step of another loop.
        fed: batches without end from the loader.
        seconds: of a step, by kind and round.
    """

    resident: Batch
    steps: int
    rounds: int
    device: torch.device
    bare: Callable[[], object] | None = None
    fed: Iterator[Batch] | None = None
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def __len__(self) -> int:
        fed = AHEAD_BATCHES + 2 + self.steps if self.fed else 0
        return WARM_STEPS + self.rounds * (self.steps + fed) + 1

    def __iter__(self) -> Iterator[Batch]:
        yield from repeat(self.resident, WARM_STEPS)
        for _ in range(WARM_STEPS if self.bare else 0):
            self._bare_step()
        for _ in range(self.rounds):
            yield from self._timed(OURS, repeat(self.resident, self.steps))
            if self.bare:
                for _ in self._timed(BARE, repeat(self.resident, self.steps)):
                    self._bare_step()
            if self.fed:
                yield from islice(self.fed, AHEAD_BATCHES + 2)  # what was drawn meanwhile
                yield from self._timed(FED, islice(self.fed, self.steps))
        yield self.resident  # who asks for it has ended the last block

    def median(self, kind: str) -> float:
        """Seconds of a step, the median of the rounds."""
        return median(self.seconds[kind])

    def _timed(self, kind: str, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The batches; all that happens until one more is asked for counts."""
        self._wait()
        start = time.perf_counter()
        yield from batches
        self._wait()
        self.seconds.setdefault(kind, []).append((time.perf_counter() - start) / self.steps)

    def _bare_step(self) -> None:
        assert self.bare
        self.bare()

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def setup_of(
    samples: SampleSet,
    network: str,
    batch_size: int,
    device: torch.device,
    spec: SequenceSpec = AS_CHARTED,
) -> TrainingSetup:
    """A training with the settings as they come, which never saves in between."""
    settings = TrainSettings(model=network, batch_size=batch_size, save_minutes=NEVER_MINUTES)
    return find_setup(samples, Plan(train=settings, input=spec), SplitSpec(), device.type)


def batches_of(setup: TrainingSetup) -> Iterator[Batch]:
    """What the training's own stream feeds, epoch after epoch."""
    feed = setup.feed(setup.samples)
    stream = BatchStream(
        problem=setup.problem,
        order=setup.order,
        epochs=ENDLESS,
        batch_size=setup.plan.train.batch_size,
        feed=lambda epoch: feed,
        device=setup.device,
    )
    return iter(stream)


def resident_batch(setup: TrainingSetup) -> Batch:
    """The first batch of the training, as the loader gives it, in memory of its own."""
    batches = batches_of(setup)
    first = next(batches)
    return first._replace(inputs=mapped(first.inputs, torch.clone))
