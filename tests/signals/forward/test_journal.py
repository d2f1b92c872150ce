"""A journal that nobody can rewrite unnoticed, and that no fault leaves torn."""

import errno
import os
from pathlib import Path

import pytest

from quantsig.data.errors import IntegrityError, ResourceError
from quantsig.signals.forward.journal import ForwardJournal
from quantsig.signals.forward.lines import Line
from quantsig.signals.layout import TORN_JOURNAL, journal_file
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import Run
from tests.signals.forward.journals import bare_run, begun, decision, outcome

LINES = [begun(), decision("A", 0), decision("A", 1), outcome("A", 0)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose journal has four lines, which the ledger knows of."""
    run = bare_run(tmp_path / "runs" / "one")
    journal = ForwardJournal(run, lambda line: None)
    journal.read()
    journal.append(LINES)
    journal.enter()
    return run


def heard(run: Run) -> list[Line]:
    """All lines without their hashes."""
    lines: list[Line] = []
    ForwardJournal(run, lines.append).read()
    return [{name: value for name, value in line.items() if name != "chain"} for line in lines]


def test_what_is_read_is_what_was_written(run: Run) -> None:
    """Numbers bit for bit; the ledger knows how many and the head."""
    assert heard(run) == LINES
    entered = [line for line in read_ledger(run.runs_folder) if line["event"] == "forward"]
    assert [line["lines"] for line in entered] == [4]


def test_only_what_was_added_is_read_again(run: Run) -> None:
    """A reader goes on from where it was."""
    lines: list[Line] = []
    reader = ForwardJournal(run, lines.append)
    reader.read()
    writer = ForwardJournal(run, lambda line: None)
    writer.read()
    writer.append([decision("A", 2)])
    reader.read()
    assert len(lines) == 5


@pytest.mark.parametrize("number", range(1, 5))
def test_a_changed_line_is_named(run: Run, number: int) -> None:
    """By its number."""
    path = journal_file(run.path)
    texts = path.read_bytes().splitlines(keepends=True)
    texts[number - 1] = texts[number - 1].replace(b'"2026-01-05', b'"2026-01-06', 1)
    path.write_bytes(b"".join(texts))
    with pytest.raises(IntegrityError, match=f"line {number} ") as found:
        heard(run)
    assert found.value.where.endswith(f"line {number}")


@pytest.mark.parametrize("number", range(1, 5))
def test_a_missing_line_is_noticed(run: Run, number: int) -> None:
    """By the one after it; the last one by the ledger."""
    path = journal_file(run.path)
    texts = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(texts[: number - 1] + texts[number:]))
    with pytest.raises(IntegrityError, match=f"line {number} "):
        heard(run)


def test_a_line_that_was_put_in_is_named(run: Run) -> None:
    """A copy of a whole line, too."""
    path = journal_file(run.path)
    texts = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*texts[:2], texts[1], *texts[2:]]))
    with pytest.raises(IntegrityError, match="line 3 "):
        heard(run)


def test_a_journal_written_anew_is_noticed(run: Run) -> None:
    """Its chain is whole, and not the one that the ledger entered."""
    other = bare_run(run.path.parent.parent / "elsewhere" / "one")
    forged = ForwardJournal(other, lambda line: None)
    forged.append([*LINES[:3], outcome("A", 0, hit=False)])
    journal_file(run.path).write_bytes(journal_file(other.path).read_bytes())
    with pytest.raises(IntegrityError, match=r"line 4 is not the one that the ledger entered"):
        heard(run)


def test_the_journal_of_another_run_is_refused(tmp_path: Path) -> None:
    """Of a run that the ledger knows no journal of, too."""
    other = ForwardJournal(bare_run(tmp_path / "runs" / "one"), lambda line: None)
    with pytest.raises(IntegrityError, match="another run, two"):
        other.append([begun(run_id="two")])


@pytest.mark.parametrize("cut", [1, 20, 400])
def test_half_a_line_is_healed(run: Run, cut: int) -> None:
    """Cut anywhere in its last line it goes on as if that had never begun."""
    path = journal_file(run.path)
    whole = path.read_bytes()
    writer = ForwardJournal(run, lambda line: None)
    writer.read()
    writer.append([decision("B", 3)])
    torn = path.read_bytes()[: len(whole) + cut]
    path.write_bytes(torn)
    assert heard(run) == LINES
    again = ForwardJournal(run, lambda line: None)
    again.read()
    again.heal()
    again.append([decision("C", 3)])
    assert heard(run) == [*LINES, decision("C", 3)]
    assert path.with_name(TORN_JOURNAL).read_bytes() == torn[len(whole) :] + b"\n"


def test_a_line_feed_that_an_editor_took_is_put_back(run: Run) -> None:
    """The line itself is whole."""
    path = journal_file(run.path)
    path.write_bytes(path.read_bytes()[:-1])
    os.truncate(path, path.stat().st_size)
    again = ForwardJournal(run, lambda line: None)
    again.entered_lines = 0  # as before the ledger knew of it
    again.read()
    again.heal()
    again.append([decision("C", 3)])
    assert heard(run) == [*LINES, decision("C", 3)]


def test_a_full_disk_leaves_the_journal_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a line; the ledger and the journal are as before."""
    before = journal_file(run.path).read_bytes()
    writer = ForwardJournal(run, lambda line: None)
    writer.read()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ResourceError, match="disk is full"):
            writer.append([decision("B", 3)])
    assert journal_file(run.path).read_bytes() == before
    writer.append([decision("B", 3)])
    assert len(heard(run)) == 5
