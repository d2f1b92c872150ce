"""Groups of options that several verbs have, each declared once as a dataclass."""

import inspect
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, get_args, get_type_hints

from typer.models import OptionInfo

from quantsig.cli import completion
from quantsig.cli.options.panels import OfSetting


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """A verb whose groups are spread into their options, for typer reads those off a signature.

    The options stand where the group does, in the order of its fields, whose annotations and
    defaults they have; in help under the group's PANEL. Each sets the setting of its name in the
    group's SECTION, where it has one.

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


def settings_of(group: Any) -> dict[str, Any]:
    """What a group of options says of the settings of its section, by their dotted names."""
    return {f"{group.SECTION}.{field.name}": getattr(group, field.name) for field in fields(group)}


def _options_of(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    named = inspect.Parameter.KEYWORD_ONLY
    if not is_dataclass(parameter.annotation):
        yield parameter.replace(kind=named)
        return
    kinds = get_type_hints(parameter.annotation, include_extras=True)
    for field in fields(parameter.annotation):
        annotation = _placed(kinds[field.name], parameter.annotation, field.name)
        yield inspect.Parameter(field.name, named, default=field.default, annotation=annotation)


def _placed(annotation: Any, group: Any, name: str) -> Any:
    """The annotation of an option, which then knows its heading and its setting."""
    kind, declared, *more = get_args(annotation)
    option: OptionInfo = copy(declared)
    option.rich_help_panel = getattr(group, "PANEL", None)
    section = getattr(group, "SECTION", None)
    if section is not None:
        more.append(OfSetting(f"{section}.{name}"))
        if kind == str | None and option.autocompletion is None:
            option.autocompletion = completion.values_of(f"{section}.{name}")
    return Annotated[kind, option, *more]
