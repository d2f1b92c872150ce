"""What a page says of the machine it was written on, as it may be passed on."""

import os
import re
from pathlib import Path
from typing import Any

ROOT = r"(?:/|[A-Za-z]:[/\\])"
WHOLE = re.compile(rf"{ROOT}[^\n]*")  # a value that is a path, blanks included
WITHIN = re.compile(rf"""(?<="){ROOT}[^"\n]+(?=")|(?<![\w.~:/\\-]){ROOT}[^\s"'<>|,;]+""")


def relative_paths(value: Any, folder: Path) -> Any:
    """A text with the absolute paths in it relative to a folder; any other value as it is."""
    if not isinstance(value, str):
        return value
    if WHOLE.fullmatch(value):
        return _relative(value, folder)
    return WITHIN.sub(lambda found: _relative(found[0], folder), value)


def _relative(path: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder.absolute())).as_posix()
    except ValueError:  # another drive of Windows
        return Path(path).name
