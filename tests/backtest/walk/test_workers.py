"""A walk is the same whoever trains its folds."""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from quantsig.backtest.walk.plan import WalkSettings, plan_walk
from quantsig.backtest.walk.walkforward import run_walk
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.layout import SEAL, WALK
from quantsig.signals.ledger import read_ledger
from quantsig.signals.training.tracking.callbacks import Callbacks
from tests.backtest.walked import PLAN, THREE, two_symbol_set
from tests.faults.killing import done_with_kills

TIMED = {WALK, SEAL}  # they say when


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    return two_symbol_set(tmp_path_factory.mktemp("samples") / "set")


def walked(samples: SampleSet, out: Path, on: Workers) -> tuple[dict[str, str], list[str]]:
    """The digests of what a walk leaves, and what it told."""
    told: list[str] = []
    walk = plan_walk(samples, PLAN, SplitSpec(), WalkSettings(folding=THREE), device="cpu")
    run_walk(walk, out, callbacks=Callbacks(tell=told.append), on=on)
    return left_by(out), told


def left_by(out: Path) -> dict[str, str]:
    """The digests of the files of a walk that do not say when they were made."""
    files = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if name not in TIMED
    }


def test_two_workers_leave_the_same_bytes_and_words(samples: SampleSet, tmp_path: Path) -> None:
    """Predictions, signals, trades, equity and figures; the ledger has one line of the walk."""
    here = walked(samples, tmp_path / "here" / "walk", HERE)
    assert walked(samples, tmp_path / "two" / "walk", Workers(count=2)) == here
    assert [line["event"] for line in read_ledger(tmp_path / "two")] == ["walk"]


ROOT = Path(__file__).parents[3]


def driver(samples: SampleSet, out: Path, home: str) -> "subprocess.Popen[bytes]":
    """A walk in a process of its own."""
    command = [sys.executable, "-m", "tests.backtest.walk.slow_walk", str(samples.path), str(out)]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    return subprocess.Popen([*command, home], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("home", "kills"),
    [
        pytest.param("local", 2, marks=pytest.mark.soak),
        pytest.param("local", 20, marks=pytest.mark.soak),
        pytest.param("ray", 20, marks=pytest.mark.soak),
    ],
)
def test_workers_that_are_killed_change_nothing(
    samples: SampleSet, tmp_path: Path, home: str, kills: int
) -> None:
    """At random moments of a network's training; it goes on from its state, bit for bit."""
    if home == "ray" and find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    assert driver(samples, tmp_path / "here" / "walk", "here").wait() == 0
    out = tmp_path / home / "walk"
    assert done_with_kills(lambda: driver(samples, out, home), home, kills) > 0
    assert left_by(out) == left_by(tmp_path / "here" / "walk")
