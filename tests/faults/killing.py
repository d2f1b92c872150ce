"""Workers of a process that are killed at random moments, on Linux."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

WORKER = {"local": b"spawn_main", "ray": b"ray::_outcome_there"}  # in its command line
MOST_PAUSE_S = 2.0


def workers_of(process: int, home: str) -> list[int]:
    """Processes below one that are at a task."""
    parents, found = dict[int, int](), list[int]()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rpartition(")")[2].split()[1]
            )
            if WORKER[home] in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue
    return [one for one in found if process in _ancestors(one, parents)]


def _ancestors(process: int, parents: dict[int, int]) -> list[int]:
    above = []
    while process in parents:
        process = parents[process]
        above.append(process)
    return above


def done_with_kills(start: Callable[[], "subprocess.Popen[bytes]"], home: str, kills: int) -> int:
    """Start a work until it is done, killing workers of it; gives how many were killed.

    Args:
        start: the work; it ends with 5 where a task was lost three times, and goes on then.
        home: of the workers.
        kills: at most.
    """
    moments, killed = random.Random(kills), 0
    while True:
        process = start()
        while process.poll() is None:
            time.sleep(moments.uniform(0.0, MOST_PAUSE_S))
            victims = workers_of(process.pid, home) if killed < kills else []
            if victims:
                os.kill(moments.choice(victims), signal.SIGKILL)
                killed += 1
        assert process.returncode in (0, 5)
        if process.returncode == 0:
            return killed
