"""Reading old sample files in processes of their own, which a hostile file may only kill."""

import json
import multiprocessing
import os
import queue
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from quantsig.data.errors import ResourceError
from quantsig.data.samples.frames.record import encode
from quantsig.data.samples.legacy.sample_file import BadSample, ReadLimits, read_legacy

START_SECONDS = 300.0  # for a process to load, or compile, what it needs
TRIES = 2  # of a file whose process is lost: it may have been another's doing
MOST_REASON = 400  # characters
AHEAD = 2  # files each process has waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadSample:
    """A sample as its process hands it over: the picture is a frame already."""

    shape: tuple[int, ...]
    dtype: str
    targets: tuple[float | None, ...]
    direction: str | None
    frame: bytes


class ReadingProcesses:
    """Processes that read sample files; one that dies or hangs is replaced.

    Args:
        processes: how many.
        limits: for each file.
    """

    def __init__(self, processes: int, limits: ReadLimits) -> None:
        self.limits = limits
        self.threads = ThreadPoolExecutor(processes, thread_name_prefix="read")
        self.idle: queue.SimpleQueue[_Reader | None] = queue.SimpleQueue()
        self.ahead = AHEAD * processes
        self.closed = False
        for _ in range(processes):
            self.idle.put(None)  # started when first needed

    def __enter__(self) -> "ReadingProcesses":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True
        self.threads.shutdown(wait=True, cancel_futures=True)
        while not self.idle.empty():
            reader = self.idle.get()
            if reader:
                reader.stop()

    def read(self, paths: Iterable[Path]) -> Iterator[tuple[Path, ReadSample | BadSample]]:
        """Each file with its sample, or with what is wrong with it, in the given order."""
        waiting: deque[tuple[Path, Future[ReadSample | BadSample]]] = deque()
        for path in paths:
            waiting.append((path, self.threads.submit(self._read, path)))
            if len(waiting) >= self.ahead:
                earlier, reading = waiting.popleft()
                yield earlier, reading.result()
        for earlier, reading in waiting:
            yield earlier, reading.result()

    def _read(self, path: Path) -> ReadSample | BadSample:
        reader = self.idle.get()
        lost: _ReaderLost | None = None
        try:
            for _ in range(TRIES):
                if reader is None or not reader.process.is_alive():
                    reader = _Reader(self.limits)
                try:
                    return reader.read(path)
                except _ReaderLost as error:
                    reader, lost = None, error
                    if error.late:
                        break
            return BadSample(str(lost))
        finally:
            self.idle.put(reader)


class _ReaderLost(Exception):  # noqa: N818 - what became of it is the message
    """The process is no more; `late` where it was ended because it took too long."""

    def __init__(self, what: str, *, late: bool = False) -> None:
        super().__init__(what)
        self.late = late


class _Reader:
    """One process and the pipe to it."""

    def __init__(self, limits: ReadLimits) -> None:
        self.limits = limits
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, limits), daemon=True)
        self.process.start()
        theirs.close()
        try:
            self._answer(START_SECONDS)
        except _ReaderLost as error:
            raise ResourceError(
                "a process that reads samples could not be started.",
                where="quantsig samples import",
                remedy="Use fewer processes (`processes` 1), or free some memory.",
            ) from error

    def read(self, path: Path) -> ReadSample | BadSample:
        """Have one file read."""
        return _unpacked(self._answer(self.limits.seconds, os.fsencode(path)))

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def _answer(self, seconds: float, question: bytes | None = None) -> bytes:
        try:
            if question is not None:
                self.pipe.send_bytes(question)
            if self.pipe.poll(seconds):
                return self.pipe.recv_bytes()
        except (EOFError, OSError) as error:
            self.stop()
            raise _ReaderLost("reading it ended the process that did") from error
        self.stop()
        raise _ReaderLost(f"reading it takes more than {seconds:g} seconds", late=True)


def _serve(pipe: Connection, limits: ReadLimits) -> None:
    """Answer path by path until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    for dtype in (np.float16, np.float32):
        encode(np.zeros((1, 8, 8), dtype))  # loads the compiled code before memory is limited
    _limit_memory(limits.memory_mb << 20)
    pipe.send_bytes(b"ready")
    while True:
        try:
            path = Path(os.fsdecode(pipe.recv_bytes()))
            pipe.send_bytes(_packed(path, limits))
        except (EOFError, ConnectionError):  # whoever asked is no more
            return


def _limit_memory(further_bytes: int) -> None:
    """Let this process take so much more than it has; only Linux says how much that is."""
    pages = Path("/proc/self/statm")
    if pages.is_file():
        resource = import_module("resource")
        own = int(pages.read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (own + further_bytes, hard))


def _packed(path: Path, limits: ReadLimits) -> bytes:
    try:
        sample = read_legacy(path, limits)
        frame = encode(sample.picture)
    except BadSample as error:
        return json.dumps({"reason": _printable(str(error))}).encode()
    except MemoryError:
        too_large = f"reading it takes more than {limits.memory_mb} MB of memory"
        return json.dumps({"reason": too_large}).encode()
    head = {
        "shape": sample.picture.shape,
        "dtype": sample.picture.dtype.name,
        "targets": sample.targets,
        "direction": sample.direction,
    }
    return json.dumps(head).encode() + b"\n" + frame


def _printable(reason: str) -> str:
    """A reason that quotes a hostile file as a terminal may show it: short, without controls."""
    return "".join(one if one.isprintable() else "?" for one in reason[:MOST_REASON])


def _unpacked(answer: bytes) -> ReadSample | BadSample:
    head, _, frame = answer.partition(b"\n")
    said: dict[str, Any] = json.loads(head)
    if "reason" in said:
        return BadSample(said["reason"])
    return ReadSample(
        shape=tuple(said["shape"]),
        dtype=said["dtype"],
        targets=tuple(said["targets"]),
        direction=said["direction"],
        frame=frame,
    )
