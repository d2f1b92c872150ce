"""A walk is the same whoever trains its folds."""

import hashlib
from pathlib import Path

import pytest

from quantsig.backtest.walk.plan import WalkSettings, settle_walk
from quantsig.backtest.walk.walkforward import run_walk
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.layout import SEAL, WALK
from quantsig.signals.ledger import read_ledger
from quantsig.signals.training.tracking.callbacks import Callbacks
from tests.backtest.walked import PLAN, THREE, two_symbol_set

TIMED = {WALK, SEAL}  # they say when


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    return two_symbol_set(tmp_path_factory.mktemp("samples") / "set")


def walked(samples: SampleSet, out: Path, on: Workers) -> tuple[dict[str, str], list[str]]:
    """The digests of what a walk leaves, and what it told."""
    told: list[str] = []
    walk = settle_walk(samples, PLAN, SplitSpec(), WalkSettings(folding=THREE), device="cpu")
    run_walk(walk, out, callbacks=Callbacks(tell=told.append), on=on)
    files = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if name not in TIMED
    }, told


def test_two_workers_leave_the_same_bytes_and_words(samples: SampleSet, tmp_path: Path) -> None:
    """Predictions, signals, trades, equity and figures; the ledger has one line of the walk."""
    here = walked(samples, tmp_path / "here" / "walk", HERE)
    assert walked(samples, tmp_path / "two" / "walk", Workers(count=2)) == here
    assert [line["event"] for line in read_ledger(tmp_path / "two")] == ["walk"]
