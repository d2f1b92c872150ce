"""Names of files and folders: what every system can hold, and what stays inside a folder."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from quantsig.data.errors import DataError, UsageError, refused
from quantsig.data.language.messages import phrase, term
from quantsig.data.storage.addresses import refuse_address

RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def refuse_outside(name: str) -> None:
    """Raise a ConfigError where a path in a document leads out of the document's folder."""
    if not name or "\\" in name or ":" in name or name.startswith("/") or ".." in name.split("/"):
        raise refused("file", name, "Name a file in the folder itself.")


def refuse_links(folder: Path) -> None:
    """Raise a DataError where something in a folder is a link that leads out of it.

    Such a folder may come from anywhere: what it links to would be read as its own, or written.
    """
    home = Path(os.path.realpath(folder))
    for link in _links(folder):
        if not Path(os.path.realpath(link)).is_relative_to(home):
            raise leads_out(link)


def leads_out(link: Path) -> DataError:
    """The error for a link in a folder to something outside of it."""
    return DataError(
        phrase("{name} is a link that leads out of its folder.", name=link.name),
        where=str(link),
        remedy="Put in its place what it links to, if that is yours; otherwise remove it.",
    )


def _links(folder: Path | str) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                yield Path(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                yield from _links(entry.path)


def refuse_unportable(path: Path) -> Path:
    """The path, where Windows, macOS and Linux can all create what of it is not there yet.

    Raises:
        UsageError: a name is reserved on Windows, ends in a dot or a blank, or holds a sign that
            no name may; or it is an address.
    """
    refuse_address(path)
    relative = path.parts[1:] if path.anchor else path.parts
    parent = Path(path.anchor)
    for name in relative:
        parent /= name
        fault = None if parent.exists() else _fault(name)
        if fault:
            raise UsageError(
                phrase(
                    '"{name}" {fault}, so this could not be taken to Windows.',
                    name=name,
                    fault=term(fault),
                ),
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
    return phrase("holds {sign!r}", sign=found[0]) if found else None
