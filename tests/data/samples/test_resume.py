"""A build that is cut short goes on from there, and comes out the same, byte for byte."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantsig.data.errors import UsageError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.progress import Progress
from quantsig.data.samples import build
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.storage.locks import locked
from quantsig.data.tasks.workers import Workers
from tests.data.samples.bars import CHART, LABEL, bars_of

PIECE = 50  # bars
LENGTHS = {"A": 430, "B": 16, "C": 15, "D": 620}  # 22 pieces, some of several symbols
REPOSITORY = Path(__file__).parents[3]
BUILDER = """
import sys
from pathlib import Path
from tests.data.samples import test_resume

test_resume.build.PART_ROWS = test_resume.PIECE
test_resume.built(Path(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces so small that a few hundred bars are many of them."""
    monkeypatch.setattr(build, "PART_ROWS", PIECE)


def built(out: Path, **options: Any) -> SampleSet:
    """The set of this module."""
    return build_samples(bars_of(LENGTHS), out, chart=CHART, label=LABEL, job=BuildJob(**options))


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a set."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    """The files of the set when nothing interrupts."""
    return content(built(tmp_path / "whole").path)


def stop_at(piece: int) -> Progress:
    """A progress that stops the work."""

    def progress(done: int, total: int) -> None:
        if done == piece:
            raise KeyboardInterrupt

    return progress


def kill_when(pieces: int, out: Path) -> bool:
    """Kill a building process once it has finished some pieces; whether it was still at work."""
    process = subprocess.Popen([sys.executable, "-c", BUILDER, str(out)], cwd=REPOSITORY)
    notes = out.with_name(f".{out.name}.part") / build.PIECES
    while process.poll() is None and len(list(notes.glob("*.json"))) < pieces:
        time.sleep(0.001)
    process.kill()
    return process.wait() == -signal.SIGKILL


def test_pieces_make_the_set_that_one_piece_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels, times and charts do not depend on where the bars are cut."""
    label = LabelSpec(name="triple_barrier", horizon_bars=3, volatility_bars=6)
    many = build_samples(bars_of(LENGTHS), tmp_path / "many", chart=CHART, label=label)
    monkeypatch.setattr(build, "PART_ROWS", 10_000)
    one = build_samples(bars_of(LENGTHS), tmp_path / "one", chart=CHART, label=label)
    assert len(many.manifest.files) == 2 * 22
    assert many.index.equals(one.index)
    assert many.bars.equals(one.bars)
    ids = np.arange(0, len(one), 7)
    np.testing.assert_array_equal(many.read(ids), one.read(ids))


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(
    whole: dict[str, bytes], tmp_path: Path, threads: int
) -> None:
    """Every file is the same, the manifest included."""
    assert content(built(tmp_path / "again", threads=threads).path) == whole


def test_workers_write_the_same_bytes(whole: dict[str, bytes], tmp_path: Path) -> None:
    """Each is handed its rows, and the bars before and after that they depend on."""
    told: list[tuple[int, int]] = []
    out = tmp_path / "two"
    again = built(out, on=Workers(count=2), progress=lambda *one: told.append(one))
    assert content(again.path) == whole
    assert told == [(one, len(told)) for one in range(1, len(told) + 1)]


@pytest.mark.parametrize("piece", [0, 1, 11, 22])
def test_a_stopped_build_goes_on(whole: dict[str, bytes], tmp_path: Path, piece: int) -> None:
    """There is no set before it is finished, and then it is the same."""
    out = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        built(out, progress=stop_at(piece))
    assert not out.exists()
    built(out)
    assert content(out) == whole


def test_finished_pieces_are_kept(tmp_path: Path) -> None:
    """Their files are not written again."""
    out = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        built(out, threads=1, progress=stop_at(5))
    written = {path.name: path.stat().st_mtime_ns for path in (tmp_path / ".set.part").glob("*-*")}
    built(out)
    assert len(written) >= 8
    assert {name: (out / name).stat().st_mtime_ns for name in written} == written


def test_other_bars_begin_anew_when_told_to(whole: dict[str, bytes], tmp_path: Path) -> None:
    """What was left by another build is not taken up, and not thrown away unasked."""
    out = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        build_samples(
            bars_of({"A": 431}), out, chart=CHART, label=LABEL, job=BuildJob(progress=stop_at(8))
        )
    with pytest.raises(UsageError, match="unfinished sample set .* something else: bars[.]"):
        built(out)
    assert len(list((tmp_path / ".set.part").glob("bars-*"))) == 8
    built(out, force=True)
    assert content(out) == whole


@pytest.mark.parametrize("damage", [b"", b"\0" * 100])
def test_a_damaged_piece_is_made_again(
    whole: dict[str, bytes], tmp_path: Path, damage: bytes
) -> None:
    """A finished file whose bytes changed is not trusted."""
    out = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        built(out, progress=stop_at(5))
    (tmp_path / ".set.part" / "index-00002.parquet").write_bytes(damage)
    built(out)
    assert content(out) == whole


def test_two_processes_do_not_build_the_same_set(tmp_path: Path) -> None:
    """The second one is told, and leaves the work of the first alone."""
    (tmp_path / ".set.part").mkdir()
    with locked(tmp_path / "set"), pytest.raises(UsageError, match="another process"):
        built(tmp_path / "set")


def test_a_set_that_is_replaced_stays_until_the_new_one_is_there(tmp_path: Path) -> None:
    """Stopping a build with force leaves the old set."""
    out = tmp_path / "set"
    build_samples(bars_of({"A": 40}), out, chart=CHART, label=LABEL)
    with pytest.raises(KeyboardInterrupt):
        built(out, force=True, progress=stop_at(5))
    assert len(open_samples(out)) == 25
    assert len(built(out, force=True)) == 415 + 1 + 605


def check_kills(moments: Iterator[int], out: Path, whole: dict[str, bytes]) -> None:
    """Kill builds at these moments, one after the other, then let one finish."""
    for pieces in moments:
        if not kill_when(pieces, out):
            break
        assert not out.exists()
    if not out.exists():
        built(out)
    assert content(out) == whole
    assert [path.name for path in out.parent.glob(".set*")] == []


def test_a_killed_build_goes_on(whole: dict[str, bytes], tmp_path: Path) -> None:
    """SIGKILL while pieces are being written costs nothing but time."""
    check_kills(iter([3, 12]), tmp_path / "set", whole)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(12))
def test_a_build_killed_again_and_again_goes_on(
    whole: dict[str, bytes], tmp_path: Path, seed: int
) -> None:
    """At random pieces, some of them the last."""
    moments = np.sort(np.random.default_rng(seed).integers(0, 23, 5))
    check_kills(iter(moments.tolist()), tmp_path / "set", whole)
