"""Settings as a tree of tables, from dotted names such as `train.epochs`. Imports nothing heavy."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from quantsig.data.calendar.intervals import parse_interval
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError, one_of
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.storage.records import LEFT_OUT
from quantsig.settings import SamplesSection, Settings, WrongValueError, typed
from quantsig.signals.training.recipes import recipe_named

SEARCH = "search"  # the section whose keys are names of other settings
CHANGES = "changes"  # the field that holds what [samples] says of the chart itself
RECIPE = "train.recipe"
MOST_NEAR = 3  # settings that an unknown one may stand for
LIKE = 0.6  # least likeness of such a name, of difflib's ratio
ALL_SHOWN = "All settings: quantsig config show"


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
            raise unknown_setting(name, where=name)
    recipe = given.get(RECIPE)
    lower = nested(recipe_named(recipe)) if isinstance(recipe, str) else {}
    try:
        return settings_of_tree(over(lower, nested(given)))
    except WrongValueError as error:
        raise ConfigError(
            phrase("{name} cannot be {value!r}.", name=error.name, value=error.value),
            where=error.name,
            remedy=phrase("Expected: {expected}.", expected=term(error.expected)),
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


def unknown_setting(
    name: str,
    *,
    where: str,
    kind: str = "setting",
    spelled: Callable[[str], str] = str,
) -> ConfigError:
    """The error for a name that is no setting: says the nearest, or where there is none, its kin.

    Args:
        name: as it would be written in a file: section.key.
        where: it was found.
        kind: what it is called there.
        spelled: how a setting is written there.
    """
    near = nearest_settings(name)
    beside = [one for one in known_keys() if one.startswith(f"{name.partition('.')[0]}.")]
    if near:
        hints = [phrase("Did you mean {near}?", near=one_of([spelled(one) for one in near]))]
    elif beside:
        names = ", ".join(spelled(one) for one in beside)
        hints = [phrase("Of that section: {names}.", names=names)]
    else:
        hints = []
    remedy = chained("{one} {other}", [*hints, term(ALL_SHOWN)])
    return ConfigError(
        phrase('unknown {kind} "{name}".', kind=term(kind), name=spelled(name)),
        where=where,
        remedy=remedy,
    )


def nearest_settings(name: str) -> list[str]:
    """The settings that a name which is none may stand for, the nearest first; at most three.

    The key counts, and more in its own section: every name of a section begins alike.
    """
    section, _, key = name.partition(".")
    found = []
    for known in known_keys():
        its_section, _, its_key = known.partition(".")
        like = difflib.SequenceMatcher(None, key or section, its_key or its_section).ratio()
        same_section = difflib.SequenceMatcher(None, section, its_section).ratio() if key else 1.0
        if like >= LIKE and (same_section >= LIKE or like == 1.0):
            found.append((-(2 * like + same_section), known))
    best = min(found, default=(0.0, ""))[0]
    near = [known for score, known in sorted(found) if score <= best + 0.5]
    return near[:MOST_NEAR]


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
