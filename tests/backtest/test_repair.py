"""What `verify` looks at beside the files that a seal names."""

from pathlib import Path

import pytest

from quantsig.backtest.repair import SealFindings, verify
from quantsig.signals.forward.journal import ForwardJournal
from quantsig.signals.layout import RECORD, journal_file
from quantsig.signals.run_record import write_run_record
from quantsig.signals.runs import Run
from tests.signals.forward.journals import bare_run, begun, decision


def written_run(folder: Path) -> Run:
    """A run of one document."""
    run = bare_run(folder)
    write_run_record(folder / RECORD, run.record)
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose journal has two lines, which the ledger knows of."""
    run = written_run(tmp_path / "runs" / "one")
    journal = ForwardJournal(run, lambda line: None)
    journal.read()
    journal.append([begun(), decision("A", 0)])
    journal.enter()
    return run


def told(found: SealFindings) -> str:
    return " ".join(map(str, found.faults))


def test_the_journal_is_looked_at(run: Run) -> None:
    """A whole one is a file more; without a journal nothing is missing."""
    files = verify(run.path).files
    bare = written_run(run.runs_folder.parent / "others" / "two")
    assert (told(verify(run.path)), files) == ("", verify(bare.path).files + 1)


def test_a_changed_line_of_the_journal_is_told(run: Run) -> None:
    """A probability that somebody raised."""
    path = journal_file(run.path)
    path.write_bytes(path.read_bytes().replace(b"0.75", b"0.95"))
    assert "line 2" in told(verify(run.path))


@pytest.mark.parametrize("lines", [0, 1])
def test_a_journal_that_was_cut_is_told(run: Run, lines: int) -> None:
    """Its last line, or all of it."""
    path = journal_file(run.path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
    assert "the ledger knows of 2 lines" in told(verify(run.path))
    path.unlink()
    assert "the ledger knows of 2 lines" in told(verify(run.path))


def test_half_a_line_is_said(run: Run) -> None:
    """It is no fault: a process was killed while it wrote."""
    with journal_file(run.path).open("ab") as file:
        file.write(b'{"kind": "dec')
    found = verify(run.path)
    assert told(found) == ""
    assert any("half a line" in note for note in found.notes)
