"""A process that forks for each verb, and has imported and compiled what that verb needs.

It learns that from the first of each kind. Nothing of polars or torch runs in it before it forks:
their threads would not be there afterwards.
"""

import gc
import json
import os
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
from tests.faults.loaded import Loaded, load, loaded_since

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
    """Runs verbs in a folder, each in a process of its own.

    Args:
        home: the folder.
        fresh: each process starts from nothing, in place of being forked.
    """

    def __init__(self, home: Path, *, fresh: bool = False) -> None:
        self.home, self.fresh = home, fresh
        self.process: subprocess.Popen[str] | None = None
        self.seconds = 0.0  # of processor time so far, of the verbs

    def __enter__(self) -> Self:
        words = [sys.executable, "-W", "ignore", "-m", __name__, str(self.home)]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
        environment = {**os.environ, **threads, "NUMBA_CACHE_DIR": str(KERNELS)}
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
        if self.fresh and self.process:
            self.__exit__(None, None, None)
            self.__enter__()
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"words": list(words), **asdict(fault)}) + "\n")
        self.process.stdin.flush()
        ended = Ended(**json.loads(self.process.stdout.readline()))
        self.seconds += ended.seconds
        return ended


def run_verb(home: Path, words: Sequence[str], fault: Fault, ends: int) -> None:
    """Run a verb in this process and end it; its calls, and what it loaded, go to a pipe."""
    signal.alarm(LONGEST_S)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(home)
    said = os.open(home.parent / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    before = Loaded.now()
    from quantsig.cli.app import main  # noqa: PLC0415
    from quantsig.data.samples import imports  # noqa: PLC0415

    setattr(imports, "ReadingProcesses", ReadHere)  # noqa: B010 - no processes of their own
    sys.argv = ["quantsig", *words]
    disk = Disk(home=f"{home}/", fault=fault)
    disk.watch()
    code = main()
    with os.fdopen(ends, "w") as pipe:
        json.dump({"calls": disk.calls, "loaded": asdict(loaded_since(before))}, pipe)
    sys.stderr.flush()
    os._exit(code)


def serve(home: Path) -> None:
    """Fork for each line of stdin, and say on stdout how it ended."""
    answers = os.fdopen(os.dup(1), "w")
    known: dict[str, Loaded] = {}  # what a verb loaded the first time
    for line in sys.stdin:
        asked = json.loads(line)
        words = asked.pop("words")
        verb = " ".join(words[: 2 if words[0] == "samples" else 1])
        if verb in known:
            load(known.pop(verb))
            gc.freeze()
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            run_verb(home, words, Fault(**asked), writes)
        os.close(writes)
        with os.fdopen(reads) as pipe:
            ending = json.loads(pipe.read() or "null")
        _, status, used = os.wait4(child, 0)
        if ending:
            known[verb] = Loaded(**ending["loaded"])
        ended = Ended(
            code=os.waitstatus_to_exitcode(status),
            calls=ending["calls"] if ending else -1,
            said=(home.parent / "stderr").read_text(errors="replace"),
            seconds=used.ru_utime + used.ru_stime,
        )
        print(json.dumps(asdict(ended)), file=answers, flush=True)
    os._exit(0)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
