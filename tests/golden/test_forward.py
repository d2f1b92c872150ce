"""A journal of a released format, and a choice that was calibrated again, open as they did."""

import shutil
from pathlib import Path

from quantsig.signals.calibration.recalibration import read_recalibration
from quantsig.signals.forward.book import ForwardBook
from quantsig.signals.forward.lines import Line
from quantsig.signals.layout import journal_file
from tests.golden.make_forward import LINES, RECALIBRATION, make
from tests.signals.forward.journals import bare_run

KEPT = Path(__file__).parent / "forward-1"
HEAD = "783909cf3d568653ca6204c5398725974dcd700864af1ae34b53270cb3585719"


def test_every_line_says_what_it_said(tmp_path: Path) -> None:
    """Its chain is whole, its head the one that the ledger entered; numbers bit for bit."""
    shutil.copytree(KEPT, tmp_path, dirs_exist_ok=True)
    lines: list[Line] = []
    book = ForwardBook(bare_run(tmp_path / "one"), lines.append)
    assert [{name: said for name, said in line.items() if name != "chain"} for line in lines] == (
        LINES
    )
    assert (book.journal.lines, book.journal.entered_lines, book.journal.head) == (10, 10, HEAD)
    assert book.standing.pending == {}


def test_what_is_written_today_has_the_same_bytes(tmp_path: Path) -> None:
    """Or it is another format, which gets a folder and a schema of its own."""
    make(tmp_path)
    for path in (journal_file(Path("one")), Path("one", "recalibrated", "again.json")):
        assert (tmp_path / path).read_bytes() == (KEPT / path).read_bytes()


def test_a_choice_that_was_calibrated_again_is_read() -> None:
    """With its map."""
    assert read_recalibration(KEPT / "one" / "recalibrated" / "again.json") == RECALIBRATION
