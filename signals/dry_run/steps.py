"""Steps of a training that leave nothing behind: its own loop, in a folder that goes."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from statistics import median

import torch

from quantsig.data.progress import silent
from quantsig.signals.layout import STATE
from quantsig.signals.models import build_member
from quantsig.signals.scoring.loader import Batch
from quantsig.signals.training.fit import open_history
from quantsig.signals.training.gradient import module_of, run_steps
from quantsig.signals.training.resume.checkpointing import Checkpointing
from quantsig.signals.training.resume.interrupt import StopRequest
from quantsig.signals.training.setup import TrainingSetup
from quantsig.signals.training.steps.module import TrainingModule
from quantsig.signals.training.tracking.callbacks import Callbacks

ENDLESS = 1 << 30  # steps of an epoch that does not end while it is measured
NEVER_MINUTES = 1e6  # between savings of the state
WARM_STEPS = 2
MOST_STEPS = 16
ENOUGH_SECONDS = 2.0  # of measured steps


@dataclass(kw_only=True, eq=False)
class MeasuredBatches:
    """Some batches of a training, and how long each step between two of them took."""

    batches: Iterable[Batch]
    seconds: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return WARM_STEPS + MOST_STEPS + 1

    def __iter__(self) -> Iterator[Batch]:
        before = time.perf_counter()
        for number, batch in enumerate(islice(self.batches, len(self))):
            now = time.perf_counter()
            if number > WARM_STEPS:
                self.seconds.append(now - before)
            if sum(self.seconds) > ENOUGH_SECONDS:
                return
            before = now
            yield batch


def seconds_of_a_step(setup: TrainingSetup, batches: Iterable[Batch]) -> float:
    """The median of some steps, with drawing, as the training takes them."""
    measured = MeasuredBatches(batches=batches)
    take_steps(setup, measured)
    return median(measured.seconds)


def take_steps(setup: TrainingSetup, batches: Iterable[Batch]) -> TrainingModule:
    """Take a step a batch: Lightning's Trainer with the training's own module and checkpointing.

    No epoch ends and no state is saved; what the loop wants a folder for goes with it.
    """
    train = replace(setup.plan.train, save_minutes=NEVER_MINUTES)
    setup = replace(setup, plan=replace(setup.plan, train=train))
    torch.manual_seed(train.seed)
    model = build_member(setup.record)
    module = module_of(model, setup, steps_per_epoch=ENDLESS)
    with tempfile.TemporaryDirectory(prefix="quantsig-steps-") as folder:
        state = Path(folder) / STATE
        state.mkdir()
        history = open_history(setup, Path(folder), Callbacks())
        checkpointing = Checkpointing(state, history, StopRequest(), silent, setup.device)
        run_steps(module, batches, setup, checkpointing)
    return module
