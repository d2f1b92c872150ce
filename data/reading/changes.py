"""When files of bars change: looked at once a second, without a library of the system."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from quantsig.data.storage.addresses import address_of

POLL_S = 1.0

State = tuple[tuple[str, int, int], ...]


def changes(sources: Sequence[Path], pause: timedelta) -> Iterator[bool]:
    """One item at once, then one whenever the files changed and stayed so, and after each pause.

    Args:
        sources: files, folders with files in them, or addresses, asked again after each pause.
        pause: the longest time between two items.

    Yields:
        Whether they may be others than at the item before.
    """
    files = [one for one in sources if not address_of(one)]
    remote = len(files) < len(sources)  # what an address has may be other bars each time
    seen = state_of(files)
    told = None
    while True:
        yield remote or seen != told
        told = seen
        since = time.monotonic()
        while time.monotonic() - since < pause.total_seconds():
            time.sleep(POLL_S)
            now = state_of(files)
            if now != seen and now == _state_after_a_moment(files):
                break
        seen = state_of(files)


def state_of(sources: Sequence[Path]) -> State:
    """Names, sizes and times of the files; of what is gone nothing."""
    files = [file for one in sources for file in (sorted(one.iterdir()) if one.is_dir() else [one])]
    found = []
    for path in files:
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((path.name, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _state_after_a_moment(sources: Sequence[Path]) -> State:
    """The state a moment later, for whoever writes may not be done."""
    time.sleep(POLL_S)
    return state_of(sources)
