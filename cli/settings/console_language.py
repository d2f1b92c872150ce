"""Which language the console speaks: an option, a variable, the settings, else the system's."""

import os
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from quantsig.cli.config import FILE, LANGUAGE_VARIABLE, variable
from quantsig.data.language.catalogue import ENGLISH, languages
from quantsig.data.storage.toml import NotTomlError, read_toml

SETTING = "language"
LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that says anything holds, as in POSIX


def spoken_language(words: Sequence[str]) -> str:
    """The first language that exists of those asked for, else English.

    Args:
        words: of the command line, without the program.
    """
    known = languages()
    return next((code for code in _asked(words) if code in known), ENGLISH)


def _asked(words: Sequence[str]) -> Iterator[str]:
    yield _option(words, "--lang")
    yield os.environ.get(LANGUAGE_VARIABLE, "")
    yield os.environ.get(variable(SETTING), "")
    yield _of_file(Path(_option(words, "--config") or FILE))
    yield _of_locale(next(filter(None, map(os.environ.get, LOCALES)), ""))


def _option(words: Sequence[str], name: str) -> str:
    """The last value of an option; whoever parses the line refuses what is wrong with it."""
    found = ""
    for word, after in zip_longest(words, words[1:], fillvalue=""):
        if word == name:
            found = after
        elif word.startswith(f"{name}="):
            found = word.partition("=")[2]
    return found


def _of_file(file: Path) -> str:
    """What the settings say; whoever loads them refuses what is wrong with them."""
    try:
        said = read_toml(file).get(SETTING, "") if file.is_file() else ""
    except (NotTomlError, OSError):
        return ""
    return said if isinstance(said, str) else ""


def _of_locale(name: str) -> str:
    """The language of a name such as zh_CN.UTF-8."""
    return name.partition(".")[0].partition("_")[0].lower()
