"""Reading settings: a flag over QUANTSIG_* over quantsig.toml over a recipe over the default."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantsig.data.charts.spec_file import PRESET, read_chart_table
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.language.messages import phrase, term
from quantsig.data.storage.toml import NotTomlError, read_toml
from quantsig.settings import Settings, WrongValueError
from quantsig.settings_tree import (
    RECIPE,
    SEARCH,
    known_keys,
    nested,
    over,
    settings_of_tree,
    unknown_setting,
)
from quantsig.signals.training.recipes import recipe_named

FILE = Path("quantsig.toml")
PREFIX = "QUANTSIG_"
LANGUAGE_VARIABLE = "QUANTSIG_LANG"  # over the setting `language`, as --lang is over both


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """The settings that come from one place; a later layer goes over those before it.

    Attributes:
        place: recipe and its name, a file, environment, or options.
        tree: the settings by section, without those that the place says nothing of.
    """

    place: str
    tree: Mapping[str, Any]


RECIPE_PLACE, ENVIRONMENT, OPTIONS = "recipe", "environment", "options"


def load(config: Path | None, flags: Mapping[str, Any], pairs: Sequence[str] = ()) -> Settings:
    """The settings of one call.

    Args:
        config: the file; None for quantsig.toml of the current folder, which may be absent.
        flags: values by dotted name such as `train.epochs`; None where the flag was not given.
        pairs: what --set was given, such as `train.epochs=3`; a flag goes over it.

    Raises:
        ConfigError: an unknown key, or a value of the wrong kind.
    """
    flagged = {name: value for name, value in flags.items() if value is not None}
    given = values_of_pairs(pairs) | flagged
    return settings_of_layers(layers(config, given), flagged, given, str(config or FILE))


def layers(config: Path | None, given: Mapping[str, Any]) -> list[Layer]:
    """Every place that settings come from, the lowest first; the defaults are under all of them.

    Args:
        config: the file; None for quantsig.toml of the current folder, which may be absent.
        given: what options say, by dotted name.

    Raises:
        ConfigError: an unknown key of the file or variable of the environment.
    """
    file = read_settings_file(config or FILE) if config or FILE.is_file() else {}
    refuse_unknown_keys(file, str(config or FILE))
    _refuse_unknown_variables()
    recipe, recipe_values = _recipe(given, file)
    chart_file, preset = _preset_of_chart(given, file)
    return [
        Layer(place=f"{RECIPE_PLACE} {recipe}", tree=recipe_values),
        Layer(place=str(config or FILE), tree=file),
        Layer(place=chart_file, tree=preset),
        Layer(place=ENVIRONMENT, tree=nested(_values_of_environment())),
        Layer(place=OPTIONS, tree=nested(given)),
    ]


def settings_of_layers(
    found: Sequence[Layer], flagged: Mapping[str, Any], given: Mapping[str, Any], file: str
) -> Settings:
    """The settings that layers come to.

    Raises:
        ConfigError: a value of the wrong kind; it says where that stands.
    """
    tree: dict[str, Any] = {}
    for layer in found:
        tree = over(tree, layer.tree)
    try:
        return settings_of_tree(tree)
    except WrongValueError as error:
        raise _wrong_value(error, flagged, given, file) from error


def _values_of_environment() -> dict[str, Any]:
    """Settings from variables such as QUANTSIG_TRAIN_EPOCHS; an empty one says nothing."""
    values = {name: os.environ.get(variable(name)) for name in known_keys()}
    return {name: _from_text(value) for name, value in values.items() if value}


def values_of_pairs(pairs: Sequence[str]) -> dict[str, object]:
    """Settings from texts such as loss.focal_gamma=1.5.

    Raises:
        ConfigError: a text has no =, or names no setting.
    """
    found = {}
    for text in pairs:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                phrase('"{text}" sets nothing.', text=text),
                where="--set",
                remedy="Write a setting, = and its value, as --set loss.focal_gamma=1.5",
            )
        if name not in known_keys():
            raise unknown_setting(name, where=f"--set {text}")
        found[name] = _from_text(value)
    return found


def _preset_of_chart(
    given: Mapping[str, Any], file: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The chart file and the preset it names: under flags and environment, over quantsig.toml."""
    source = _asked("samples.chart_file", given, file)
    if not isinstance(source, (str, Path)):
        return "", {}
    table = read_chart_table(Path(source))
    return str(source), {"samples": {"preset": table[PRESET]}} if PRESET in table else {}


def _recipe(given: Mapping[str, Any], file: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The recipe that is asked for and what it sets: over the defaults, under everything else."""
    asked = _asked(RECIPE, given, file)
    return (asked, nested(recipe_named(asked))) if isinstance(asked, str) else ("", {})


def _asked(name: str, given: Mapping[str, Any], file: Mapping[str, Any]) -> Any:
    """A setting on which others rest, before any is checked."""
    section, _, key = name.partition(".")
    table = file.get(section)
    in_file = table.get(key) if isinstance(table, dict) else None
    return given.get(name) or os.environ.get(variable(name)) or in_file


def variable(name: str) -> str:
    """The environment variable of a setting: train.epochs is QUANTSIG_TRAIN_EPOCHS."""
    return PREFIX + name.replace(".", "_").upper()


def _from_text(value: object) -> object:
    """A list is JSON text in the environment and in a pair; what is no JSON stays as it is."""
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def read_settings_file(file: Path) -> dict[str, Any]:
    """The tables of a settings file, whatever they say.

    Raises:
        ConfigError: there is none, or it is not TOML.
    """
    if not file.is_file():
        raise ConfigError(
            "there is no such settings file.",
            where=str(file),
            remedy="Check the path, or write one with: quantsig init",
        )
    try:
        return read_toml(file)
    except NotTomlError as error:
        raise ConfigError(
            phrase("this is not TOML: {error}", error=error),
            where=str(file),
            remedy="Mend that line, or write a new file with: quantsig init --force",
        ) from error


def refuse_unknown_keys(file: Mapping[str, Any], where: str) -> None:
    """Raise a ConfigError at the first section or key of a settings file that is none."""
    known = known_keys()
    sections = {name.partition(".")[0] for name in known} | {SEARCH}
    for section, content in file.items():
        if section not in sections:
            raise unknown_name("section", section, sorted(sections), where=f"{where}: {section}")
        if section == SEARCH:
            continue
        for key in content if isinstance(content, dict) else ():
            name = f"{section}.{key}"
            if name not in known:
                raise unknown_setting(name, where=f"{where}: {name}")


def _refuse_unknown_variables() -> None:
    known = {LANGUAGE_VARIABLE, *(variable(name) for name in known_keys())}
    for name in os.environ:
        if name.startswith(PREFIX) and name not in known:
            meant = name.removeprefix(PREFIX).lower().replace("_", ".", 1)
            raise unknown_setting(
                meant, where=term("the environment"), kind="environment variable", spelled=variable
            )


def _wrong_value(
    error: WrongValueError, flags: Mapping[str, Any], given: Mapping[str, Any], file: str
) -> ConfigError:
    name = error.name
    where = f"{file}: {name}"
    if os.environ.get(variable(name)):
        where = f"environment variable {variable(name)}"
    if name in given:
        where = f"--set {name}={given[name]}"
    if name in flags:
        where = f"flag --{name.rpartition('.')[2].replace('_', '-')} ({name})"
    return ConfigError(
        phrase("{name} cannot be {value!r}.", name=name, value=error.value),
        where=where,
        remedy=phrase("Expected: {expected}.", expected=term(error.expected)),
    )
