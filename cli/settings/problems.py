"""Everything that is wrong with a settings file, not the first of it alone."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from quantsig.cli.config import FILE, read_settings_file, refuse_unknown_keys
from quantsig.cli.settings.values import NAMES
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.language.messages import phrase, term
from quantsig.settings import WrongValueError
from quantsig.settings_tree import SEARCH, settings_of_tree
from quantsig.signals.search.space import read_space


def problems(file: Path | None) -> list[ConfigError]:
    """What is wrong with a settings file, by itself: options and the environment are not asked.

    Args:
        file: None for quantsig.toml of the current folder.

    Raises:
        ConfigError: there is no such file, or it is not TOML.
    """
    where = str(file or FILE)
    return [
        found
        for section, content in read_settings_file(file or FILE).items()
        for found in _of_section(section, content, where)
    ]


def _of_section(section: str, content: Any, where: str) -> Iterator[ConfigError]:
    table = content if isinstance(content, Mapping) else {}
    unknown = set()
    for key in table if section != SEARCH else ():
        try:
            refuse_unknown_keys({section: {key: table[key]}}, where)
        except ConfigError as error:
            unknown.add(key)
            yield error
            if not error.where.endswith(f".{key}"):
                return  # of the section itself: each of its keys would say it again
    if not table:
        yield from _of_values({section: content}, where)
        return
    known = {key: value for key, value in table.items() if key not in unknown}
    yield from _of_values({section: known}, where)
    if section == SEARCH:
        yield from _of_search(known, where)
    yield from _of_names(section, known, where)


def _of_values(tree: Mapping[str, Any], where: str) -> Iterator[ConfigError]:
    try:
        refuse_unknown_keys(tree, where)
        settings_of_tree(tree)
    except WrongValueError as error:
        yield ConfigError(
            phrase("{name} cannot be {value!r}.", name=error.name, value=error.value),
            where=f"{where}: {error.name}",
            remedy=phrase("Expected: {expected}.", expected=term(error.expected)),
        )
    except ConfigError as error:
        yield _placed(error, where)


def _of_search(table: Mapping[str, Any], where: str) -> Iterator[ConfigError]:
    try:
        read_space(table)
    except ConfigError as error:
        yield _placed(error, where)


def _of_names(section: str, table: Mapping[str, Any], where: str) -> Iterator[ConfigError]:
    """Names of models, losses and the like, which the settings keep and their users look up."""
    for key, value in table.items():
        name = f"{section}.{key}"
        asked_late = name in ("train.model", "train.loss", "optimiser.name", "schedule.name")
        if asked_late and isinstance(value, str) and value not in NAMES[name]:
            kind = section if key == "name" else key
            yield unknown_name(kind, value, NAMES[name], where=f"{where}: {name}")


def _placed(error: ConfigError, where: str) -> ConfigError:
    """The error with the file before the setting."""
    place = error.where if error.where.startswith(where) else f"{where}: {error.where}"
    return ConfigError(error.what, where=place, remedy=error.remedy)
