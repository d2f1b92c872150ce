"""Under which heading of a verb's help an option stands, and which setting it sets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

TRAINING = "Training options"
COMMON = "Settings and output"  # what most verbs have; the last of every help


@dataclass(frozen=True, slots=True)
class OfSetting:
    """Stands beside an option: the setting that it sets, which knows its default and values."""

    name: str  # dotted, as train.epochs


def known_values(names: Iterable[str], shown: str | None = None) -> dict[str, Any]:
    """What typer.Option is told of an option that takes one of some names.

    The room that reads the value refuses others; here they are shown, and completed.

    Args:
        names: all of them.
        shown: behind the option in place of them.
    """
    known = tuple(names)

    def complete(incomplete: str) -> Sequence[str]:
        return [name for name in known if name.startswith(incomplete)]

    return {"metavar": shown or metavar(known), "autocompletion": complete}


def metavar(names: Iterable[str]) -> str:
    """Names to choose from, as help shows them behind an option."""
    return f"[{'|'.join(names)}]"
