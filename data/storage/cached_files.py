"""What was read of files, given again for as long as they are what they were."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Found = TypeVar("Found")


class CachedFiles:
    """Reads a file once; again only after it was replaced or added to."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int, int], Any]] = {}

    def read(self, source: Path, read: Callable[[Path], Found]) -> Found:
        """What `read` gives of a file, or gave of it before; nobody may alter it."""
        if not source.is_file():
            return read(source)  # which says what is missing
        status = source.stat()
        stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
        if source not in self._known or self._known[source][0] != stamp:
            self._known[source] = (stamp, read(source))
        found: Found = self._known[source][1]
        return found
