"""Verbs that a disk fails under, and what has to hold at whichever call it does.

The old or the new result is in its place, whole; the same command again ends well, with the bytes
of a command that nothing stopped, and leaves nothing hidden behind.
"""

import json
import random
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from quantsig.data.storage.leftovers import NOTE
from tests.faults.disk import Fault
from tests.faults.lost import forget
from tests.faults.trees import Tree, state_of, tree_of
from tests.faults.verbs import Ended, Verbs


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A verb that writes.

    Attributes:
        words: what is typed.
        results: what it makes, each old or new as a whole; files of a folder each for itself
            where the name ends in a slash.
        after: verbs that come before.
    """

    words: str
    results: tuple[str, ...]
    after: tuple[str, ...] = ()


RUN = "runs/one"
BUILT = ("samples build",)
TRAINED = (*BUILT, "train --out runs/one")
CHOSEN = (*TRAINED, "thresholds runs/one --threshold 0.15")
SIGNALLED = (*CHOSEN, "signals runs/one")
TRADED = (*SIGNALLED, "backtest runs/one")
SWEEP = "sweep runs/one --thresholds 3 --stops 2 --targets 2"
WALK = "walk samples --model logistic --folds 2 --out runs/walked"
TRIED = {
    "build": Tried(words="samples build", results=("samples",)),
    "build --force": Tried(words="samples build --force", results=("samples",), after=BUILT),
    "extend": Tried(words="samples extend samples newer.csv", results=("samples",), after=BUILT),
    "import": Tried(
        words="samples import legacy --out imported --processes 1", results=("imported",)
    ),
    "train": Tried(words="train --out runs/one", results=(RUN,), after=BUILT),
    "train --force": Tried(words="train --out runs/one --force", results=(RUN,), after=TRAINED),
    "thresholds": Tried(
        words="thresholds runs/one --threshold 0.15", results=(f"{RUN}/",), after=TRAINED
    ),
    "signals": Tried(words="signals runs/one", results=(f"{RUN}/",), after=CHOSEN),
    "signals --force": Tried(
        words="signals runs/one --force", results=(f"{RUN}/",), after=SIGNALLED
    ),
    "backtest": Tried(
        words="backtest runs/one",
        results=(f"{RUN}/backtest", f"{RUN}/report.html"),
        after=SIGNALLED,
    ),
    "backtest --force": Tried(
        words="backtest runs/one --fee-bps 7 --force",
        results=(f"{RUN}/backtest", f"{RUN}/report.html"),
        after=TRADED,
    ),
    "sweep": Tried(words=SWEEP, results=(f"{RUN}/sweep",), after=TRAINED),
    "sweep --force": Tried(
        words=f"{SWEEP} --force", results=(f"{RUN}/sweep",), after=(*TRAINED, SWEEP)
    ),
    "walk": Tried(words=WALK, results=("runs/walked",), after=BUILT),
    "walk --force": Tried(words=f"{WALK} --force", results=("runs/walked",), after=(*BUILT, WALK)),
    "forward": Tried(
        words="forward runs/one newer.csv",
        results=(f"{RUN}/forward/forward.html",),  # of the journal, any of its lines
        after=(*CHOSEN, "forward runs/one bars.csv"),
    ),
    "recalibrate": Tried(
        words="recalibrate runs/one --on both",
        results=(f"{RUN}/",),
        after=(*CHOSEN, "forward runs/one newer.csv"),
    ),
    "report": Tried(words="report runs/one", results=(f"{RUN}/report.html",), after=TRADED),
}
FOLLOWS = ("report.html", "baselines.json")  # from the rest, so it may be missing for a while


class Trial:
    """A verb from its first call on, again and again in the same folder.

    What a process leaves that is killed at a call is the tree as it is then, so one process that
    copies it at each call serves for all of them. Trees that differ in times and process numbers
    alone are judged once.
    """

    def __init__(self, verbs: Verbs, name: str, store: Path) -> None:
        self.verbs, self.name, self.tried = verbs, name, TRIED[name]
        self.start = store / re.sub(r"\W+", "-", name)
        self.kept = store / "kept"
        self.judged: dict[str, list[str]] = {}
        if not self.start.exists():
            self._prepare(store)
        self.old = tree_of(self.start)
        self._begin()
        whole = verbs.run(self.tried.words.split(), Fault(kept=str(self.kept), each=True))
        assert whole.code == 0, whole.said
        self.calls = whole.calls
        self.new = tree_of(verbs.home)
        self.whole = store / f"{self.start.name}-whole"
        copy(verbs.home, self.whole)

    def _prepare(self, store: Path) -> None:
        """What the verbs before leave; each of them runs once for all that come after it."""
        place = store / "sources"
        for number, words in enumerate(self.tried.after):
            begun = store / re.sub(r"\W+", "-", f"after {self.tried.after[: number + 1]}")
            if not begun.exists():
                copy(place, self.verbs.home)
                ended = self.verbs.run(words.split())
                assert ended.code == 0, ended.said
                copy(self.verbs.home, begun)
            place = begun
        copy(place, self.start)

    def _begin(self) -> None:
        copy(self.start, self.verbs.home)
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir()

    def killed(self, at: int, *, torn: random.Random | None = None) -> list[str]:
        """What is wrong after the process was killed at a call, a line each."""
        copy(self.kept / f"tree-{at}", self.verbs.home)
        if torn:
            forget(self.kept / f"{at}.json", torn)
        return self._judge()

    def kill(self, at: int) -> None:
        """Kill a process at a call, and leave what it left."""
        copy(self.start, self.verbs.home)
        ended = self.verbs.run(self.tried.words.split(), Fault(at=at))
        assert ended.code == -9, ended.said

    def refused(self, at: int, error: int) -> list[str]:
        """What is wrong after a call was refused."""
        copy(self.start, self.verbs.home)
        ended = self.verbs.run(self.tried.words.split(), Fault(at=at, error=error))
        wrong = []
        if ended.code not in (0, 5) or (ended.code and len(_complaint(ended)) != 3):
            wrong.append(f"it ended with {ended.code}: {ended.said[-300:]}")
        return wrong + self._judge()

    def _judge(self) -> list[str]:
        state = state_of(self.verbs.home)
        if state not in self.judged:
            self.judged[state] = self._judge_anew()
        return self.judged[state]

    def _judge_anew(self) -> list[str]:
        wrong = [f"neither old nor new: {name}" for name in self._neither()]
        before = tree_of(self.verbs.home)
        again = self.verbs.run(self.tried.words.split())
        done = all(before.get(name) == one for name, one in self.new.items())
        if again.code and not (again.code == 2 and "exists already" in again.said and done):
            wrong.append(f"again: {again.code}: {again.said[-300:]}")
        after = tree_of(self.verbs.home)
        hidden = [name for name in after if "/." in f"/{name}"]
        wrong += [f"left behind: {name}" for name in hidden]
        differs = [
            name
            for name in sorted({*after, *self.new} - {*hidden})
            if after.get(name) != self.new.get(name)
        ]
        return wrong + [f"not as without a fault: {name}" for name in differs]

    def _neither(self) -> list[str]:
        now = tree_of(self.verbs.home)
        found = []
        for result in self.tried.results:
            if result.endswith("/"):
                names = [name for name in {*now, *self.old} if name.startswith(result)]
                found += [
                    name
                    for name in names
                    if "/." not in name
                    and now.get(name) not in (self.old.get(name), self.new.get(name))
                ]
                continue
            trees = ((self.verbs.home, now), (self.start, self.old), (self.whole, self.new))
            parts = [_part(home, tree, result) for home, tree in trees]
            if parts[0] not in parts[1:] and not (result.endswith(FOLLOWS) and not parts[0]):
                found.append(result)
        return found


def copy(source: Path, target: Path) -> None:
    """Put a tree in the place of another."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def _part(home: Path, tree: Tree, result: str) -> dict[str, str]:
    """The files of a result; what its manifest does not name yet is not of it."""
    inside = {
        name: one
        for name, one in tree.items()
        if name == result or (name.startswith(f"{result}/") and not name.endswith(FOLLOWS))
    }
    named = _named(home / result / "manifest.json")
    return {
        name: one
        for name, one in inside.items()
        if "/." not in name
        and name != f"{result}/{NOTE}"  # which whoever opens it takes away
        and (named is None or name.removeprefix(f"{result}/") in named)
    }


def _named(manifest: Path) -> set[str] | None:
    """The files that a sample set says it has; None where there is no such set."""
    if not manifest.is_file():
        return None
    return {manifest.name, *json.loads(manifest.read_text())["files"]}


def _complaint(ended: Ended) -> list[str]:
    lines = ended.said.splitlines()
    return [line for line in lines[-3:] if "bug" not in line]
