"""The ledger only grows."""

from pathlib import Path

import pytest

from quantsig.backtest.significance.trials import read_trials
from quantsig.data.errors import IntegrityError
from quantsig.signals.layout import LEDGER
from quantsig.signals.ledger import append_ledger, read_ledger


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
