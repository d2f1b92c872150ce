"""What may be passed on: places relative to what names them, addresses without passwords."""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quantsig.data.language.messages import Message

ROOT = r"(?:/|[A-Za-z]:[/\\]|\.\.[/\\])"
WHOLE = re.compile(rf"{ROOT}[^\n]*")  # a value that is a path, blanks included
WITHIN = re.compile(
    rf"""(?<="){ROOT}[^"\n]+(?=")|(?<=sqlite:///){ROOT}[^\s"'?]+|(?<![\w.~:/\\-]){ROOT}[^\s"'<>|,;]+"""
)
SCHEME = r"(?i:(?<![a-z0-9+.])(?![a-z0-9+.-]*sql)[a-z][a-z0-9+.-]+:/{1,3})"  # of no database
SLASHES = r"(?i:(?<=[a-z0-9+.-]{2})(?<!sqlite):/{1,3})"  # a path loses some of an address
OF_QUERY = (
    r"(?i:((?:password|passwd|pwd|secret|token|signature|credential|\bsig"
    r"|(?:access|account|api|secret)[_-]?key)=))"
)
OF_TEXT, OF_WORD = (  # passwords up to the last @, blanks and quotes too where a word is known
    (
        re.compile(rf"({SLASHES}[^:/{ends}]*:)[^{ends}]*(?=@)"),
        re.compile(rf"({SCHEME})[^:/@{ends}]+(?=@)"),  # without a password it is one itself
        re.compile(rf"{OF_QUERY}[^&{ends}]*"),
    )
    for ends in (r"\s'\"", r"\n")
)
STARTS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
HIDDEN = r"\1***"
HOMES = {"home", "Users", "users"}  # folders of the homes of all


def relative_path(path: Path, folder: Path) -> str:
    """What a document in a folder calls another place, so that both can be moved together.

    Returns:
        The way there from the folder, with slashes; the whole path on another drive of Windows.
    """
    place = path.resolve()
    try:
        return Path(os.path.relpath(place, folder.resolve())).as_posix()
    except ValueError:
        return place.as_posix()


def relative_paths(value: Any, folder: Path) -> Any:
    """A text with the paths in it that lead out of a folder as a stranger may read them.

    They are relative to the folder. Of a path that has nothing in common with it, or only that
    both are in somebody's home, the last name alone is left: the way there would tell it all.
    Any other value is given back as it is.
    """
    if not isinstance(value, str):
        return value
    if WHOLE.fullmatch(value):
        return _shown(value, folder)
    return WITHIN.sub(lambda found: _shown(found[0], folder), value)


def without_passwords(text: str) -> str:
    """A text with the passwords of the addresses in it hidden; a message stays one.

    A text that begins with an address is taken for that alone, whatever is in its password.
    """
    if isinstance(text, Message):
        params = {name: _hidden_in(value) for name, value in text.params.items()}
        return Message(_hidden(text), code=text.code, params=params)
    return _hidden(text)


def command_without_passwords(words: Sequence[str]) -> str:
    """A command as it may be passed on: hidden in each word, before any is quoted."""
    return shlex.join(_hidden(word, OF_WORD) for word in words)


def _hidden(text: str, rules: Sequence[re.Pattern[str]] | None = None) -> str:
    for rule in rules or (OF_WORD if STARTS.match(text) else OF_TEXT):
        text = rule.sub(HIDDEN, text)
    return str(text)


def _hidden_in(value: str | tuple[Message, ...]) -> Any:
    if isinstance(value, tuple):
        return tuple(without_passwords(item) for item in value)
    return without_passwords(value)


def _shown(path: str, folder: Path) -> str:
    here = folder.absolute()
    place = Path(os.path.normpath(here / path))
    if place.drive != here.drive or not _is_near(place, here):
        return place.name
    return Path(os.path.relpath(place, here)).as_posix()


def _is_near(place: Path, here: Path) -> bool:
    """Whether the way from one to the other names neither the root nor who somebody is."""
    shared = Path(os.path.commonpath([place, here]))
    among_homes = shared.name in HOMES and len(shared.parts) == 2
    return len(shared.parts) > 1 and not among_homes and shared not in _own_home().parents


def _own_home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a system without one
        return Path(os.sep)
