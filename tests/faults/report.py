"""What verbs lost at faults of the disk, counted: `python -m tests.faults.report`.

Each verb runs in a process of its own that is killed at a call that changes the disk, or has the
call refused; or its power goes, and what was not synced is lost in part. `--share 0.1` tries a
tenth of the calls, drawn by `--seed`; names of verbs and kinds of faults try those alone.

A row has the seconds of a processor, too, and in how many different states the faults left the
folder: the same command is run again once in each.
"""

import argparse
import errno
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.faults.sources import write_sources
from tests.faults.tried import TRIED, Trial
from tests.faults.verbs import Verbs

ERRORS = ("ENOSPC", "EIO", "EMFILE", "EACCES", "EROFS", "EDQUOT")
KINDS = ("killed", "torn", "refused")
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # waits for no disk


def faults_of(
    trial: Trial, kind: str, chance: random.Random, calls: Iterable[int]
) -> Iterator[list[str]]:
    """What is wrong after a fault of one kind at each of some calls."""
    for at in calls:
        if kind == "killed":
            yield [f"call {at}: {one}" for one in trial.killed(at)]
        elif kind == "torn":
            seed = chance.getrandbits(32)
            wrong = trial.killed(at, torn=random.Random(seed))
            yield [f"call {at}, seed {seed}: {one}" for one in wrong]
        else:
            name = ERRORS[chance.randrange(len(ERRORS))]
            wrong = trial.refused(at, getattr(errno, name))
            yield [f"call {at}, {name}: {one}" for one in wrong]


def counted(wrong: Sequence[Sequence[str]]) -> dict[str, int]:
    """Faults that were tried, and at how many something was lost, other, or left behind."""
    found = Counter(tried=len(wrong))
    for lines in wrong:
        said = {line.split(": ")[1] for line in lines}
        found["neither"] += "neither old nor new" in said
        found["left behind"] += "left behind" in said
        found["other"] += bool(said - {"neither old nor new", "left behind"})
    return dict(found)


def main() -> None:
    """Print a row a verb and kind of fault, and what went wrong."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("names", nargs="*", default=[], help=", ".join((*TRIED, *KINDS)))
    words.add_argument("--share", type=float, default=1.0)
    words.add_argument("--seed", type=int, default=37)
    asked = words.parse_args()
    verbs_asked = [name for name in TRIED if name in asked.names] or list(TRIED)
    kinds = [name for name in KINDS if name in asked.names] or KINDS
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        home, store = Path(place, "home"), Path(place, "store")
        write_sources(store / "sources")
        with Verbs(home) as verbs:
            for name in verbs_asked:
                trial = Trial(verbs, name, store)
                for kind in kinds:
                    chance = random.Random(f"{asked.seed} {name} {kind}")
                    calls = [at for at in range(trial.calls) if chance.random() < asked.share]
                    before = verbs.seconds + time.process_time()
                    trial.judged.clear()
                    wrong = list(faults_of(trial, kind, chance, calls))
                    seconds = round(verbs.seconds + time.process_time() - before)
                    row = {"verb": name, "fault": kind, "calls": trial.calls, **counted(wrong)}
                    print(
                        json.dumps({**row, "states": len(trial.judged), "s": seconds}), flush=True
                    )
                    for lines in wrong:
                        print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)


if __name__ == "__main__":
    main()
