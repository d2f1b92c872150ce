"""Locks between processes: one at a time fills a folder, or adds to a file.

A lock is a file beside what it guards, `.NAME.lock`, that the system itself locks: flock, or
LockFileEx on Windows. It ends with its process, however that ends, so that none is ever stale.
"""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout, UnixFileLock

from quantsig.data.errors import QuantsigError, UsageError, unwritable
from quantsig.data.language.messages import phrase
from quantsig.data.storage.passing_on import command_without_passwords

PATIENCE_S = 60.0  # for whoever adds a line
NOTE_OFFSET = 1  # Windows lets nobody read the byte that is locked, the first
MOST_NOTE_BYTES = 500


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Keep other processes that ask for the same lock away from a folder, there already or not.

    Raises:
        UsageError: another process has it; who it is, where that is known.
        ResourceError: no lock can be made there.
    """
    with _held(target, patience_s=0.0):
        yield


@contextmanager
def waiting_lock(target: Path) -> Iterator[None]:
    """The same for work of moments: wait until the other process is done.

    Raises:
        UsageError: another process still has it after a minute.
        ResourceError: no lock can be made there.
    """
    with _held(target, patience_s=PATIENCE_S):
        yield


def when_free(target: Path, work: Callable[[], object]) -> None:
    """Do a moment's work under the lock of a target; nothing where another process has it."""
    with suppress(QuantsigError), _held(target, patience_s=0.0):
        work()


@contextmanager
def _held(target: Path, *, patience_s: float) -> Iterator[None]:
    path = lock_file(target)
    lock = FileLock(path, timeout=patience_s)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise _taken(target, path) from error
    except OSError as error:
        raise unwritable(target, error) from error
    try:
        _sign(lock, path)
        yield
    finally:
        if isinstance(lock, UnixFileLock):  # the others take their file away when released
            with suppress(OSError):
                path.unlink()  # who waits for it sees that it is gone, and asks again
        lock.release()


def lock_file(target: Path) -> Path:
    """The file beside a target that guards it."""
    whole = target.absolute()
    return whole.with_name(f".{whole.name}.lock")


def is_signed(path: Path) -> bool:
    """Whether a lock file says whose it is, as ours do."""
    return bool(_holder(path))


def _sign(lock: BaseFileLock, path: Path) -> None:
    """Say in the lock file who holds it; a lock without it is one all the same."""
    if isinstance(lock, SoftFileLock):  # has a note of its own
        return
    words = command_without_passwords([Path(sys.argv[0]).name, *sys.argv[1:]])
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    note = f"process {os.getpid()} on {socket.gethostname()} since {since}: {words}"
    with suppress(OSError), path.open("r+b") as file:
        file.seek(NOTE_OFFSET)
        file.write(note.encode()[:MOST_NOTE_BYTES])
        file.truncate()


def _taken(target: Path, path: Path) -> UsageError:
    holder = _holder(path)
    return UsageError(
        phrase("another process is at work here ({holder}).", holder=holder)
        if holder
        else "another process is at work here.",
        where=str(target),
        remedy="Wait until it has ended, or stop it; then run the same command again.",
    )


def _holder(path: Path) -> str:
    """Who says in the lock file that it is theirs; nothing where nobody does."""
    with suppress(OSError), path.open("rb") as file:
        file.seek(NOTE_OFFSET)
        note = file.read(MOST_NOTE_BYTES).decode(errors="replace")
        return note if note.startswith("process ") else ""
    return ""
