"""Names of files and folders that every system can hold."""

import re
from pathlib import Path

from quantsig.data.errors import UsageError, refused

RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def refuse_outside(name: str) -> None:
    """Raise a ConfigError where a path in a document leads out of the document's folder."""
    if not name or "\\" in name or ":" in name or name.startswith("/") or ".." in name.split("/"):
        raise refused("file", name, "Name a file in the folder itself.")


def refuse_unportable(path: Path) -> Path:
    """The path, where Windows, macOS and Linux can all create what of it is not there yet.

    Raises:
        UsageError: a name is reserved on Windows, ends in a dot or a blank, or holds a sign that
            no name may.
    """
    relative = path.parts[1:] if path.anchor else path.parts
    parent = Path(path.anchor)
    for name in relative:
        parent /= name
        fault = None if parent.exists() else _fault(name)
        if fault:
            raise UsageError(
                f'"{name}" {fault}, so this could not be taken to Windows.',
                where=str(path),
                remedy="Choose another name; letters, digits, -, _ and dots within go everywhere.",
            )
    return path


def _fault(name: str) -> str | None:
    """What makes a name impossible somewhere; None where nothing does."""
    if name in (".", ".."):
        return None
    if RESERVED.fullmatch(name.partition(".")[0].rstrip(" ")):
        return "is the name of a device"
    if name.endswith((".", " ")):
        return "ends in a dot or a blank"
    found = REFUSED.search(name)
    return f"holds {found[0]!r}" if found else None
