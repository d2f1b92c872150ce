"""Who is told how a training goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantsig.data.progress import Note, Progress, silent, unheard
from quantsig.data.tasks.task import PROGRESS, Hear

Rows = Sequence[Mapping[str, Any]]


def unseen(rows: Rows) -> None:
    """Nobody looks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Callbacks:
    """What the caller wants to hear of a training.

    Attributes:
        progress: optimiser steps done and in all.
        tell: a line that a person should read, such as an alarm.
        epoch: the rows of metrics.parquet of an epoch that has ended.
        stop_within_s: end the process so many seconds after SIGINT or SIGTERM even in the middle
            of a step; None: never.
    """

    progress: Progress = silent
    tell: Note = unheard
    epoch: Callable[[Rows], None] = unseen
    stop_within_s: float | None = None


def heard(callbacks: Callbacks) -> Hear:
    """Callbacks as what hears of tasks, wherever these run."""

    def hear(name: str, *told: Any) -> None:
        getattr(callbacks, name)(*told)

    return hear


def telling(hear: Hear, stop_within_s: float | None = None) -> Callbacks:
    """Callbacks of a training that is a task: `heard` of them is `hear`."""
    return Callbacks(
        progress=lambda done, total: hear(PROGRESS, done, total),
        tell=lambda text: hear("tell", text),
        epoch=lambda rows: hear("epoch", list(rows)),
        stop_within_s=stop_within_s,
    )
