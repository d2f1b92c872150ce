"""One process at a time; who has a lock is named, and no lock outlives its process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quantsig.data.errors import ResourceError, UsageError
from quantsig.data.storage.atomic import append_line
from quantsig.data.storage.locks import lock_file, locked, waiting_lock

HOLDER = """
import sys
from pathlib import Path
from quantsig.data.storage.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
ADDER = """
import sys
from pathlib import Path
from quantsig.data.storage.atomic import append_line
from quantsig.data.storage.locks import waiting_lock
target = Path(sys.argv[1])
for number in range(50):
    with waiting_lock(target):
        append_line(target, sys.argv[2] * 200)
"""


@contextmanager
def held_elsewhere(target: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has the lock until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(target)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_who_holds_the_lock_is_named(tmp_path: Path) -> None:
    """Its process, since when, and its command; three lines and exit code 2."""
    target = tmp_path / "run"
    with (
        held_elsewhere(target) as process,
        pytest.raises(UsageError, match="another process is at work here") as caught,
        locked(target),
    ):
        pass
    assert f"(process {process.pid} on " in caught.value.what
    assert str(target) in caught.value.what  # of its command
    assert caught.value.exit_code == 2
    assert caught.value.where == str(target)


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    """SIGKILL while it holds one; the next has it at once, and nothing stays behind."""
    target = tmp_path / "run"
    with held_elsewhere(target) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert lock_file(target).exists()
        with locked(target):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_in_the_same_process_counts(tmp_path: Path) -> None:
    """And is free again after an error."""
    with pytest.raises(KeyError), locked(tmp_path / "run"):
        with pytest.raises(UsageError), locked(tmp_path / "run"):
            pass
        raise KeyError
    with locked(tmp_path / "run"):
        pass


def test_a_place_without_a_lock_is_named(tmp_path: Path) -> None:
    """Where nothing can be made, as in a folder that may only be read: exit code 5."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(ResourceError, match="nothing can be written there") as caught,
        locked(tmp_path / "file" / "run"),
    ):
        pass
    assert caught.value.exit_code == 5


def test_lines_of_two_processes_stay_whole(tmp_path: Path) -> None:
    """Each waits for the other; no line is lost or mixed."""
    target = tmp_path / "ledger.jsonl"
    adders = [
        subprocess.Popen([sys.executable, "-c", ADDER, str(target), letter]) for letter in "ab"
    ]
    with waiting_lock(target):
        append_line(target, "c")
    assert [adder.wait() for adder in adders] == [0, 0]
    lines = target.read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == ["a" * 200] * 50 + ["b" * 200] * 50 + ["c"]
