"""What stands beside a target while it is written, and what a killed process left of that.

`.NAME.HOST-PID.part` is being written, `.NAME.HOST-PID.old` was in the target's place a moment
ago. Both end with their process; where it was killed, whoever works in the folder next puts an
`.old` back whose target is gone, and removes the rest. What other hosts write on a shared disk
cannot be asked after, so it is left until it is a day old; so is what earlier versions wrote, as
`.NAME.PID.part`, where it is one of our files by its name or its documents.
"""

import hashlib
import os
import platform
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quantsig.data.storage.addresses import refuse_address

NOTE = "key"  # in a folder that is filled: what it is made from
PART, OLD = "part", "old"
HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
NAMES = re.compile(rf"\.(.+)\.(?:([0-9a-f]{{6}})-)?(\d{{1,9}})\.({PART}|{OLD})")
OUR_ENDINGS = {".json", ".jsonl", ".parquet", ".safetensors", ".toml", ".html", ".zst"}
NOTED = b'{"work": '  # how a note begins
OURS = b'"schema": "quantsig.'
DAY_S = 86_400.0
OFTEN_S = 1.0  # a folder that many files are written to is not listed for each
ALIVE_ON_WINDOWS = 259

at_work: set[Path] = set()  # what this process is writing
alone_in: set[tuple[int, Path]] = set()  # threads of this process, each with its folder
swept_at: dict[Path, float] = {}


@contextmanager
def beside(target: Path, kind: str = PART) -> Iterator[Path]:
    """A place beside a target that is this process's own meanwhile."""
    place = target.with_name(f".{target.name}.{HOST}-{os.getpid()}.{kind}")
    at_work.add(place.absolute())
    try:
        yield place
    finally:
        at_work.discard(place.absolute())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only process that writes in a finished folder, swept of what killed ones left.

    What writes there may call what does so, too: once alone, one is.

    Raises:
        UsageError: another process is at work there.
        ResourceError: no lock can be made there.
    """
    from quantsig.data.storage.locks import locked  # noqa: PLC0415 - opening a run locks nothing

    mine = (threading.get_ident(), folder.absolute())
    if mine in alone_in:
        yield
        return
    with locked(folder):
        sweep(folder.parent)
        sweep_tree(folder)
        alone_in.add(mine)
        try:
            yield
        finally:
            alone_in.discard(mine)


def recover(target: Path) -> None:
    """Put right what a killed process left of a target that is to be opened or replaced."""
    refuse_address(target)
    with suppress(OSError):
        sweep(target.parent, unless_swept_within_s=OFTEN_S if target.exists() else 0.0)
        if target.is_dir():
            sweep(target, unless_swept_within_s=OFTEN_S)
        note = target / NOTE
        if note.is_file() and note.read_bytes().startswith(NOTED):
            note.unlink()  # the work was in its place already


def sweep(folder: Path, *, unless_swept_within_s: float = 0.0) -> None:
    """Remove from a folder what killed processes left there, or put it back."""
    now = time.monotonic()
    if now - swept_at.get(folder.absolute(), -DAY_S) < unless_swept_within_s:
        return
    swept_at[folder.absolute()] = now
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):
            if re.fullmatch(r"\..+\.(part|old|lock)", name):
                with suppress(OSError):
                    _put_right(folder / name)


def sweep_tree(folder: Path) -> None:
    """Sweep a folder and all in it."""
    for place, _, _ in os.walk(folder):
        sweep(Path(place))


def _put_right(path: Path) -> None:
    from quantsig.data.storage.locks import is_signed, when_free  # noqa: PLC0415 - as above

    found = NAMES.fullmatch(path.name)
    target = path.with_name(path.name[1:].rpartition(".")[0])
    if found:
        if _is_of_the_dead(path, host=found[2], pid=int(found[3])) and (
            found[2] or _is_ours(path, found[1])
        ):
            target = path.with_name(found[1])
            if found[4] == OLD and not target.exists():
                path.rename(target)
            else:
                _remove(path)
    elif path.suffix == ".lock" and is_signed(path):
        when_free(target, lambda: None)  # which removes its file
    elif path.suffix == f".{PART}" and path.is_dir() and _is_done_with(path):
        when_free(target, lambda: _remove_done_with(path))


def _is_of_the_dead(path: Path, *, host: str | None, pid: int) -> bool:
    if host is None and _alive(pid):
        return False
    if host != HOST:
        return time.time() - path.lstat().st_mtime > DAY_S
    return path.absolute() not in at_work if pid == os.getpid() else not _alive(pid)


def _alive(pid: int) -> bool:
    if sys.platform == "win32":  # where asking by a signal ends it
        import ctypes  # noqa: PLC0415

        system, code = ctypes.windll.kernel32, ctypes.c_ulong()
        process = system.OpenProcess(0x1000, False, pid)
        system.GetExitCodeProcess(process, ctypes.byref(code))
        system.CloseHandle(process)
        return bool(process) and code.value == ALIVE_ON_WINDOWS
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _remove_done_with(folder: Path) -> None:
    if _is_done_with(folder):  # still, under the lock
        _remove(folder)


def _is_done_with(folder: Path) -> bool:
    """Whether no work goes on in the folder of unfinished work: it was replaced, or never begun."""
    if (folder / NOTE).exists():
        return False
    return not any(folder.iterdir()) or _has_our_documents(folder)


def _is_ours(path: Path, name: str) -> bool:
    """Whether what has a name without a host, as others may give, was written by us."""
    return _has_our_documents(path) if path.is_dir() else Path(name).suffix in OUR_ENDINGS


def _has_our_documents(folder: Path) -> bool:
    return any(OURS in path.read_bytes()[:200] for path in folder.glob("*.json"))
