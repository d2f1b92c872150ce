"""Makes Python behave as on Windows or macOS, as far as quantsig can tell.

Python loads this file by itself when its folder is in PYTHONPATH, in child processes too. It does
nothing unless IMITATED_SYSTEM names a system. Libraries and the standard library are those of
Linux and keep what they import; modules of quantsig do not get what their system would not have.
"""

import builtins
import contextlib
import errno
import fcntl
import importlib
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any

SYSTEM = os.environ.get("IMITATED_SYSTEM", "")
ABSENT_MODULES = {
    "windows": {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog"},
    "macos": set[str](),
}
ABSENT_CALLS = {
    "windows": (
        "sched_getaffinity",
        "sched_setaffinity",
        "posix_fadvise",
        "posix_fallocate",
        "fork",
        "forkpty",
        "setsid",
        "killpg",
        "mkfifo",
        "chown",
        "fchown",
        "sendfile",
        "nice",
        "getloadavg",
        "pread",
        "pwrite",
        "set_blocking",
    ),
    "macos": ("sched_getaffinity", "sched_setaffinity", "posix_fadvise", "posix_fallocate"),
}
ABSENT_SIGNALS = ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGQUIT", "setitimer")
PROC = "/proc"  # only Linux has it
Call = Callable[..., Any]

_plain = {name: getattr(os, name) for name in ("open", "fsync", "stat", "listdir", "readlink")}
_inside = False  # this file's own look into /proc


def hide(system: str) -> None:
    """Take away what the system does not have."""
    for name in ABSENT_CALLS[system]:
        delattr(os, name)
    if system == "windows":
        for name in ABSENT_SIGNALS:
            delattr(signal, name)
    plain_import, plain_module = builtins.__import__, importlib.import_module

    def importing(name: str, *args: Any, **named: Any) -> Any:
        _refuse_module(system, name)
        return plain_import(name, *args, **named)

    def import_module(name: str, package: str | None = None) -> Any:
        _refuse_module(system, name)
        return plain_module(name, package)

    builtins.__import__, importlib.import_module = importing, import_module


def _refuse_module(system: str, name: str) -> None:
    if name not in ABSENT_MODULES[system]:
        return
    asking = str(sys._getframe(2).f_globals.get("__name__", ""))
    if asking.partition(".")[0] == "quantsig":
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def hide_proc() -> None:
    """Let nobody find /proc, but this file."""

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and str(args[0]).startswith(PROC) and not _inside:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), args[0])

    def stat(path: Any, *args: Any, **named: Any) -> os.stat_result:
        if isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(PROC):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        found: os.stat_result = _plain["stat"](path, *args, **named)
        return found

    sys.addaudithook(audit)
    os.stat = stat


@contextlib.contextmanager
def _looking() -> Iterator[None]:
    global _inside  # noqa: PLW0603
    before, _inside = _inside, True
    try:
        yield
    finally:
        _inside = before


def opened() -> set[str]:
    """Every file that this process holds open or mapped."""
    held = set()
    with _looking():
        for number in _plain["listdir"]("/proc/self/fd"):
            with contextlib.suppress(OSError):
                held.add(_plain["readlink"](f"/proc/self/fd/{number}"))
        with open("/proc/self/maps", encoding="utf-8") as maps:
            held |= {line.split(None, 5)[5].strip() for line in maps if line.count("/")}
    return held


def sharing_violation(path: Any, number: int = 32) -> PermissionError:
    """What Windows raises for a file that is in use."""
    error = PermissionError(errno.EACCES, "used by another process", os.fspath(path))
    error.winerror = number  # type: ignore[attr-defined]
    return error


def refuse_open(path: Any) -> None:
    """Raise where a file is open, or one in a folder is."""
    whole = os.path.realpath(path)
    if any(one == whole or one.startswith(whole + os.sep) for one in opened()):
        raise sharing_violation(path)


def mind_open_files() -> None:
    """Have renames and removals of what is open fail."""
    plain = {name: getattr(os, name) for name in ("rename", "replace", "remove", "rmdir")}

    def moving(call: Call, *, over: bool) -> Call:
        def move(source: Any, target: Any, **named: Any) -> None:
            refuse_open(source)
            if os.path.exists(target):
                refuse_open(target)
                if not over:
                    raise FileExistsError(errno.EEXIST, "exists", os.fspath(target))
                if os.path.isdir(target):
                    raise sharing_violation(target, 5)
            call(source, target, **named)

        return move

    def removing(call: Call) -> Call:
        def remove(path: Any, **named: Any) -> None:
            refuse_open(path)
            call(path, **named)

        return remove

    os.rename = moving(plain["rename"], over=False)
    os.replace = moving(plain["replace"], over=True)
    os.remove = os.unlink = removing(plain["remove"])
    os.rmdir = removing(plain["rmdir"])
    shutil._use_fd_functions = False  # type: ignore[attr-defined]
    setattr(tempfile, "TemporaryFile", tempfile.NamedTemporaryFile)  # noqa: B010 - as tempfile itself has it on Windows


def mind_descriptors() -> None:
    """Open no folders, and sync only what may be written."""

    def open_file(path: Any, flags: int, *args: Any, **named: Any) -> int:
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        number: int = _plain["open"](path, flags, *args, **named)
        return number

    def sync(file: Any) -> None:
        number = file if isinstance(file, int) else file.fileno()
        if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        _plain["fsync"](number)

    os.open = open_file
    setattr(os, "fsync", sync)  # noqa: B010 - typed by the system


def speak_a_code_page() -> None:
    """Write pipes as Windows does, and find every file that is opened in the system's encoding."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="cp1252")  # type: ignore[union-attr]
    warnings.filterwarnings("error", category=EncodingWarning, module=r"quantsig\.")


if SYSTEM:
    hide(SYSTEM)
    hide_proc()
    if SYSTEM == "windows":
        mind_open_files()
        mind_descriptors()
        speak_a_code_page()
