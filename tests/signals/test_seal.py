"""What is in a run is what was written, or is told before it is used."""

import json
import os
import shutil
from pathlib import Path

import pytest

from quantsig.data.errors import IntegrityError
from quantsig.data.storage import atomic
from quantsig.signals import seal as sealing_module
from quantsig.signals.layout import LEDGER, SEAL
from quantsig.signals.ledger import Entry, read_ledger
from quantsig.signals.seal import (
    SEALED,
    faults,
    open_seal,
    refuse_lost_seal,
    seal_again,
    seal_folder,
    sealed,
    sealed_files,
    sealing,
    take_in,
)

TRIED = Entry(event="choice", named={"run_id": "run", "trial_id": "t"})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A sealed folder of two files."""
    home = tmp_path / "run"
    (home / "sweep").mkdir(parents=True)
    (home / "a.json").write_text("one")
    (home / "sweep" / "cells").write_text("two")
    seal_folder(home, tmp_path, "run", Entry(event="training", more={"run_id": "run"}))
    return home


def write(home: Path, content: str, entry: Entry | None = None) -> None:
    with sealing(home, entry) as stage:
        (stage / "a.json").write_text(content)


def events(home: Path) -> list[str]:
    return [line["event"] for line in read_ledger(home.parent)]


def test_what_was_written_is_read(run: Path) -> None:
    """Each write is entered, a trial once."""
    assert sealed(run / "a.json").read_text() == "one"
    write(run, "new", TRIED)
    write(run, "newer", TRIED)
    assert sealed(run / "a.json").read_text() == "newer"
    assert faults(run) == []
    assert events(run) == ["training", "choice", SEALED]


@pytest.mark.parametrize("path", ["a.json", "sweep/cells"])
def test_a_change_by_hand_is_told(run: Path, path: str) -> None:
    """With the file and what to do, the size and the time being what they were or not."""
    status = (run / path).stat()
    sealed(run / path)
    (run / path).write_text("2wo")
    os.utime(run / path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(IntegrityError, match="SHA-256") as caught:
        sealed(run / path)
    assert caught.value.where == str(run / path)
    assert "quantsig verify" in caught.value.remedy
    assert len(faults(run)) == 1


def test_a_file_that_is_missing_or_put_in_is_told(run: Path) -> None:
    """A choice that was taken away does not leave an older one in force."""
    (run / "a.json").unlink()
    (run / "b.json").write_text("foreign")
    assert sealed_files(run, ".") >= {run / "a.json", run / "b.json"}
    for name in ("a.json", "b.json"):
        with pytest.raises(IntegrityError, match=r"missing|by hand"):
            sealed(run / name)
    assert len(faults(run)) == 2


def test_pages_and_states_are_no_results(run: Path) -> None:
    """They are written again at will."""
    (run / "report.html").write_text("page")
    (run / "state").mkdir()
    (run / "state" / "a").write_text("step")
    assert faults(run) == []


def test_a_seal_of_another_training_does_not_fit(run: Path) -> None:
    """Nor does one that was changed, or one whose line or ledger is gone."""
    whole = (run / SEAL).read_text()
    known = open_seal(run).files["a.json"]
    (run / SEAL).write_text(whole.replace(known, "0" * 64))
    with pytest.raises(IntegrityError, match="not the one that the ledger entered"):
        sealed(run / "a.json")
    (run / SEAL).write_text(whole)
    assert sealed(run / "a.json")
    (run.parent / LEDGER).unlink()
    with pytest.raises(IntegrityError, match="the ledger has no line"):
        sealed(run / "a.json")
    seal_again(run, "run")
    assert sealed(run / "a.json")


def test_a_seal_that_is_gone_is_told(run: Path) -> None:
    """A run of before had none, and is taken as it is."""
    (run / SEAL).unlink()
    with pytest.raises(IntegrityError, match=r"seal.json is missing"):
        refuse_lost_seal(run, "run")
    refuse_lost_seal(run, "other")
    (run / "a.json").write_text("changed")
    assert sealed(run / "a.json").read_text() == "changed"
    write(run, "new", TRIED)
    assert (run / "a.json").read_text() == "new"
    assert not (run / SEAL).exists()


class CrashError(Exception):
    """The power went."""


@pytest.mark.parametrize("place", ["_line", "write_record", "_place"])
def test_a_crash_leaves_the_old_or_the_new(
    run: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """And the same again counts no trial twice."""
    with monkeypatch.context() as patched:

        def crash(*args: object) -> None:
            raise CrashError

        patched.setattr(sealing_module, place, crash)
        with pytest.raises(CrashError):
            write(run, "new", TRIED)
    assert sealed(run / "a.json").read_text() == "one"
    assert faults(run) == []
    write(run, "new", TRIED)
    assert sealed(run / "a.json").read_text() == "new"
    assert faults(run) == []
    assert events(run).count("choice") == 1
    assert sorted(path.name for path in run.iterdir()) == ["a.json", SEAL, "sweep"]


def test_a_folder_is_replaced_as_a_whole(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in it goes; before the exchange all of it is known."""

    def replace(home: Path) -> None:
        with sealing(home, whole="sweep") as stage:
            (stage / "sweep").mkdir()
            (stage / "sweep" / "other").write_text("three")

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "exchange", lambda new, target: None)
        replace(run)
    assert faults(run) == []
    replace(run)
    assert faults(run) == []
    assert sorted(open_seal(run).files) == ["a.json", "sweep/other"]


def test_what_was_written_in_place_is_taken_in(run: Path) -> None:
    """Folds stand by themselves until all of them are there."""
    (run / "folds").mkdir()
    (run / "folds" / "one").write_text("rows")
    assert sealed(run / "folds" / "one")
    for _ in range(2):
        take_in(run, "folds", Entry(event="folds", named={"trial_id": "f"}))
    assert events(run) == ["training", "folds"]
    (run / "folds" / "one").write_text("rown")
    with pytest.raises(IntegrityError):
        sealed(run / "folds" / "one")


def test_a_result_in_another_folder_is_told(run: Path, tmp_path: Path) -> None:
    """Its trials are in the ledger that it left behind."""
    moved = tmp_path / "elsewhere" / "run"
    shutil.copytree(run, moved)
    with pytest.raises(IntegrityError, match="comes from another folder"):
        sealed(moved / "a.json")


def test_a_seal_that_names_a_file_elsewhere_is_damaged(run: Path) -> None:
    """A received run makes nobody read, or remove in a repair, what is not its own."""
    foreign = run.parent / "foreign"
    foreign.write_text("mine")
    document = json.loads((run / SEAL).read_text())
    document["files"]["../foreign"] = "0" * 64
    (run / SEAL).write_text(json.dumps(document))
    with pytest.raises(IntegrityError, match=r"\.\./foreign"):
        open_seal(run)
    assert foreign.read_text() == "mine"
