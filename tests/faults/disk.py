"""The calls of a process that change a disk: counted, ended at one, or forgotten after it.

A call is one that opens a file to write, syncs, renames, exchanges, makes or removes something in
the folder that is watched. Python itself tells of them by its audit hooks.

What was not synced when a process is killed is kept as a list: contents whose file was not synced
since it was opened, and changes of names whose folder was not. `forget` makes of them a tree that
a disk might hold after the power went.
"""

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
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
    """

    at: int | None = None
    error: int | None = None
    kept: str | None = None


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
    looking: bool = False  # at what it does itself

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
        if self.looking or (event != "open" and event not in CALLS):
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
        return path.startswith(self.home)

    def _call(self, path: str) -> None:
        number, self.calls = self.calls, self.calls + 1
        if number != self.fault.at:
            return
        if self.fault.error is not None:
            raise OSError(self.fault.error, os.strerror(self.fault.error), path)
        if self.fault.kept:
            self.keep_unsynced()
        os.kill(os.getpid(), signal.SIGKILL)

    def keep_unsynced(self) -> None:
        """Write down what a disk may lose now."""
        assert self.fault.kept
        self.looking = True
        content = {"unsynced": self.unsynced, "changes": [asdict(one) for one in self.changes]}
        Path(self.fault.kept, "unsynced.json").write_text(json.dumps(content))

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
        self.looking = True
        backup = f"{self.fault.kept}/{self.calls}"
        os.link(path, backup)
        self.looking = False
        return backup


def forget(kept: Path, home: Path, chance: random.Random) -> None:
    """Make of a tree one that a disk might hold where the power went in place of the process.

    Args:
        kept: where the killed process left what was not synced.
        home: the tree, which is changed.
        chance: draws how much each folder and each file lost.
    """
    content = json.loads((kept / "unsynced.json").read_text())
    changes = [Change(**one) for one in content["changes"]]
    tear(content["unsynced"], chance)
    left = dict.fromkeys((change.folder for change in changes), 0)
    for folder in left:  # a journal is lost from its end on
        left[folder] = chance.randint(0, sum(change.folder == folder for change in changes))
    seen = dict.fromkeys(left, 0)
    lost = []
    for change in changes:
        seen[change.folder] += 1
        if seen[change.folder] > left[change.folder]:
            lost.append(change)
    for change in reversed(lost):
        UNDO[change.call](change)


def tear(unsynced: Mapping[str, int], chance: random.Random) -> None:
    """Cut, empty or blank what files got since they were synced."""
    for name, size in unsynced.items():
        path = Path(name)
        if not path.is_file():
            continue
        content = path.read_bytes()
        new = content[size:]
        kinds = (new, b"", new[: chance.randint(0, len(new))], bytes(len(new)))
        path.unlink()  # a second name keeps what it has
        path.write_bytes(content[:size] + chance.choice(kinds))


def _undo_create(change: Change) -> None:
    Path(change.path).unlink(missing_ok=True)


def _undo_rename(change: Change) -> None:
    if os.path.lexists(change.target) and os.path.isdir(os.path.dirname(change.path)):
        os.rename(change.target, change.path)
    _restore(change.backup, change.target)


def _undo_swap(change: Change) -> None:
    between = change.path + ".between"
    if os.path.lexists(change.path) and os.path.lexists(change.target):
        os.rename(change.path, between)
        os.rename(change.target, change.path)
        os.rename(between, change.target)


def _undo_remove(change: Change) -> None:
    _restore(change.backup, change.path)


def _undo_mkdir(change: Change) -> None:
    shutil.rmtree(change.path, ignore_errors=True)


def _undo_rmdir(change: Change) -> None:
    if os.path.isdir(os.path.dirname(change.path)):
        os.makedirs(change.path, exist_ok=True)


def _restore(backup: str, path: str) -> None:
    if backup and os.path.isdir(os.path.dirname(path)) and not os.path.lexists(path):
        shutil.copyfile(backup, path)


UNDO: Mapping[str, Callable[[Change], None]] = {
    "create": _undo_create,
    "rename": _undo_rename,
    "swap": _undo_swap,
    "remove": _undo_remove,
    "mkdir": _undo_mkdir,
    "rmdir": _undo_rmdir,
}
