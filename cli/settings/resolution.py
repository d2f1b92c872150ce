"""Every setting as it is resolved for the current folder, and where its value comes from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from quantsig.cli.config import (
    ENVIRONMENT,
    FILE,
    OPTIONS,
    Layer,
    layers,
    settings_of_layers,
    values_of_pairs,
    variable,
)
from quantsig.data.calendar.intervals import interval_text
from quantsig.data.charts.spec import AUTO
from quantsig.data.charts.spec_file import read_chart_table
from quantsig.settings import Settings
from quantsig.settings_tree import SEARCH, known_keys

DEFAULT = "default"


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedSetting:
    """A setting by dotted name, its value, and the place that gave it."""

    name: str
    value: Any  # None where it is not set
    origin: str


def resolved_settings(config: Path | None, pairs: Sequence[str] = ()) -> list[ResolvedSetting]:
    """Every setting that a verb would be given here, in the order of the sections.

    Args:
        config: the file; None for quantsig.toml of the current folder.
        pairs: what --set was given.

    Raises:
        ConfigError: a setting is unknown or makes no sense.
    """
    given = values_of_pairs(pairs)
    found = layers(config, given)
    settings = settings_of_layers(found, {}, given, str(config or FILE))
    rows = [
        ResolvedSetting(
            name=name, value=_value(settings, name), origin=_origin(settings, found, name)
        )
        for name in known_keys()
    ]
    return rows + [
        ResolvedSetting(name=f"{SEARCH}.{json.dumps(name)}", value=value, origin=_place(found))
        for name, value in settings.search.items()
    ]


def default_of(name: str) -> Any:
    """The value of a setting where none is given."""
    return _value(Settings(), name)


def as_toml(value: Any) -> str:
    """A value as a settings file holds it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, timedelta):
        value = interval_text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(key)} = {as_toml(part)}" for key, part in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    text = value.as_posix() if isinstance(value, Path) else str(value)
    return json.dumps(text, ensure_ascii=False)


def _value(settings: Settings, name: str) -> Any:
    section, _, key = name.partition(".")
    held = getattr(settings, section)
    if not key:
        return held
    return getattr(held, key) if hasattr(held, key) else getattr(_chart(settings), key)


def _chart(settings: Settings) -> Any:
    return settings.samples.chart_of(settings.bars.interval)


def _origin(settings: Settings, found: Sequence[Layer], name: str) -> str:
    """The highest place that says anything of a setting."""
    section, _, key = name.partition(".")
    for layer in reversed(found):
        table = layer.tree.get(section)
        if (isinstance(table, Mapping) and key in table) if key else section in layer.tree:
            places = {ENVIRONMENT: variable(name), OPTIONS: "--set"}
            return places.get(layer.place, layer.place)
    samples = settings.samples
    if section == "samples" and not hasattr(samples, key):
        file = samples.chart_file
        if file and key in read_chart_table(file):
            return str(file)
        return _preset(settings)
    return DEFAULT


def _preset(settings: Settings) -> str:
    """The preset whose chart is drawn, and whether bars may still decide otherwise."""
    preset = settings.samples.preset_of(settings.bars.interval)
    undecided = settings.samples.preset == AUTO and settings.bars.interval is None
    return f"preset {preset}" + (", unless the bars are of less than a day" if undecided else "")


def _place(found: Sequence[Layer]) -> str:
    """Where the settings to search come from."""
    return next(layer.place for layer in reversed(found) if SEARCH in layer.tree)
