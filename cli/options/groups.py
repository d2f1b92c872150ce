"""Groups of options that several verbs have, each declared once as a dataclass."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """A verb whose groups are spread into their options, for typer reads those off a signature.

    The options stand where the group does, in the order of its fields, whose annotations and
    defaults they have.

    Args:
        verb: takes a dataclass of options where it takes a group.
    """
    own = inspect.signature(verb, eval_str=True).parameters.values()
    groups: dict[str, Any] = {
        one.name: one.annotation for one in own if is_dataclass(one.annotation)
    }

    @wraps(verb)
    def spread(**given: Any) -> None:
        made = {
            name: kind(**{field.name: given.pop(field.name) for field in fields(kind)})
            for name, kind in groups.items()
        }
        verb(**given, **made)

    options = [option for one in own for option in _options_of(one)]
    spread.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    spread.__annotations__ = {one.name: one.annotation for one in options}
    return spread


def settings_of(section: str, group: Any) -> dict[str, Any]:
    """What a group of options says of the settings of a section, by their dotted names."""
    return {f"{section}.{field.name}": getattr(group, field.name) for field in fields(group)}


def _options_of(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    named = inspect.Parameter.KEYWORD_ONLY
    if not is_dataclass(parameter.annotation):
        yield parameter.replace(kind=named)
        return
    kinds = get_type_hints(parameter.annotation, include_extras=True)
    for field in fields(parameter.annotation):
        annotation = kinds[field.name]
        yield inspect.Parameter(field.name, named, default=field.default, annotation=annotation)
