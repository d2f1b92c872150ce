"""Tasks for tests; top-level, so that other processes find them."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.tasks.task import Hear


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A task that leaves a mark in a folder each time it is tried."""

    folder: Path
    number: int
    lost: int = 0  # times that its process is killed before it is done

    def mark(self) -> int:
        """Count one more try; gives how many there were before."""
        before = len(list(self.folder.glob(f"{self.number}-*")))
        (self.folder / f"{self.number}-{before}").touch()
        return before


class Opened:
    """What a process that unpacks it opens where it lies, as samples are; nothing is there."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return missing, (self.place,)


def missing(place: Path) -> None:
    raise DataError(f"there is no {place.name}.", where=str(place), remedy="Look elsewhere.")


def square(number: int, hear: Hear) -> int:
    hear("progress", 1, 2)
    hear("tell", f"squaring {number}")
    return number * number


def slow_at_first(number: int, hear: Hear) -> int:
    """The first ends last."""
    if number == 0:
        time.sleep(1.0)
    return number


def killed(task: Marked, hear: Hear) -> int:
    if task.mark() < task.lost:
        os.kill(os.getpid(), signal.SIGKILL)
    return task.number


def refusing(task: Marked, hear: Hear) -> int:
    task.mark()
    if task.number == 1:
        raise CheckFailed("it diverged.", where="there", remedy="Lower the rate.")
    return task.number


def broken(task: Marked, hear: Hear) -> int:
    task.mark()
    return 1 // (task.number - 1)


def whose(number: int, hear: Hear) -> int:
    return os.getpid()


def seen_gpus(number: int, hear: Hear) -> str | None:
    time.sleep(0.5)  # so that each of two workers has one
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def waiting(folder: Path, hear: Hear) -> None:
    """Until it is stopped; tells by files that it began, and that it was asked to end."""

    def asked(number: int, frame: object) -> None:
        (folder / "asked").touch()
        raise SystemExit

    signal.signal(signal.SIGTERM, asked)
    (folder / "begun").write_text(str(os.getpid()))
    while True:
        time.sleep(0.05)
