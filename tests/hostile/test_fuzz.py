"""Damaged files of every kind end in an error of quantsig's, never in another, a crash or a hang.

`make test` takes a hundred cases of each kind, `make soak` a million in all. What failed is found
again by its kind and case: `python -m tests.hostile.worker FOLDER CASE 1 60 KIND`.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.hostile.mutations import BYTES, DOCUMENT, mutated
from tests.hostile.worker import AT

MOST_MB = 256  # that a process may take above what whole files take
HANG_S = 60.0  # for one case, on a busy machine
START_S = 300.0  # for a process to load, or compile, what it needs
TRIES = 20  # processes that may be lost before the rest is given up
MILLION = 1_000_000
KINDS = 35  # of files
SHARE = 100  # cases of each
LONG_S = 1e9  # the cases end it, not the time


@dataclass(kw_only=True)
class Found:
    """What damaged files did."""

    failures: list[dict[str, Any]] = field(default_factory=list)
    cases: int = 0
    kinds: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)  # modules imported on the way
    grown_mb: float = 0.0


def fuzz(folder: Path, *, seed: int, cases: int, seconds: float) -> Found:
    """Read damaged files in processes of their own, a new one where one is lost."""
    found = Found()
    for number in range(TRIES):
        own = folder / str(number)
        own.mkdir(parents=True)
        lost = _one_process(own, found, seed=seed, cases=cases, seconds=seconds)
        if lost is None:
            break
        found.failures.append({"case": lost, "failure": "the process is lost"})
        seed += MILLION
    return found


def _one_process(
    folder: Path, found: Found, *, seed: int, cases: int, seconds: float
) -> str | None:
    """The case at which the process died or hung; None where it came to its end."""
    words = [sys.executable, "-m", "tests.hostile.worker", folder, seed, cases, seconds]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    at, said = folder / AT, folder / "said"
    with said.open("w") as out, (folder / "err").open("w") as err:
        process = subprocess.Popen(
            [str(word) for word in words], stdout=out, stderr=err, env=environment
        )
        begun = time.monotonic()
        while process.poll() is None:
            time.sleep(0.05)
            since = time.time() - at.stat().st_mtime if at.is_file() else 0.0
            if since > HANG_S or (not at.is_file() and time.monotonic() - begun > START_S):
                process.kill()
    for line in said.read_text().splitlines():
        document = json.loads(line)
        if "failure" in document:
            found.failures.append(document)
        else:
            found.cases += sum(document["done"].values())
            found.kinds |= document["done"].keys()
            found.foreign |= set(document["foreign"])
            found.grown_mb = max(found.grown_mb, document["grown_mb"])
    if process.returncode == 0:
        return None
    return at.read_text() if at.is_file() else (folder / "err").read_text()[-2000:]


def assert_held(found: Found) -> None:
    assert not found.failures, found.failures[:10]
    assert not found.foreign
    assert found.grown_mb < MOST_MB


def test_a_share_of_damaged_files(tmp_path: Path) -> None:
    """A hundred of each kind, always the same ones."""
    found = fuzz(tmp_path, seed=0, cases=SHARE, seconds=LONG_S)
    assert_held(found)
    assert found.cases == SHARE * KINDS
    assert len(found.kinds) == KINDS


@pytest.mark.soak
def test_a_million_damaged_files(tmp_path: Path) -> None:
    """As many of each kind; hours of one processor."""
    found = fuzz(tmp_path, seed=MILLION, cases=MILLION // KINDS + 1, seconds=LONG_S)
    assert_held(found)
    assert found.cases >= MILLION


def test_damage_is_the_same_each_time() -> None:
    """A case names its damage, so what failed once can be looked at."""
    seeds = [b'{"a": [1, 2.5, "x"], "b": null}', b"other"]
    for mutations in (BYTES, DOCUMENT):
        first = [mutated(Random(case), seeds, mutations) for case in range(50)]
        assert first == [mutated(Random(case), seeds, mutations) for case in range(50)]
        assert len(set(first)) > 25
