"""The parts that an input is made of, each a number array by name.

An input of one part is that array; one of several is a dict of them by name, all with the same
first dimension.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Inputs = Any  # a tensor (B, ...), or a dict of tensors by the names of parts
ONLY = "inputs"  # the name of a part that is alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One of the arrays of an input.

    Attributes:
        name: by which a model takes it.
        shape: of one unit.
        dtype: by numpy's name; bool for masks, true where there is something.
    """

    name: str = ONLY
    shape: tuple[int, ...]
    dtype: str


def made(parts: tuple[Part, ...], make: Callable[[Part], Any]) -> Any:
    """What `make` gives of the only part, or of each by name."""
    if len(parts) == 1:
        return make(parts[0])
    return {part.name: make(part) for part in parts}


def mapped(inputs: Any, change: Callable[[Any], Any]) -> Any:
    """An input whose parts are each changed alike."""
    if isinstance(inputs, dict):
        return {name: change(part) for name, part in inputs.items()}
    return change(inputs)


def cut(inputs: Any, start: int, stop: int) -> Any:
    """Some neighbouring units of an input, none of it copied."""
    return mapped(inputs, lambda part: part[start:stop])


def first_part(inputs: Any) -> Any:
    """The part that holds the numbers; masks and what is beside them come later."""
    return next(iter(inputs.values())) if isinstance(inputs, dict) else inputs


def every_part(inputs: Any) -> tuple[Any, ...]:
    """All parts in order."""
    return tuple(inputs.values()) if isinstance(inputs, dict) else (inputs,)
