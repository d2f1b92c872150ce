"""What a killed process left is put right by the next; what a living one writes is let be."""

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantsig.data.errors import UsageError
from quantsig.data.storage import atomic, swap
from quantsig.data.storage.leftovers import HOST, OLD, alone, beside, recover, sweep
from quantsig.data.storage.locks import lock_file, locked

DEAD = 999_999_999  # no system gives such a number
STEPS = 9  # more than a folder's exchange takes


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def left_by(target: Path, number: int, kind: str = "part", host: str = HOST) -> Path:
    """A file beside a target that a process of that number wrote."""
    path = target.with_name(f".{target.name}.{host}-{number}.{kind}")
    path.write_text("half")
    return path


def test_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    """Files and folders; what has another kind of name stays."""
    left_by(tmp_path / "a.json", DEAD)
    left_by(tmp_path / "set", DEAD).unlink()
    (tmp_path / f".set.{HOST}-{DEAD}.part" / "inner").mkdir(parents=True)
    others = [".git", ".lock", ".notes.part", ".other.lock", ".part", ".profile", "..old"]
    for name in others:
        (tmp_path / name).write_text("somebody's")
    sweep(tmp_path)
    assert names(tmp_path) == sorted(others)


def test_what_a_living_process_writes_is_let_be(tmp_path: Path) -> None:
    """Another process, and this one; not what an earlier process of its number left."""
    theirs = left_by(tmp_path / "a", os.getppid())
    with beside(tmp_path / "b") as ours:
        ours.write_text("half")
        left_by(tmp_path / "c", os.getpid())
        sweep(tmp_path)
        assert names(tmp_path) == sorted([theirs.name, ours.name])


def test_other_hosts_have_a_day(tmp_path: Path) -> None:
    """Nobody here can tell whether their process lives."""
    left = left_by(tmp_path / "a", DEAD, host="0" * 6)
    sweep(tmp_path)
    assert left.exists()
    long_ago = time.time() - 90_000
    os.utime(left, (long_ago, long_ago))
    sweep(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("there", [True, False])
def test_what_an_earlier_version_left_has_a_day(tmp_path: Path, there: bool) -> None:
    """Its names have no host; those of others are let be."""
    old = tmp_path / f".run.{DEAD}.old"
    for folder in (old, tmp_path / "run") if there else (old,):
        folder.mkdir()
        (folder / "run.json").write_text('{"schema": "quantsig.run/1"}')
    left = [old, tmp_path / f".a.json.{DEAD}.part", tmp_path / f".a.json.{os.getppid()}.part"]
    theirs = [tmp_path / f".film.{DEAD}.part", tmp_path / f".album.{DEAD}.old"]
    for path in (*left[1:], theirs[0]):
        path.write_text("half")
    theirs[1].mkdir()
    sweep(tmp_path)
    assert {path.name for path in (*left, *theirs)} < set(names(tmp_path)) | {"run"}
    long_ago = time.time() - 90_000
    for path in (*left, *theirs):
        os.utime(path, (long_ago, long_ago))
    sweep(tmp_path)
    assert names(tmp_path) == sorted(path.name for path in (left[2], *theirs, tmp_path / "run"))
    assert (tmp_path / "run" / "run.json").is_file()


@pytest.mark.parametrize("there", [True, False])
def test_the_old_folder_comes_back_where_there_is_no_new_one(tmp_path: Path, there: bool) -> None:
    """Put right when the target is asked for."""
    target = tmp_path / "set"
    old = target.with_name(f".set.{HOST}-{DEAD}.{OLD}")
    for folder in (old, target) if there else (old,):
        folder.mkdir()
        (folder / "name").write_text("old" if folder == old else "new")
    recover(target)
    assert (target / "name").read_text() == ("new" if there else "old")
    sweep(tmp_path)
    assert names(tmp_path) == ["set"]


def test_a_lock_in_a_finished_folder_is_taken_away(tmp_path: Path) -> None:
    """A process was killed while it sealed a page there."""
    target = tmp_path / "walk"
    target.mkdir()
    lock_file(target / "seal.json").write_text("\0process 1 on here since then: quantsig walk")
    recover(target)
    assert names(target) == []


def test_a_note_in_a_finished_folder_is_taken_away(tmp_path: Path) -> None:
    """A killed process left it; a file of that name that is no note stays."""
    (tmp_path / "key").write_text("a key of the house")
    recover(tmp_path)
    assert names(tmp_path) == ["key"]
    (tmp_path / "key").write_text('{"work": "walk", "made_from": {}}')
    recover(tmp_path)
    assert names(tmp_path) == []


def test_unfinished_work_is_let_be_and_what_it_replaced_is_not(tmp_path: Path) -> None:
    """A folder with a note can go on; one without is empty, or was a result."""
    contents = {".a.part": "key", ".b.part": "run.json", ".c.part": "notes.txt"}
    for folder, file in contents.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text('{"schema": "quantsig.run/1"}')
    (tmp_path / ".d.part").mkdir()
    with locked(tmp_path / "d"):
        sweep(tmp_path)
    assert names(tmp_path) == [".a.part", ".c.part", ".d.part"]
    sweep(tmp_path)
    assert names(tmp_path) == [".a.part", ".c.part"]


def test_a_lock_without_its_process_is_removed(tmp_path: Path) -> None:
    """It is known by its note; one that is held stays."""
    lock_file(tmp_path / "a").write_text("\0process 1 on here since then: quantsig train")
    with locked(tmp_path / "b"):
        sweep(tmp_path)
        assert names(tmp_path) == [".b.lock"]


def test_who_is_alone_finds_a_swept_folder(tmp_path: Path) -> None:
    """Its inner folders, too."""
    (tmp_path / "run" / "choices").mkdir(parents=True)
    left_by(tmp_path / "run" / "choices" / "a.json", DEAD)
    with alone(tmp_path / "run"):
        assert names(tmp_path / "run" / "choices") == []


def test_who_is_alone_may_call_what_has_to_be(tmp_path: Path) -> None:
    """In the same thread; another one is refused meanwhile."""
    refused = []

    def ask() -> None:
        with pytest.raises(UsageError, match="another process"), alone(tmp_path / "run"):
            pass
        refused.append(True)

    with alone(tmp_path / "run"):
        with alone(tmp_path / "run"):
            pass
        other = threading.Thread(target=ask)
        other.start()
        other.join()
    assert refused == [True]
    with alone(tmp_path / "run"):
        pass


def _replace(target: Path, kill_at: int, able: bool) -> None:
    """Replace a folder in a process that ends at one of the steps that change its place."""
    steps = iter(range(STEPS))

    def ending(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            if next(steps) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **named)

        return step

    patch = pytest.MonkeyPatch()
    patch.setattr(atomic, "swap", ending(swap.swap if able else lambda one, other: False))
    patch.setattr(atomic, "move", ending(atomic.move))
    patch.setattr(atomic, "sync_folder", ending(atomic.sync_folder))
    patch.setattr(shutil, "rmtree", ending(shutil.rmtree))
    with atomic.replacing_folder(target, force=True) as folder:
        (folder / "name").write_text("new")


@pytest.mark.parametrize("able", [True, False])
@pytest.mark.parametrize("kill_at", range(STEPS))
def test_old_or_new_is_there_wherever_a_process_is_killed(
    tmp_path: Path, kill_at: int, able: bool
) -> None:
    """Without the system's exchange once the target is asked for; nothing else is left."""
    target = tmp_path / "set"
    target.mkdir()
    (target / "name").write_text("old")
    process = multiprocessing.get_context("fork").Process(
        target=_replace, args=(target, kill_at, able)
    )
    process.start()
    process.join()
    assert not able or (target / "name").is_file()
    recover(target)
    assert (target / "name").read_text() in {"old", "new"}
    sweep(tmp_path)
    assert names(tmp_path) == ["set"]
