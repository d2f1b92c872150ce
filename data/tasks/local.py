"""Tasks in processes of this machine."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

from quantsig.data.tasks.task import Function, Lost, Outcome, outcome_of, packed
from quantsig.data.tasks.workers import Workers

STOP_WITHIN_S = 10.0  # of being asked to: a training saves its state first
GONE = "its process went away"
GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(eq=False)
class _Worker:
    """A process, the pipe to it, and the task it is at."""

    process: Any
    pipe: Connection
    number: int | None = None


class LocalWorkers:
    """Processes that do tasks of one function; one that dies is replaced.

    Args:
        function: of a task's work.
        on: how many, and what each has of the GPUs.
        most: tasks that there are.
    """

    def __init__(self, function: Function, on: Workers, most: int) -> None:
        self.function, self.on = function, on
        self.places: list[_Worker | None] = [None] * min(on.count or 1, most)

    def __enter__(self) -> "LocalWorkers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        working = [worker for worker in self.places if worker]
        for worker in working:
            if worker.number is not None:
                worker.process.terminate()
            worker.pipe.close()  # one without a task ends
        until = time.monotonic() + STOP_WITHIN_S
        for worker in working:
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    @property
    def has_room(self) -> bool:
        """Whether a worker waits for a task."""
        return any(worker is None or worker.number is None for worker in self.places)

    def give(self, number: int, work: Any) -> None:
        """Hand a task to a worker that waits, which is started where it never was."""
        free = (slot for slot, one in enumerate(self.places) if one is None or one.number is None)
        slot = next(free)
        worker = self.places[slot]
        if worker is None or not worker.process.is_alive():
            worker = self.places[slot] = self._start(slot)
        worker.number = number
        with suppress(OSError):  # it died meanwhile, which its pipe will say
            worker.pipe.send_bytes(packed(self.function, work))

    def next_outcome(self) -> tuple[int, Outcome]:
        """Wait for the first worker that is done, or that died."""
        at_work = [one for one in self.places if one and one.number is not None]
        ready = wait([one.pipe for one in at_work])[0]
        worker = next(one for one in at_work if one.pipe is ready)
        number, worker.number = worker.number, None
        assert number is not None
        try:
            outcome: Outcome = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            worker.pipe.close()
            self.places[self.places.index(worker)] = None
            return number, Lost(reason=GONE)
        return number, outcome

    def _start(self, slot: int) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, _gpus_of(slot, self.on.gpus_per_task)), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)


def _gpus_of(slot: int, asked: float) -> str | None:
    """What the worker of a place sees of the GPUs, as CUDA is told; None: all of them."""
    if not asked:
        return None
    first = int(slot * asked)
    numbers = [str(first + more) for more in range(max(1, int(asked)))]
    seen = os.environ.get(GPUS)
    named = [one.strip() for one in seen.split(",")] if seen else None
    return ",".join(named[int(one) % len(named)] if named else one for one in numbers)


def _serve(pipe: Connection, gpus: str | None) -> None:
    """Do task by task until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    if gpus is not None:
        os.environ[GPUS] = gpus
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    while True:
        try:
            pipe.send(outcome_of(pipe.recv_bytes()))
        except (EOFError, ConnectionError):  # whoever asked is no more
            return


def _end_with_parent() -> None:
    """Ask this process to stop when its parent is no more, as a signal would; then end it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    signal.raise_signal(signal.SIGTERM)
    time.sleep(STOP_WITHIN_S)
    os._exit(128 + signal.SIGTERM)
