"""Run folders: which one is meant, and what is not one."""

from pathlib import Path

import pytest

from quantsig.data.errors import DataError
from quantsig.data.storage.documents import to_json
from quantsig.signals.ledger import append_ledger
from quantsig.signals.run_record import SCHEMA
from quantsig.signals.runs import find_runs, latest_run, open_run
from tests.run_records import run_record


def write_record(path: Path, created: str, schema: str = SCHEMA) -> None:
    """A run folder with nothing but its record."""
    path.mkdir(parents=True)
    record = run_record(run_id=path.name, created=created)
    (path / "run.json").write_text(to_json(record.as_dict() | {"schema": schema}))


def test_the_latest_run_is_the_one_trained_last(tmp_path: Path) -> None:
    """By its record, not by name or file time."""
    write_record(tmp_path / "b", "2024-01-02T00:00:00+00:00")
    write_record(tmp_path / "a", "2024-01-03T00:00:00+00:00")
    write_record(tmp_path / "c", "2024-01-01T00:00:00+00:00")
    assert latest_run(tmp_path) == tmp_path / "a"
    assert [run.run_id for run in find_runs(tmp_path).runs] == ["c", "b", "a"]


def test_a_clock_that_jumps_back_hides_no_later_run(tmp_path: Path) -> None:
    """The ledger says which training came last, whatever the clock showed."""
    for name, created in (("first", "2024-01-02"), ("second", "2024-01-01")):
        write_record(tmp_path / name, f"{created}T00:00:00+00:00")
        append_ledger(tmp_path, "training", run_id=name)
    assert latest_run(tmp_path) == tmp_path / "second"


def test_a_run_that_cannot_be_opened_hides_no_other(tmp_path: Path) -> None:
    """It is named apart."""
    write_record(tmp_path / "good", "2024-01-01T00:00:00+00:00")
    write_record(tmp_path / "old", "2025-01-01T00:00:00+00:00", schema="quantsig.run/0")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    found = find_runs(tmp_path)
    assert latest_run(tmp_path) == tmp_path / "good"
    assert [Path(error.where).parent.name for error in found.unreadable] == ["broken", "old"]


def test_no_run_at_all(tmp_path: Path) -> None:
    """The error says how to train one."""
    with pytest.raises(DataError, match="quantsig train"):
        latest_run(tmp_path)


def test_what_is_not_a_run_says_which_way(tmp_path: Path) -> None:
    """No folder, another folder, an unfinished training."""
    with pytest.raises(DataError, match="no such run"):
        open_run(tmp_path / "nothing")
    with pytest.raises(DataError, match="not a run folder"):
        open_run(tmp_path)
    (tmp_path / "config.toml").touch()
    with pytest.raises(DataError, match="did not finish"):
        open_run(tmp_path)


def test_hidden_folders_are_no_runs(tmp_path: Path) -> None:
    """What a process that was killed left beside its target is neither listed nor the latest."""
    write_record(tmp_path / "one", "2024-01-01T00:00:00+00:00")
    write_record(tmp_path / ".one.123.old", "2025-01-01T00:00:00+00:00")
    assert [found.path.name for found in find_runs(tmp_path).runs] == ["one"]
    assert latest_run(tmp_path) == tmp_path / "one"
