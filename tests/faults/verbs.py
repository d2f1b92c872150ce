"""A process that has imported everything and forks for each verb, so that one costs little.

Nothing of polars runs in it before it forks: its threads would not be there afterwards.
"""

import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.conftest import KERNELS
from tests.data.samples.test_imports import ReadHere
from tests.faults.disk import Disk, Fault

ROOMS = ("data", "signals", "backtest", "reports", "cli")
LIBRARIES = ("lightning", "vectorbt", "plotly.io", "plotly.graph_objects", "pyarrow.parquet")
LONGEST_S = 600  # of a verb, on a machine that does other things, too
NOTHING = Fault()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a verb ended."""

    code: int  # minus the signal where it was killed
    calls: int  # that change the disk; -1 where it was killed
    said: str  # on stderr
    seconds: float = 0.0  # of processor time


class Verbs:
    """Runs verbs in a folder, each in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        words = [sys.executable, "-W", "ignore", "-m", __name__, str(self.home)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_CACHE_DIR": str(KERNELS)}
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def run(self, words: Sequence[str], fault: Fault = NOTHING) -> Ended:
        """Run `quantsig` with these words in the folder."""
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"words": list(words), **asdict(fault)}) + "\n")
        self.process.stdin.flush()
        return Ended(**json.loads(self.process.stdout.readline()))


def import_all() -> None:
    """Every module of the rooms, and what they import only when they are asked."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for room in ROOMS:
        package = importlib.import_module(f"quantsig.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"quantsig.{room}."):
            if ".benchmarks" not in module.name:
                importlib.import_module(module.name)

    from quantsig.data.samples import imports  # noqa: PLC0415

    setattr(imports, "ReadingProcesses", ReadHere)  # noqa: B010 - no processes of their own


def run_verb(home: Path, words: Sequence[str], fault: Fault, ends: int) -> None:
    """Run a verb in this process and end it; its calls go to a pipe."""
    signal.alarm(LONGEST_S)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(home)
    said = os.open(home.parent / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    from quantsig.cli.app import main  # noqa: PLC0415

    sys.argv = ["quantsig", *words]
    disk = Disk(home=f"{home}/", fault=fault)
    disk.watch()
    code = main()
    os.write(ends, str(disk.calls).encode())
    sys.stderr.flush()
    os._exit(code)


def serve(home: Path) -> None:
    """Fork for each line of stdin, and say on stdout how it ended."""
    answers = os.fdopen(os.dup(1), "w")
    import_all()
    for line in sys.stdin:
        asked = json.loads(line)
        words = asked.pop("words")
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            run_verb(home, words, Fault(**asked), writes)
        os.close(writes)
        counted = os.read(reads, 20)
        os.close(reads)
        _, status, used = os.wait4(child, 0)
        said = (home.parent / "stderr").read_text(errors="replace")
        code = os.waitstatus_to_exitcode(status)
        ended = Ended(
            code=code,
            calls=int(counted or -1),
            said=said,
            seconds=used.ru_utime + used.ru_stime,
        )
        print(json.dumps(asdict(ended)), file=answers, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
