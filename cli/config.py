"""Reading settings: a flag over QUANTSIG_* over quantsig.toml over a recipe over the default."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quantsig.data.charts.spec_file import PRESET, read_chart_table
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.storage.toml import NotTomlError, read_toml
from quantsig.settings import Settings, WrongValueError
from quantsig.settings_tree import RECIPE, SEARCH, known_keys, nested, over, settings_of_tree
from quantsig.signals.training.recipes import recipe_named

FILE = Path("quantsig.toml")
PREFIX = "QUANTSIG_"


def load(config: Path | None, flags: Mapping[str, Any], pairs: Sequence[str] = ()) -> Settings:
    """The settings of one call.

    Args:
        config: the file; None for quantsig.toml of the current folder, which may be absent.
        flags: values by dotted name such as `train.epochs`; None where the flag was not given.
        pairs: what --set was given, such as `train.epochs=3`; a flag goes over it.

    Raises:
        ConfigError: an unknown key, or a value of the wrong kind.
    """
    file = _read(config)
    _refuse_unknown_keys(file, str(config or FILE))
    _refuse_unknown_variables()
    flagged = {name: value for name, value in flags.items() if value is not None}
    given = _values_of(pairs) | flagged
    tree: dict[str, Any] = {}
    for lower in (
        _values_of_recipe(given, file),
        file,
        _preset_of_chart(given, file),
        nested(_values_of_environment()),
        nested(given),
    ):
        tree = over(tree, lower)
    try:
        return settings_of_tree(tree)
    except WrongValueError as error:
        raise _wrong_value(error, flagged, given, str(config or FILE)) from error


def _values_of_environment() -> dict[str, Any]:
    """Settings from variables such as QUANTSIG_TRAIN_EPOCHS; an empty one says nothing."""
    values = {name: os.environ.get(variable(name)) for name in known_keys()}
    return {name: _from_text(value) for name, value in values.items() if value}


def _values_of(pairs: Sequence[str]) -> dict[str, object]:
    """Settings from texts such as loss.focal_gamma=1.5.

    Raises:
        ConfigError: a text has no =, or names no setting.
    """
    found = {}
    for text in pairs:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                f'"{text}" sets nothing.',
                where="--set",
                remedy="Write a setting, = and its value, as --set loss.focal_gamma=1.5",
            )
        if name not in known_keys():
            raise unknown_name("setting", name, known_keys(), where=f"--set {text}")
        found[name] = _from_text(value)
    return found


def _preset_of_chart(given: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """The preset that the chart file names: under flags and environment, over quantsig.toml."""
    name, section = "samples.chart_file", file.get("samples")
    in_file = section.get("chart_file") if isinstance(section, dict) else None
    source = given.get(name) or os.environ.get(variable(name)) or in_file
    if not isinstance(source, (str, Path)):
        return {}
    table = read_chart_table(Path(source))
    return {"samples": {"preset": table[PRESET]}} if PRESET in table else {}


def _values_of_recipe(given: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """What the recipe that is asked for sets: over the defaults, under everything else."""
    section = file.get("train")
    in_file = section.get("recipe") if isinstance(section, dict) else None
    asked = given.get(RECIPE) or os.environ.get(variable(RECIPE)) or in_file
    return nested(recipe_named(asked)) if isinstance(asked, str) else {}


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


def _read(config: Path | None) -> dict[str, Any]:
    file = config or FILE
    if not file.is_file():
        if config is None:
            return {}
        raise ConfigError(
            "there is no such settings file.",
            where=str(file),
            remedy="Check the path, or write one with: quantsig init",
        )
    try:
        return read_toml(file)
    except NotTomlError as error:
        raise ConfigError(
            f"this is not TOML: {error}",
            where=str(file),
            remedy="Mend that line, or write a new file with: quantsig init --force",
        ) from error


def _refuse_unknown_keys(file: Mapping[str, Any], where: str) -> None:
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
                beside = [other for other in known if other.startswith(f"{section}.")]
                raise unknown_name("setting", name, beside, where=f"{where}: {name}")


def _refuse_unknown_variables() -> None:
    known = {variable(name) for name in known_keys()}
    for name in os.environ:
        if name.startswith(PREFIX) and name not in known:
            near = [other for other in sorted(known) if other.split("_")[1] == name.split("_")[1]]
            raise unknown_name(
                "environment variable", name, near or sorted(known), where="the environment"
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
        f"{name} cannot be {error.value!r}.", where=where, remedy=f"Expected: {error.expected}."
    )
