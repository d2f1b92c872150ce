"""The ledger only grows."""

from pathlib import Path

import pytest

from quantsig.backtest.significance.trials import read_trials
from quantsig.data.errors import IntegrityError
from quantsig.signals.layout import LEDGER, TORN_LEDGER
from quantsig.signals.ledger import (
    BEGUN_ANEW,
    append_ledger,
    begin_ledger_anew,
    open_ledger,
    read_ledger,
)


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


def searched(runs: Path) -> None:
    """A search of three trials, which lie in its own ledger and in the one around it."""
    (runs / "search").mkdir(parents=True)
    (runs / "search" / "search.json").write_text("{}")
    for number in range(3):
        for folder in (runs / "search", runs):
            append_ledger(folder, "search_trial", trial_id=f"t{number}", trial=number)
        run_id = f"trial-{number:03d}"
        append_ledger(runs / "search", "training", run_id=run_id, trial_id=f"t{number}")


def test_a_search_counts_once_from_both_folders(tmp_path: Path) -> None:
    """Three trials, and one run outside that has the settings of the second and was traded."""
    searched(tmp_path)
    for folder in (tmp_path, tmp_path / "search"):
        assert read_trials(folder, "calibration").count == 3
    append_ledger(tmp_path, "training", run_id="outside", trial_id="t1")
    append_ledger(tmp_path, "choice", run_id="outside", trial_id="c1")
    append_ledger(
        tmp_path,
        "backtest",
        run_id="outside",
        trial_id="c1",
        strategy="s1",
        sharpe=0.1,
        split="calibration",
    )
    for folder in (tmp_path, tmp_path / "search"):
        assert read_trials(folder, "calibration").count == 3


def test_what_a_trial_of_a_search_traded_is_seen_from_outside(tmp_path: Path) -> None:
    """It stands in the ledger of the search alone."""
    searched(tmp_path)
    traded = {"strategy": "s", "sharpe": 0.2, "split": "calibration"}
    append_ledger(tmp_path / "search", "backtest", run_id="trial-000", **traded)
    append_ledger(tmp_path, "choice", run_id="other", trial_id="c9")
    for folder in (tmp_path, tmp_path / "search"):
        assert read_trials(folder, "calibration").count == 4


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    """A bit of any byte, that of a line's end included: told, or the last line counts no more."""
    for name in ("a", "b", "c"):
        append_ledger(tmp_path, "training", run_id=name)
    ledger = tmp_path / LEDGER
    whole = ledger.read_bytes()
    for place in range(len(whole) - 1):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        ledger.write_bytes(flipped)
        with pytest.raises(IntegrityError, match="line"):
            read_ledger(tmp_path)
    ledger.write_bytes(whole[:-1] + b"\x0b")
    assert open_ledger(tmp_path).torn


@pytest.mark.parametrize("gone", [0, 1])
def test_a_removed_line_is_noticed(tmp_path: Path, gone: int) -> None:
    """The one after it no longer follows."""
    for name in ("a", "b", "c"):
        append_ledger(tmp_path, "training", run_id=name)
    lines = (tmp_path / LEDGER).read_text().splitlines(keepends=True)
    del lines[gone]
    (tmp_path / LEDGER).write_text("".join(lines))
    with pytest.raises(IntegrityError, match=f"line {gone + 1}"):
        read_ledger(tmp_path)


def test_lines_of_before_open_and_are_chained_from_then_on(tmp_path: Path) -> None:
    """What has no chain is taken as it is, but may not change under the first line that has."""
    old = '{"time": "2024-01-01", "event": "training", "run_id": "old"}'
    (tmp_path / LEDGER).write_text(old)  # an editor took the end of the line away
    append_ledger(tmp_path, "training", run_id="new")
    assert [line["run_id"] for line in read_ledger(tmp_path)] == ["old", "new"]
    ledger = tmp_path / LEDGER
    ledger.write_text(ledger.read_text().replace("old", "odd"))
    with pytest.raises(IntegrityError, match="line 2"):
        read_ledger(tmp_path)


def test_a_torn_line_blocks_nobody(tmp_path: Path) -> None:
    """It counts for nothing, and the next line is not glued to it."""
    append_ledger(tmp_path, "training", run_id="a")
    with (tmp_path / LEDGER).open("ab") as file:
        file.write(b'{"event": "trai\xff')
    assert open_ledger(tmp_path).torn
    assert [line["run_id"] for line in read_ledger(tmp_path)] == ["a"]
    append_ledger(tmp_path, "training", run_id="b")
    assert [line["run_id"] for line in read_ledger(tmp_path)] == ["a", "b"]
    assert (tmp_path / TORN_LEDGER).read_text() == '{"event": "trai\\xff\n'


@pytest.mark.parametrize("name", ["a\u2028b", "a\u0085b", "a\x1cb"])
def test_only_a_line_feed_ends_a_line(tmp_path: Path, name: str) -> None:
    """Other separators may stand in the name of a folder; Windows may add a carriage return."""
    append_ledger(tmp_path, "training", run_id=name)
    append_ledger(tmp_path, "training", run_id="b")
    ledger = tmp_path / LEDGER
    ledger.write_bytes(ledger.read_bytes().replace(b"\n", b"\r\n"))
    append_ledger(tmp_path, "training", run_id="c")
    assert [line["run_id"] for line in read_ledger(tmp_path)] == [name, "b", "c"]


@pytest.mark.parametrize("line", [b"\xff\xfe{}\n", b"{}\n", b"[1]\n", b"{broken\n"])
def test_a_chain_begun_anew_tells_what_is_readable(tmp_path: Path, line: bytes) -> None:
    """What is no line is told until then, nothing is added to it, and nothing is lost after."""
    append_ledger(tmp_path, "training", run_id="a")
    with (tmp_path / LEDGER).open("ab") as file:
        file.write(line)
    with pytest.raises(IntegrityError, match="line 2"):
        read_ledger(tmp_path)
    with pytest.raises(IntegrityError, match="line 2"):
        append_ledger(tmp_path, "training", run_id="b")
    begin_ledger_anew(tmp_path)
    append_ledger(tmp_path, "training", run_id="b")
    assert [entry["event"] for entry in read_ledger(tmp_path)] == [
        "training",
        BEGUN_ANEW,
        "training",
    ]
