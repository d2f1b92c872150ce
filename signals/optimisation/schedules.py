"""How the learning rate moves. To add a schedule: a function here and a line in SCHEDULES.

Each says when it moves: after every optimiser step, after every epoch, or after an epoch by its
metric. Who trains tells a schedule of every step and every epoch and cannot mix these up.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from quantsig.data.errors import refused, unknown_name
from quantsig.data.language.messages import phrase

if TYPE_CHECKING:  # the settings are read by verbs that should not wait for numpy and torch
    import numpy as np
    from numpy.typing import NDArray
    from torch import optim
    from torch.optim.lr_scheduler import LRScheduler

When = Literal["per_step", "per_epoch", "per_metric"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleSettings:
    """Which schedule, and its numbers."""

    name: str = "warmup_cosine"
    warmup_steps: int = 500  # warmup_cosine: optimiser steps; at most a tenth of all steps
    warmup_epochs: int = 5  # warmup_epochs
    step_epochs: int = 10  # step: epochs from one fall to the next
    factor: float = 0.1  # step and plateau: what the rate is multiplied by
    plateau_patience: int = 5  # plateau: epochs without a lower metric before the rate falls
    minimum_rate: float = 1e-6  # cosine: the rate at the end

    def __post_init__(self) -> None:
        schedule_kind(self.name)
        for name, least in (
            ("warmup_steps", 0),
            ("warmup_epochs", 1),
            ("step_epochs", 1),
            ("plateau_patience", 0),
        ):
            if getattr(self, name) < least:
                raise refused(
                    f"schedule.{name}",
                    getattr(self, name),
                    phrase("Give a whole number from {least} up.", least=least),
                )
        if not 0.0 < self.factor < 1.0:
            raise refused("schedule.factor", self.factor, "Give a number between 0 and 1.")
        if not 0.0 <= self.minimum_rate < math.inf:
            raise refused("schedule.minimum_rate", self.minimum_rate, "Give 0 or more.")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingLength:
    """How long a training is."""

    total_steps: int  # optimiser steps
    steps_per_epoch: int

    @property
    def epochs(self) -> int:
        """Epochs, the last of which may be cut short."""
        return math.ceil(self.total_steps / self.steps_per_epoch)


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """A schedule at work.

    Told of everything, it moves when it is its turn: a rate that follows the steps never sees a
    metric, and one that waits for a metric never counts steps.
    """

    scheduler: "LRScheduler"
    steps: When

    def after_step(self) -> None:
        """An optimiser step was taken."""
        if self.steps == "per_step":
            self.scheduler.step()

    def after_epoch(self, metric: float) -> None:
        """An epoch ended with this metric on validation, lower is better."""
        if self.steps == "per_epoch":
            self.scheduler.step()
        elif self.steps == "per_metric":
            from torch.optim.lr_scheduler import ReduceLROnPlateau  # noqa: PLC0415

            assert isinstance(self.scheduler, ReduceLROnPlateau)
            self.scheduler.step(metric)

    def state_dict(self) -> dict[str, Any]:
        """What a resume needs."""
        state: dict[str, Any] = self.scheduler.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave; how long the training is stays as it was built."""
        own = {name: value for name, value in state.items() if name != "T_max"}
        self.scheduler.load_state_dict(own)

    def move_end(self) -> None:
        """Take the rate that this schedule has where it stands, after one of another length.

        Schedules that do not look at the length keep the rate they have.
        """
        from torch.optim import lr_scheduler  # noqa: PLC0415

        scheduler = self.scheduler
        at = scheduler.last_epoch
        if isinstance(scheduler, lr_scheduler.LambdaLR):
            shares = [share(at) for share in scheduler.lr_lambdas]
            rates = [peak * share for peak, share in zip(scheduler.base_lrs, shares, strict=True)]
        elif isinstance(scheduler, lr_scheduler.CosineAnnealingLR):
            share = 0.5 * (1.0 + math.cos(math.pi * at / scheduler.T_max))
            low = scheduler.eta_min
            rates = [low + (peak - low) * share for peak in scheduler.base_lrs]
        else:
            return
        for group, rate in zip(scheduler.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleKind:
    """A schedule and when it moves."""

    build: Callable[["optim.Optimizer", ScheduleSettings, TrainingLength], "LRScheduler"]
    steps: When


def warmup_then_cosine(step: int, *, warmup_steps: int, total_steps: int) -> float:
    """Share of the peak learning rate at an optimiser step.

    Linear from near zero over `warmup_steps`, then half a cosine down to zero at `total_steps`
    (Loshchilov and Hutter 2017, without restarts).
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    share = (step - warmup_steps) / max(total_steps - warmup_steps, 1)
    return 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))


def warmup_cosine(
    optimiser: "optim.Optimizer", settings: ScheduleSettings, plan: TrainingLength
) -> "LRScheduler":
    """Up over `warmup_steps`, at most a tenth of all steps, then half a cosine to zero."""
    from torch.optim.lr_scheduler import LambdaLR  # noqa: PLC0415

    warmup_steps = min(settings.warmup_steps, plan.total_steps // 10)
    share = partial(warmup_then_cosine, warmup_steps=warmup_steps, total_steps=plan.total_steps)
    return LambdaLR(optimiser, share)


def warmup_epochs(
    optimiser: "optim.Optimizer", settings: ScheduleSettings, plan: TrainingLength
) -> "LRScheduler":
    """The same with a rate for each epoch: up over `warmup_epochs`, then half a cosine."""
    from torch.optim.lr_scheduler import LambdaLR  # noqa: PLC0415

    if settings.warmup_epochs >= plan.epochs:
        raise refused(
            "schedule.warmup_epochs",
            settings.warmup_epochs,
            phrase(
                "The training has {epochs} epochs: warm up for fewer, or train longer.",
                epochs=plan.epochs,
            ),
        )
    share = partial(
        warmup_then_cosine, warmup_steps=settings.warmup_epochs, total_steps=plan.epochs
    )
    return LambdaLR(optimiser, share)


def step(
    optimiser: "optim.Optimizer", settings: ScheduleSettings, plan: TrainingLength
) -> "LRScheduler":
    """peak * factor ^ floor(epoch / step_epochs)."""
    from torch.optim.lr_scheduler import StepLR  # noqa: PLC0415

    return StepLR(optimiser, settings.step_epochs, settings.factor)


def plateau(
    optimiser: "optim.Optimizer", settings: ScheduleSettings, plan: TrainingLength
) -> "LRScheduler":
    """Times `factor` after more than `plateau_patience` epochs without a lower metric."""
    from torch.optim.lr_scheduler import ReduceLROnPlateau  # noqa: PLC0415

    return ReduceLROnPlateau(optimiser, factor=settings.factor, patience=settings.plateau_patience)


def cosine(
    optimiser: "optim.Optimizer", settings: ScheduleSettings, plan: TrainingLength
) -> "LRScheduler":
    """minimum + (peak - minimum) (1 + cos(pi epoch / epochs)) / 2."""
    from torch.optim.lr_scheduler import CosineAnnealingLR  # noqa: PLC0415

    return CosineAnnealingLR(optimiser, plan.epochs, settings.minimum_rate)


def constant(
    optimiser: "optim.Optimizer", settings: ScheduleSettings, plan: TrainingLength
) -> "LRScheduler":
    """The peak throughout."""
    from torch.optim.lr_scheduler import LambdaLR  # noqa: PLC0415

    return LambdaLR(optimiser, lambda epoch: 1.0)


SCHEDULES: dict[str, ScheduleKind] = {
    "warmup_cosine": ScheduleKind(build=warmup_cosine, steps="per_step"),
    "warmup_epochs": ScheduleKind(build=warmup_epochs, steps="per_epoch"),
    "cosine": ScheduleKind(build=cosine, steps="per_epoch"),
    "step": ScheduleKind(build=step, steps="per_epoch"),
    "plateau": ScheduleKind(build=plateau, steps="per_metric"),
    "constant": ScheduleKind(build=constant, steps="per_epoch"),
}


def schedule_kind(name: str) -> ScheduleKind:
    """The table's line of `name`; an unknown name raises an error that lists the known."""
    if name not in SCHEDULES:
        raise unknown_name("schedule", name, SCHEDULES, where="schedule.name")
    return SCHEDULES[name]


def build_schedule(
    optimiser: "optim.Optimizer", settings: ScheduleSettings, total_steps: int, steps_per_epoch: int
) -> Schedule:
    """The schedule that the settings name, for a training of that length.

    Raises:
        ConfigError: the training is too short for it.
    """
    kind = schedule_kind(settings.name)
    plan = TrainingLength(total_steps=total_steps, steps_per_epoch=steps_per_epoch)
    return Schedule(scheduler=kind.build(optimiser, settings, plan), steps=kind.steps)


def rate_curve(
    settings: ScheduleSettings, peak: float, total_steps: int, steps_per_epoch: int
) -> "NDArray[np.float64]":
    """The learning rate of every optimiser step of a plan, (total_steps,), before it runs.

    A schedule that waits for a metric is shown as it is while the metric keeps falling.
    """
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    schedule = build_schedule(optimiser, settings, total_steps, steps_per_epoch)
    rates = np.empty(total_steps)
    for number in range(total_steps):
        rates[number] = optimiser.param_groups[0]["lr"]
        optimiser.step()
        schedule.after_step()
        if (number + 1) % steps_per_epoch == 0:
            schedule.after_epoch(metric=-float(number))
    return rates
