"""Which settings a search varies, and between which values."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from quantsig.data.errors import ConfigError, one_of, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.signals.training.settings import Plan

WIDE = 10.0  # ends further apart than this factor are searched by their logarithm
NOT_LEARNING = ("alarms", "speed")  # sections that change nothing of what is learnt
NOT_KNOBS = (  # choosing these by validation would only fit its noise, or means nothing
    "train.best_by",
    "train.seed",
    "train.seeds",
    "train.save_minutes",
    "sampling.stack_corrections",
)
DEFAULT = {  # of a model that learns by gradient
    "optimiser.learning_rate": [1e-5, 1e-2],
    "optimiser.weight_decay": [1e-4, 1e-1],
    "train.batch_size": [16, 32, 64],
}

Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Every number from low to high, both included."""

    low: float
    high: float
    whole: bool  # whole numbers alone
    logarithmic: bool

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that a check has to try."""
        return self.low, self.high


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """One of several values."""

    values: tuple[Value, ...]

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that a check has to try."""
        return self.values


Space = Mapping[str, Range | Choices]


def read_space(table: Mapping[str, Any]) -> dict[str, Range | Choices]:
    """The space that a `[search]` table declares, by the names of the settings in order.

    Two numbers are the ends of a range, logarithmic where they are more than a factor of ten
    apart; any other list holds the values to choose from.

    Raises:
        ConfigError: a name is no setting that can be searched, or its values make no sense.
    """
    named = _flat(table)
    known = searchable()
    for name in named:
        if name not in known:
            raise unknown_name("setting to search", name, known, where=f"search.{name}")
    return {name: _option(name, named[name], known[name]) for name in sorted(named)}


def searchable() -> dict[str, tuple[type, ...]]:
    """Every setting that a search can vary, with the types of its values."""
    found = {}
    for section, kind in get_type_hints(Plan).items():
        if section in NOT_LEARNING:
            continue
        for name, hint in get_type_hints(kind).items():
            held = tuple(part for part in _parts(hint) if part in (str, int, float, bool))
            if held and f"{section}.{name}" not in NOT_KNOBS:
                found[f"{section}.{name}"] = held
    return found


def changed(plan: Plan, values: Mapping[str, Value]) -> Plan:
    """A plan with settings by dotted name put in.

    Raises:
        ConfigError: a section refuses them.
    """
    by_section: dict[str, dict[str, Value]] = {}
    for name, value in values.items():
        section, _, field = name.partition(".")
        by_section.setdefault(section, {})[field] = value
    sections = {
        section: replace(getattr(plan, section), **fields) for section, fields in by_section.items()
    }
    return replace(plan, **sections)


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Names with a dot; TOML makes a table of one that is not in quotes."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": held for inner, held in value.items()}
        else:
            flat[name] = value
    return flat


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _option(name: str, values: Any, kinds: tuple[type, ...]) -> Range | Choices:
    if not isinstance(values, list) or not values:
        raise _refused(name, values, "Give two numbers as a range, or a list to choose from.")
    if len(values) == 2 and all(_is_number(value) for value in values):
        return _range(name, values[0], values[1], kinds)
    for value in values:
        if not _fits(value, kinds):
            raise _refused(
                name,
                value,
                phrase("Expected: {expected}", expected=one_of([kind.__name__ for kind in kinds])),
            )
    if len(set(map(str, values))) < len(values):
        raise _refused(name, values, "Name each value once.")
    return Choices(values=tuple(values))


def _range(name: str, low: float, high: float, kinds: tuple[type, ...]) -> Range:
    whole = float not in kinds
    if not (_fits(low, kinds) and _fits(high, kinds)):
        raise _refused(
            name,
            [low, high],
            phrase("Expected: {expected}.", expected=one_of([kind.__name__ for kind in kinds])),
        )
    if not low < high:
        raise _refused(name, [low, high], "Write the lower end of a range first.")
    logarithmic = low > 0 and high / low > WIDE
    return Range(low=low, high=high, whole=whole, logarithmic=logarithmic)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    """Whether a value is of one of the types; a whole number is a float too, a flag is neither."""
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int):
        return int in kinds or float in kinds
    return isinstance(value, kinds) and value == value  # noqa: PLR0124 - no NaN


def _refused(name: str, value: object, remedy: str) -> ConfigError:
    return ConfigError(
        phrase("{name} cannot be searched over {value}.", name=name, value=value),
        where=f"search.{name}",
        remedy=remedy,
    )
