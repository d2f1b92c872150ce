"""The calls of a process that change a disk: counted, ended at one, or forgotten after it.

A call is one that opens a file to write, syncs, renames, exchanges, makes or removes something in
the folder that is watched. Python itself tells of them by its audit hooks.

What was not synced when a process is killed is kept as a list: contents whose file was not synced
since it was opened, and changes of names whose folder was not. `lost.forget` makes of them a tree
that a disk might hold after the power went.
"""

import json
import os
import shutil
import signal
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

CALLS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What happens at one call.

    Attributes:
        at: the number of the call, the first is 0; None: nothing happens.
        error: is raised; None: the process is killed.
        kept: what was not synced is written to this folder before.
        each: the tree and what was not synced are written there before each call, by its number:
            what a process leaves that is killed there.
    """

    at: int | None = None
    error: int | None = None
    kept: str | None = None
    each: bool = False


@dataclass(kw_only=True, slots=True)
class Change:
    """A change of names that its folder was not synced after."""

    folder: str
    call: str  # create, rename, swap, remove, mkdir, rmdir
    path: str
    target: str = ""
    backup: str = ""  # what the call took away


@dataclass(kw_only=True)
class Disk:
    """The calls of this process so far.

    Attributes:
        home: the folder that is watched.
        fault: what happens at which call.
        calls: so many were made.
        unsynced: sizes that files had when they were opened, until they are synced.
        changes: of names, in their order, until their folder is synced.
    """

    home: str
    fault: Fault
    calls: int = 0
    unsynced: dict[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    looking: int = 0  # the thread that does something for this itself

    def watch(self) -> None:
        """From here on."""
        from quantsig.data.storage import atomic  # noqa: PLC0415

        sync, swap = os.fsync, atomic.__dict__["swap"]

        def synced(file: Any) -> None:
            number = file if isinstance(file, int) else file.fileno()
            path = os.readlink(f"/proc/self/fd/{number}")
            if not self._mine(path):
                sync(file)
                return
            self._call(path)
            sync(file)
            self.unsynced.pop(path, None)
            self.changes = [change for change in self.changes if change.folder != path]

        def swapped(one: Path, other: Path) -> bool:
            self._call(str(other))
            done: bool = swap(one, other)
            if done:
                self._note("swap", str(one.absolute()), str(other.absolute()))
            return done

        setattr(os, "fsync", synced)  # noqa: B010 - typed by the system
        setattr(atomic, "swap", swapped)  # noqa: B010 - of another module
        sys.addaudithook(self._heard)

    def _heard(self, event: str, given: tuple[Any, ...]) -> None:
        if event != "open" and event not in CALLS:
            return
        if self.looking == threading.get_ident():
            return
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        if event == "open" and (not isinstance(given[2], int) or not given[2] & writes):
            return
        path = self._path(given)
        if path is None or not self._mine(path):
            return
        if event == "open" and path.endswith(".lock"):
            return  # nothing is lost with it
        self._call(path)
        self._before(event, path, given)

    def _path(self, given: tuple[Any, ...]) -> str | None:
        if not isinstance(given[0], (str, bytes, os.PathLike)):
            return None
        path = os.fsdecode(given[0])
        folder = given[-1] if isinstance(given[-1], int) and len(given) in (2, 3) else -1
        if not os.path.isabs(path):
            opened = folder > 2 and os.path.exists(f"/proc/self/fd/{folder}")
            path = os.path.join(
                os.readlink(f"/proc/self/fd/{folder}") if opened else os.getcwd(), path
            )
        return os.path.normpath(path)

    def _mine(self, path: str) -> bool:
        return f"{path}/".startswith(self.home)

    def _call(self, path: str) -> None:
        number, self.calls = self.calls, self.calls + 1
        if self.fault.each:
            self.keep_unsynced(str(number))
            self.looking = threading.get_ident()
            shutil.copytree(self.home, f"{self.fault.kept}/tree-{number}")
            self.looking = 0
        if number != self.fault.at:
            return
        if self.fault.error is not None:
            raise OSError(self.fault.error, os.strerror(self.fault.error), path)
        if self.fault.kept:
            self.keep_unsynced()
        os.kill(os.getpid(), signal.SIGKILL)

    def keep_unsynced(self, name: str = "unsynced") -> None:
        """Write down what a disk may lose now."""
        assert self.fault.kept
        self.looking = threading.get_ident()
        content = {"unsynced": self.unsynced, "changes": [asdict(one) for one in self.changes]}
        Path(self.fault.kept, f"{name}.json").write_text(json.dumps(content))
        self.looking = 0

    def _before(self, event: str, path: str, given: tuple[Any, ...]) -> None:
        """Note what the call is about to do."""
        if not self.fault.kept:
            return
        if event == "open":
            there = os.path.lexists(path)
            shortened = given[2] & os.O_TRUNC
            self.unsynced.setdefault(path, os.path.getsize(path) if there and not shortened else 0)
            if not there:
                self._note("create", path)
        elif event == "os.rename":
            target = os.path.normpath(os.path.join(os.getcwd(), os.fsdecode(given[1])))
            backup = self._keep(target)
            self._note("rename", path, target, backup)
            self.unsynced.pop(target, None)
            for name in [one for one in self.unsynced if one == path or one.startswith(path + "/")]:
                self.unsynced[target + name[len(path) :]] = self.unsynced.pop(name)
        elif event == "os.remove":
            self._note("remove", path, backup=self._keep(path))
            self.unsynced.pop(path, None)
        elif event != "os.truncate" and (event == "os.mkdir") != os.path.lexists(path):
            self._note(event[3:], path)

    def _note(self, call: str, path: str, target: str = "", backup: str = "") -> None:
        folder = os.path.dirname(target or path)
        self.changes.append(
            Change(folder=folder, call=call, path=path, target=target, backup=backup)
        )

    def _keep(self, path: str) -> str:
        """A second name, out of the watched folder, of a file that is going to lose this one."""
        if not os.path.isfile(path):
            return ""
        self.looking = threading.get_ident()
        backup = f"{self.fault.kept}/{self.calls}"
        os.link(path, backup)
        self.looking = 0
        return backup
