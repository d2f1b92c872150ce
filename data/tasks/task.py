"""A task that another process may do, and what can become of it."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeAlias

from quantsig.data.errors import QuantsigError
from quantsig.data.storage.refusals import refusal

PROGRESS = "progress"  # of the moment: told only by a task that runs here
NO_MEMORY = "the memory ran out"

Hear = Callable[..., None]  # the name of what is told, then what: hear("tell", "fold 2 of 5")
Function = Callable[[Any, Hear], Any]  # of a task's work; top-level, so that others find it


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One of many.

    Attributes:
        name: that errors name it by, such as fold 3.
        work: what its function is given; it carries its seed, and paths from the root.
    """

    name: str
    work: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """It came to its end."""

    value: Any
    heard: tuple[tuple[Any, ...], ...] = ()  # what was told on the way


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """It cannot be done as things are, however often it is tried."""

    kind: type[QuantsigError]
    what: str
    where: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """The process or the machine that did it is no more."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """It ended in an error that nobody foresaw."""

    error: str
    trace: str


Outcome: TypeAlias = Done | Refused | Lost | Failed


def packed(function: Function, work: Any) -> bytes:
    """A task for the process of a worker, which unpacks it itself: what it names may be missing."""
    return bytes(ForkingPickler.dumps((function, work)))


def outcome_of(task: bytes) -> Outcome:
    """Do a task that was packed, in the process of a worker."""
    heard: list[tuple[Any, ...]] = []

    def hear(name: str, *told: Any) -> None:
        if name != PROGRESS:
            heard.append((name, *told))

    try:
        function, work = ForkingPickler.loads(task)
        return Done(value=function(work, hear), heard=tuple(heard))
    except MemoryError:
        return Lost(reason=NO_MEMORY)
    except Exception as error:
        known = error if isinstance(error, QuantsigError) else refusal(error)
        if known is None:
            said = f"{type(error).__name__}: {error}".partition("\n")[0]
            return Failed(error=said, trace=traceback.format_exc())
        return Refused(kind=type(known), what=known.what, where=known.where, remedy=known.remedy)
