"""What a disk may hold where the power went before something was synced."""

import json
import os
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.disk import Change


def forget(kept: Path, chance: random.Random) -> None:
    """Make of a tree one that a disk might hold where the power went in place of the process.

    Args:
        kept: the file in which the process left what was not synced.
        chance: draws how much each folder and each file lost.
    """
    content = json.loads(kept.read_text())
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
