"""The ledger only grows."""

from pathlib import Path

import pytest

from quantsig.data.errors import IntegrityError
from quantsig.signals.ledger import LEDGER, append_ledger, read_ledger


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    """Every line has its time, event and fields."""
    append_ledger(tmp_path, "training", run_id="a")
    append_ledger(tmp_path, "choice", run_id="a", threshold=0.7)
    lines = read_ledger(tmp_path)
    assert [line["event"] for line in lines] == ["training", "choice"]
    assert lines[1]["threshold"] == 0.7
    assert lines[0]["time"]


def test_an_earlier_line_is_never_touched(tmp_path: Path) -> None:
    """Appending keeps every byte that was there."""
    append_ledger(tmp_path, "training", run_id="a")
    before = (tmp_path / LEDGER).read_bytes()
    append_ledger(tmp_path, "training", run_id="b")
    assert (tmp_path / LEDGER).read_bytes().startswith(before)


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    """Nothing was tried yet."""
    assert read_ledger(tmp_path) == []


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """Trials are not dropped in silence."""
    append_ledger(tmp_path, "training", run_id="a")
    with (tmp_path / LEDGER).open("a") as file:
        file.write("{broken\n")
    with pytest.raises(IntegrityError, match="line 2"):
        read_ledger(tmp_path)
