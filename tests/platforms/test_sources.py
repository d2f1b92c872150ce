"""What only POSIX has is asked for in one place each, where there is another way besides."""

import ast
from pathlib import Path

import pytest

from tests.platforms.imitated import REPOSITORY
from tests.test_structure import ROOMS

# "Availability: Unix" in the library reference
MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
CALLS = {
    "os": {
        "chown",
        "confstr",
        "ctermid",
        "fchmod",
        "fchown",
        "fdatasync",
        "fork",
        "forkpty",
        "fpathconf",
        "fstatvfs",
        "getegid",
        "geteuid",
        "getgid",
        "getgroups",
        "getloadavg",
        "getpgid",
        "getpgrp",
        "getpriority",
        "getresuid",
        "getsid",
        "getuid",
        "getxattr",
        "initgroups",
        "killpg",
        "lchown",
        "lockf",
        "major",
        "memfd_create",
        "mkfifo",
        "mknod",
        "nice",
        "openpty",
        "pathconf",
        "pidfd_open",
        "pipe2",
        "posix_fadvise",
        "posix_fallocate",
        "posix_spawn",
        "pread",
        "preadv",
        "pwrite",
        "readv",
        "sched_getaffinity",
        "sched_setaffinity",
        "sched_yield",
        "sendfile",
        "set_blocking",
        "setpriority",
        "setsid",
        "setuid",
        "statvfs",
        "sync",
        "sysconf",
        "tcgetpgrp",
        "ttyname",
        "uname",
        "wait",
        "wait3",
        "wait4",
        "waitid",
        "writev",
    },
    "signal": {
        "SIGALRM",
        "SIGCHLD",
        "SIGHUP",
        "SIGKILL",
        "SIGQUIT",
        "SIGUSR1",
        "SIGUSR2",
        "alarm",
        "pause",
        "pthread_kill",
        "pthread_sigmask",
        "setitimer",
        "sigwait",
    },
}
BYTES_BY_DEFAULT = {"os", "Image", "webbrowser", "gzip", "archive", "source", "self"}
WITH_ANOTHER_WAY = {
    ("backtest/benchmarks/real.py", "wait4"),
    ("data/machine.py", "getloadavg"),
    ("data/machine.py", "sched_getaffinity"),
    ("data/machine.py", "sysconf"),
    ("data/benchmarks/scan.py", "posix_fadvise"),
    ("data/samples/frames/files.py", "pread"),
    ("reports/printing.py", "geteuid"),
}
SOURCES = [path for room in ROOMS for path in sorted((REPOSITORY / room).rglob("*.py"))]


def wanted(source: Path) -> set[str]:
    """Modules and calls of POSIX that a file names."""
    found = set()
    for node in ast.walk(ast.parse(source.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module)} & MODULES
            found |= {name.name for name in node.names} & CALLS.get(str(node.module), set())
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found |= {node.attr} & CALLS.get(node.value.id, set())
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_of_posix_is_needed(room: str) -> None:
    """Each use stands in the list of those that do without it on other systems."""
    found = {
        (path.relative_to(REPOSITORY).as_posix(), name)
        for path in SOURCES
        if path.relative_to(REPOSITORY).parts[0] == room
        for name in wanted(path)
    }
    assert found == {use for use in WITH_ANOTHER_WAY if use[0].startswith(f"{room}/")}


def test_text_is_read_and_written_in_utf_8() -> None:
    """`open` and its like name an encoding, or read bytes: Windows has a code page by default."""
    careless = [
        f"{source.relative_to(REPOSITORY)}:{node.lineno}"
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_bytes()))
        if isinstance(node, ast.Call) and _is_text(node)
    ]
    assert careless == []


def _is_text(call: ast.Call) -> bool:
    """Whether a call opens text without naming the encoding."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if any(word.arg == "encoding" for word in call.keywords):
        return False
    if name == "read_text":
        return not call.args
    if name != "open" or not isinstance(call.func, (ast.Name, ast.Attribute)):
        return False
    owner = getattr(getattr(call.func, "value", None), "id", "")
    modes = [one.value for one in call.args if isinstance(one, ast.Constant)]
    binary = any(isinstance(mode, str) and "b" in mode for mode in modes)
    return owner not in BYTES_BY_DEFAULT and not binary
