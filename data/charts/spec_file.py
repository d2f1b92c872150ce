"""A chart spec in a TOML file of its own."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from quantsig.data.charts.spec import PRESETS, ChartSpec
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.data.storage.toml import NotTomlError, read_toml

TABLE, PRESET = "chart", "preset"


def read_chart_table(source: Path) -> dict[str, Any]:
    """The `[chart]` table of a file: any fields of ChartSpec, and `preset` for the others.

    Raises:
        ConfigError: no such file, not TOML, no `[chart]` in it, a key that no spec has, or an
            unknown preset.
    """
    try:
        document = read_toml(source)
    except OSError as error:
        raise ConfigError(
            "this chart file cannot be read.", where=str(source), remedy="Check the path."
        ) from error
    except NotTomlError as error:
        raise ConfigError(
            phrase("this is not TOML: {error}", error=error),
            where=str(source),
            remedy="Mend that line.",
        ) from error
    table = document.pop(TABLE, None)
    if document or not isinstance(table, dict):
        raise ConfigError(
            phrase("a chart file holds one table, [{table}], and nothing else.", table=TABLE),
            where=str(source),
            remedy=phrase("Write [{table}] above the settings, such as: height = 390", table=TABLE),
        )
    known = [PRESET, *(field.name for field in fields(ChartSpec))]
    for name in table:
        if name not in known:
            raise unknown_name("chart setting", name, known, where=f"{source}: {TABLE}.{name}")
    preset = table.get(PRESET)
    if preset is not None and preset not in [*PRESETS]:
        where = f"{source}: {TABLE}.{PRESET}"
        raise unknown_name("chart preset", str(preset), PRESETS, where=where)
    return table
