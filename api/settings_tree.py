"""Settings as a tree of tables, from dotted names such as `train.epochs`. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from quantsig.data.calendar.intervals import parse_interval
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.storage.records import LEFT_OUT
from quantsig.settings import SamplesSection, Settings, WrongValueError, typed
from quantsig.signals.training.recipes import recipe_named

SEARCH = "search"  # the section whose keys are names of other settings
CHANGES = "changes"  # the field that holds what [samples] says of the chart itself
RECIPE = "train.recipe"


def settings_given(given: Mapping[str, Any]) -> Settings:
    """The settings that a caller gives, and of all others the default.

    Neither a file nor the environment is asked: the same call means the same everywhere.

    Args:
        given: values by dotted name, over those of the recipe that they name; None: not given.

    Raises:
        ConfigError: an unknown name, or a value of the wrong kind.
    """
    given = {name: value for name, value in given.items() if value is not None}
    known = known_keys()
    for name in given:
        if name not in known:
            raise unknown_name("setting", name, known, where=name)
    recipe = given.get(RECIPE)
    lower = nested(recipe_named(recipe)) if isinstance(recipe, str) else {}
    try:
        return settings_of_tree(over(lower, nested(given)))
    except WrongValueError as error:
        raise ConfigError(
            f"{error.name} cannot be {error.value!r}.",
            where=error.name,
            remedy=f"Expected: {error.expected}.",
        ) from error


def settings_of_tree(tree: Mapping[str, Any]) -> Settings:
    """The settings, of whose sections those in which anything is given are checked.

    Raises:
        WrongValueError: a value of the wrong kind.
        ConfigError: one of the right kind that makes no sense.
    """
    kinds = {field.name: field.type for field in fields(Settings)}
    sections = {
        name: typed(kinds[name], _prepared(name, tree[name]), name)
        for name in kinds
        if name in tree
    }
    settings = Settings(**sections)
    settings.samples.chart  # noqa: B018 - says now what is wrong with it
    return settings


def known_keys() -> list[str]:
    """Every setting by its dotted name; what a search varies are such names again."""
    names = []
    for section, kind in ((field.name, field.type) for field in fields(Settings)):
        if section == SEARCH:
            continue
        keys = _keys(kind)
        keys += _keys(ChartSpec) if kind is SamplesSection else []
        names += [f"{section}.{key}" for key in keys] or [section]
    return names


def nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """The tree of values by dotted name."""
    tree: dict[str, Any] = {}
    for name, value in given.items():
        section, _, key = name.partition(".")
        if key:
            tree.setdefault(section, {})[key] = value
        else:
            tree[section] = value
    return tree


def over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """One tree of settings over another; a table goes over a table key by key."""
    merged = dict(lower)
    for name, value in upper.items():
        below = merged.get(name)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = over(below, value)  # noqa: PLW2901
        merged[name] = value
    return merged


def _prepared(section: str, content: object) -> object:
    """What a section's dataclass reads of what a user may write."""
    if not isinstance(content, Mapping):
        return content
    if section == "bars" and "interval" in content:
        return {**content, "interval": parse_interval(content["interval"])}
    if section == "samples":
        own = set(_keys(SamplesSection))
        changes = {name: value for name, value in content.items() if name not in own}
        return {
            **{name: value for name, value in content.items() if name in own},
            CHANGES: changes,
        }
    return content


def _keys(kind: Any) -> list[str]:
    known = fields(kind) if is_dataclass(kind) else ()
    names = [one.name for one in known if one.metadata != LEFT_OUT]  # else it is no setting
    return [name for name in names if name != CHANGES]
