"""Writing so that a crash or a full disk never costs the old file."""

import errno
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from quantsig.data.errors import OUT_OF_SPACE, ResourceError, UsageError, disk_full
from quantsig.data.language.messages import phrase
from quantsig.data.storage.leftovers import OFTEN_S, OLD, beside, recover, sweep
from quantsig.data.storage.swap import swap

OPEN_ELSEWHERE = (5, 32)  # Windows: access denied, sharing violation
PRIVATE = 0o600  # of files with settings, on systems that have such rights
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)  # between tries to rename what another program has open


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to; on leaving, sync it and rename it over `target`.

    Whatever goes wrong inside, the old `target` stays as it was and the new file is removed.

    Raises:
        ResourceError: the disk is full.
    """
    make_folder(target.parent)
    sweep(target.parent, unless_swept_within_s=OFTEN_S)
    with _naming(target), beside(target) as part:
        try:
            yield part
            _sync_file(part)
            move(part, target)
            sync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def replacing_folder(target: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a new folder beside `target` to fill; on leaving, it takes the place of `target`.

    Args:
        target: the folder to make.
        force: replace a `target` that exists; otherwise that is a UsageError.
    """
    refuse_existing(target, force=force)
    make_folder(target.parent)
    sweep(target.parent)
    with _naming(target), beside(target) as part:
        try:
            part.mkdir()
            yield part
            sync_folder(part)
            exchange(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def exchange(new: Path, target: Path) -> None:
    """Put `new` in the place of `target`, synced; what stood there is removed after.

    There is no moment without one of them in place, but where neither system nor disk can
    exchange two folders in one step. There two renames follow each other, and where the process
    is killed between them, whoever opens or replaces `target` puts the old one back first.

    Raises:
        ResourceError: another program has a file of `target` open, on a system that minds.
    """
    if not target.exists():
        move(new, target)
        sync_folder(target.parent)
    elif swap(new, target):
        sync_folder(target.parent)
        with beside(target, OLD) as old:  # a name that says whose it is
            move(new, old)
            shutil.rmtree(old, ignore_errors=True)
    else:
        _exchange_in_two_steps(new, target)


def _exchange_in_two_steps(new: Path, target: Path) -> None:
    with beside(target, OLD) as old:
        move(target, old)
        try:
            move(new, target)
        except BaseException:
            move(old, target)
            raise
        sync_folder(target.parent)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _naming(target: Path) -> Iterator[None]:
    """Say of an error of the disk which file it was about, and in our words that it is full."""
    try:
        yield
    except OSError as error:
        if error.errno in OUT_OF_SPACE:
            raise disk_full(target) from error
        error.filename = error.filename or str(target)
        raise


def move(source: Path, target: Path) -> None:
    """Rename, over a file that is there; waits a moment for other programs to close theirs.

    Windows refuses to rename what is open, and virus scanners open what is new.

    Raises:
        ResourceError: it stays open.
    """
    for pause_s in (*PAUSES_S, None):
        try:
            source.replace(target)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in OPEN_ELSEWHERE:
                raise
            if pause_s is None:
                raise _open_elsewhere(target, error) from error
        time.sleep(pause_s)


def make_folder(folder: Path) -> None:
    """Make a folder and those it lies in, so that they survive a crash."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        sync_folder(place.parent)


def refuse_existing(target: Path, *, force: bool) -> None:
    """Raise a UsageError when `target` exists and may not be replaced."""
    recover(target)
    if target.exists() and not force:
        raise UsageError(
            phrase("{name} exists already; nothing was written.", name=target.name),
            where=str(target),
            remedy="Pass `force` to replace it, or keep it and write elsewhere.",
        )


def write_bytes(target: Path, content: bytes | memoryview, *, private: bool = False) -> None:
    """Replace `target` by `content`, atomically; nobody else may read what is private."""
    with replacing(target) as path:
        if private:
            path.touch(PRIVATE)
        path.write_bytes(content)


def write_text(target: Path, content: str, *, private: bool = False) -> None:
    """Replace `target` by `content` in UTF-8, atomically; nobody else may read what is private."""
    write_bytes(target, content.encode(), private=private)


def append_line(target: Path, line: str) -> None:
    """Append one line; see `append_lines`."""
    append_lines(target, [line])


def append_lines(target: Path, lines: Sequence[str]) -> None:
    """Append lines and sync them; earlier ones are never touched, a part of these is never left.

    Where several processes may, each holds a lock meanwhile (`data/storage/locks.py`). A process
    that is killed may leave some of them, the last one torn.

    Raises:
        ResourceError: the disk is full.
    """
    make_folder(target.parent)
    content = "".join(line + "\n" for line in lines).encode()
    with _naming(target), target.open("ab", buffering=0) as file:
        end = os.fstat(file.fileno()).st_size
        try:
            if file.write(content) < len(content):  # as much as the disk still took
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise
        if not end:
            sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a crash, where folders can be synced: not on Windows."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:  # Windows syncs only what may be written
        os.fsync(file.fileno())


def _open_elsewhere(target: Path, error: OSError) -> ResourceError:
    return ResourceError(
        phrase(
            "{name} is open in another program, or something in it: {reason}.",
            name=target.name,
            reason=error.strerror,
        ),
        where=str(target),
        remedy="Close it there and run the same command again.",
    )
