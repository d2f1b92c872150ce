"""What may be passed on: places relative to what names them, addresses without passwords."""

import os
import re
from pathlib import Path
from typing import Any

ROOT = r"(?:/|[A-Za-z]:[/\\]|\.\.[/\\])"
WHOLE = re.compile(rf"{ROOT}[^\n]*")  # a value that is a path, blanks included
WITHIN = re.compile(
    rf"""(?<="){ROOT}[^"\n]+(?=")|(?<=sqlite:///){ROOT}[^\s"'?]+|(?<![\w.~:/\\-]){ROOT}[^\s"'<>|,;]+"""
)
OF_ADDRESS = re.compile(r"(://[^:/@\s'\"]*:)[^\s'\"]*@")  # up to the last @, whatever is in it
OF_QUERY = re.compile(r"(?i)(\b(?:password|passwd|pwd|secret|token)=)[^&\s'\"]*")
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
    """A text with the passwords of the addresses in it hidden."""
    return OF_QUERY.sub(HIDDEN, OF_ADDRESS.sub(HIDDEN + "@", text))


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
