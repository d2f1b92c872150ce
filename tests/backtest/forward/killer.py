"""A process that has imported everything and forks for each replay, which it kills after a while.

Nothing of polars runs in it before it forks: its threads would not be there afterwards.
"""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.conftest import KERNELS

LOADED = (
    "tests.backtest.forward.replays",
    "quantsig.signals.scoring.scorer",
    "quantsig.signals.models.baselines",
    "pyarrow.parquet",
)
LONGEST_S = 300.0  # that a replay may take to begin


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What is replayed, and how long it may go on."""

    run: str
    held_cells: int
    first: int  # bars there are at the first call
    last: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopped:
    """How a replay ended, and how long it went on."""

    code: int  # minus the signal where it was killed
    seconds: float


class Killer:
    """Replays that are killed, each in a process of its own."""

    def __enter__(self) -> Self:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_CACHE_DIR": str(KERNELS)}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[3],
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def run(self, replay: Replay) -> Stopped:
        """Replay until the time is over."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(asdict(replay)) + "\n")
        self.process.stdin.flush()
        return Stopped(**json.loads(self.process.stdout.readline()))


def replay_here(asked: Replay, begins: int) -> None:
    """Replay in this process and end it; whoever waits is told when it begins."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    from quantsig.signals.runs import open_run  # noqa: PLC0415
    from tests.backtest.forward.replays import replayed, two_symbols  # noqa: PLC0415

    bars, run = two_symbols(asked.held_cells), open_run(Path(asked.run))
    os.write(begins, b"begun")
    replayed(run, bars, asked.first, asked.last)
    os._exit(0)


def serve() -> None:
    """Fork for each line of stdin, and say on stdout how it ended."""
    answers = os.fdopen(os.dup(1), "w")
    for name in LOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        asked = Replay(**json.loads(line))
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            try:
                replay_here(asked, writes)
            finally:
                os._exit(1)
        os.close(writes)
        select.select([reads], [], [], LONGEST_S)
        os.close(reads)
        begun = time.monotonic()
        code = _ended(child, begun + asked.seconds)
        print(
            json.dumps({"code": code, "seconds": time.monotonic() - begun}),
            file=answers,
            flush=True,
        )


def _ended(child: int, until: float) -> int:
    """How it ended by itself, or by being killed at a time."""
    while time.monotonic() < until:
        gone, status = os.waitpid(child, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    serve()
