"""Who is told how a training goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantsig.data.progress import Note, Progress, silent, unheard

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
