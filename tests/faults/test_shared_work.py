"""What workers make is what one process makes, however many they are and whatever kills them."""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.faults.killing import done_with_kills
from tests.faults.shared_work import WORKS, prepare

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("shared_work")]
ROOT = Path(__file__).parents[2]
KILLS = 20
MADE = (".parquet", ".safetensors")  # documents beside them say when


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples and a run."""
    made = tmp_path_factory.mktemp("shared")
    prepare(made)
    return made


def start(work: str, folder: Path, home: str, count: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.faults.shared_work", work, str(folder), home]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    return subprocess.Popen(
        [*command, str(count)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )


def left_by(folder: Path) -> dict[str, str]:
    """The digests of what a work made, which is taken away."""
    out = folder / "out"
    files = [path for path in out.rglob("*") if path.suffix in MADE]
    found = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    shutil.rmtree(out)
    assert found
    return found


@pytest.fixture(scope="module")
def alone(folder: Path) -> dict[str, dict[str, str]]:
    """What one process makes, by the work."""
    found = {}
    for work in WORKS:
        assert start(work, folder, "here", 1).wait() == 0
        found[work] = left_by(folder)
    return found


@pytest.mark.parametrize("home", ["local", "ray"])
@pytest.mark.parametrize("work", WORKS)
def test_workers_that_are_killed_change_nothing(
    folder: Path, alone: dict[str, dict[str, str]], work: str, home: str
) -> None:
    """At up to twenty random moments; a task that is lost three times goes on in the next call."""
    if home == "ray" and find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    done_with_kills(lambda: start(work, folder, home, 2), home, KILLS)
    assert left_by(folder) == alone[work]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("home", ["local", "ray"])
@pytest.mark.parametrize("work", WORKS)
def test_the_number_of_workers_changes_nothing(
    folder: Path, alone: dict[str, dict[str, str]], work: str, home: str, count: int
) -> None:
    """Processes here, or a cluster."""
    if home == "ray" and find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    assert start(work, folder, home, count).wait() == 0
    assert left_by(folder) == alone[work]
