"""How work reports how far it is, without knowing who shows it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

Progress = Callable[[int, int], None]  # (done, total), called now and then
Note = Callable[[str], None]
Stage = Callable[[str], AbstractContextManager[Progress]]  # entered with a title


def silent(done: int, total: int) -> None:
    """Show nothing."""


def unheard(text: str) -> None:
    """Nobody is told."""


def untitled(title: str) -> AbstractContextManager[Progress]:
    """A stage that nobody is shown."""
    return nullcontext(silent)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """Who is told of work in several stages.

    Attributes:
        stage: entered for each of them; gives who is told how far it is.
        tell: a line that a person should read.
    """

    stage: Stage = untitled
    tell: Note = unheard


NOBODY = Listener()
