"""Trainings that other processes do: with as many threads, on the same kind of device."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from quantsig.data.errors import UsageError
from quantsig.data.tasks.workers import Workers
from quantsig.signals.scoring.arithmetic import computed_in, threads_of
from quantsig.signals.scoring.device import find_device
from quantsig.signals.training import ranks
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch

STOP_WITHIN_S = 8.0  # of being asked to, in a process that others wait for


@dataclass(frozen=True, kw_only=True, slots=True)
class ComputeSettings:
    """How this process computes, so that another computes the same bits.

    Attributes:
        device: cpu or cuda.
        threads: of torch.
        stop_within_s: as of `Callbacks`.
    """

    device: str
    threads: int
    stop_within_s: float | None

    @contextmanager
    def again(self) -> Iterator[None]:
        """Compute so."""
        with computed_in(self.threads):
            yield


def computed_here(launch: Launch) -> ComputeSettings:
    """How a training that is started so computes in this process."""
    listener: Callbacks = launch.callbacks
    return ComputeSettings(
        device=find_device(launch.device).type,
        threads=torch.get_num_threads(),
        stop_within_s=listener.stop_within_s if launch.on.here else STOP_WITHIN_S,
    )


def workers_for(plan: Plan, launch: Launch) -> Workers:
    """The workers of a launch, for trainings of a plan: the cores and GPUs that each takes.

    Raises:
        UsageError: several processes train together already.
    """
    if launch.on.here:
        return launch.on
    if ranks.world_size() > 1:
        raise UsageError(
            "processes that train together cannot have workers, too.",
            where="torchrun",
            remedy="Start it without torchrun, or without `workers` and `on`.",
        )
    device = find_device(launch.device)
    threads = threads_of(device, deterministic=plan.speed.deterministic)
    gpus = launch.on.gpus_per_task or float(device.type == "cuda" and launch.on.home != "local")
    return replace(launch.on, threads=threads, gpus_per_task=gpus)
