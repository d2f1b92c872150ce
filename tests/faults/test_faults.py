"""Old or new wherever a disk or a process fails, and the same command ends what was begun.

All calls of all verbs are tried by `python -m tests.faults.report`; here a share, drawn by a fixed
seed, of the quick ones.
"""

import errno
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disk import Change, Disk, Fault
from tests.faults.lost import forget
from tests.faults.report import KINDS, MEMORY, faults_of
from tests.faults.sources import write_sources
from tests.faults.trees import state_of
from tests.faults.tried import TRIED, Trial, copy
from tests.faults.verbs import Verbs

pytestmark = pytest.mark.xdist_group("faults")
QUICK = {"build --force": 1, "extend": 1, "thresholds": 1, "forward": 1}  # calls of each kind


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder in memory, where there is such a thing."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def store(place: Path) -> Path:
    """Where the sources are, and what verbs leave for those that come after."""
    write_sources(place / "store" / "sources")
    return place / "store"


@pytest.fixture(scope="module")
def verbs(place: Path) -> Iterator[Verbs]:
    """A process that forks for each verb."""
    with Verbs(place / "home") as running:
        yield running


@pytest.mark.parametrize("name", QUICK)
def test_a_share_of_all_faults_costs_nothing(verbs: Verbs, store: Path, name: str) -> None:
    """Killed, torn and refused at calls that are drawn."""
    trial = Trial(verbs, name, store)
    chance = random.Random(f"37 {name}")
    for kind in KINDS:
        at = chance.sample(range(trial.calls), QUICK[name])
        wrong = [one for found in faults_of(trial, kind, chance, at) for one in found]
        assert wrong == [], kind


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TRIED)
def test_no_fault_costs_anything(verbs: Verbs, store: Path, name: str, kind: str) -> None:
    """At every call of every verb."""
    trial = Trial(verbs, name, store)
    found = faults_of(trial, kind, random.Random(37), range(trial.calls))
    assert [one for wrong in found for one in wrong] == []


# The harness itself


def test_a_killed_process_leaves_the_recorded_tree(verbs: Verbs, store: Path) -> None:
    """Killed at a call, in a process of its own, it leaves what was copied at that call."""
    trial = Trial(verbs, "build --force", store)
    for at in random.Random(1).sample(range(trial.calls), 3):
        trial.kill(at)
        left = state_of(verbs.home)
        copy(trial.kept / f"tree-{at}", verbs.home)
        assert state_of(verbs.home) == left


@pytest.mark.parametrize(
    "name", ["build", *(pytest.param(name, marks=pytest.mark.soak) for name in ("train", "report"))]
)
def test_a_forked_process_does_what_a_fresh_one_does(verbs: Verbs, store: Path, name: str) -> None:
    """The same calls and the same bytes."""
    trial = Trial(verbs, name, store)
    done = []
    with Verbs(verbs.home, fresh=True) as fresh:
        for processes in (verbs, fresh):
            copy(trial.start, verbs.home)
            ended = processes.run(trial.tried.words.split())
            done.append((ended.code, ended.calls, state_of(verbs.home)))
    assert done[0] == done[1]


def test_a_call_is_refused_or_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third call raises what it was told; reading is no call, nor is what lies elsewhere."""
    disk = Disk(home=f"{tmp_path}/home/", fault=Fault(at=2, error=errno.EIO))
    heard = disk._heard
    for place in ("home/a", "home/b", "elsewhere/c"):
        heard("open", (tmp_path / place, "w", 0o101))
    heard("open", (tmp_path / "home" / "a", "r", 0))
    with pytest.raises(OSError, match="home/a"):
        heard("os.remove", (tmp_path / "home" / "a", -1))
    assert disk.calls == 3
    monkeypatch.undo()


def test_what_was_not_synced_is_lost(tmp_path: Path) -> None:
    """A name whose folder was not synced is the old one again; its content comes back with it."""
    home, kept = tmp_path / "home", tmp_path / "kept"
    for folder in (home, kept):
        folder.mkdir()
    (home / "a").write_text("new")
    (kept / "1").write_text("old")
    change = Change(
        folder=str(home),
        call="rename",
        path=str(home / "a.part"),
        target=str(home / "a"),
        backup=str(kept / "1"),
    )
    Disk(home=str(home), fault=Fault(kept=str(kept)), changes=[change]).keep_unsynced()
    seen = set()
    for seed in range(20):
        forget(kept / "unsynced.json", random.Random(seed))
        seen.add((home / "a").read_text())
        (home / "a.part").unlink(missing_ok=True)
        (home / "a").write_text("new")
    assert seen == {"old", "new"}
