"""Rows for other programs: nothing that a spreadsheet would compute, and nothing lost."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from quantsig.data.errors import ConfigError
from quantsig.signals.inference.exports import FORMATS, as_csv, write_rows

ROWS = pl.DataFrame(
    {
        "symbol": ["A", "=1+1", "^GSPC", None],
        "decision_time": [datetime(2024, 1, 2, 21, second, tzinfo=UTC) for second in range(4)],
        "probability": [0.1, -0.25, 1e-9, None],
        "signal": [True, False, True, None],
    },
    schema_overrides={"decision_time": pl.Datetime("us", "UTC")},
)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_would_be_computed_is_text(start: str) -> None:
    """An apostrophe stands before it, in every column of text; the rest stays as it is."""
    hostile = f'{start}cmd|"/C calc"!A0'
    rows = pl.DataFrame({"symbol": [hostile, "ES=F"], "run_id": ["a-b", hostile]})
    cells = list(csv.reader(io.StringIO(as_csv(rows).decode(), newline="")))
    assert cells[1:] == [["'" + hostile, "a-b"], ["ES=F", "'" + hostile]]


def test_numbers_and_times_of_csv_stay_what_they_are() -> None:
    """A negative number is no text; times are ISO 8601 in UTC; nothing is an empty cell."""
    lines = as_csv(ROWS).decode().splitlines()
    assert lines[1] == "A,2024-01-02T21:00:00Z,0.1,true"
    assert lines[2].split(",")[2] == "-0.25"
    assert lines[4] == ",2024-01-02T21:03:00Z,,"


def test_what_parquet_keeps_is_read_again(tmp_path: Path) -> None:
    """Every value and type."""
    write_rows(tmp_path / "rows.parquet", ROWS, "parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "rows.parquet"), ROWS)


def test_json_is_one_document(tmp_path: Path) -> None:
    """Its schema is named, its rows are objects, and what is not there is null."""
    write_rows(tmp_path / "rows.json", ROWS, "json")
    document = json.loads((tmp_path / "rows.json").read_text())
    assert document["schema"] == "quantsig.signal_rows/1"
    assert document["rows"][1] == {
        "symbol": "=1+1",
        "decision_time": "2024-01-02T21:01:00Z",
        "probability": -0.25,
        "signal": False,
    }
    assert document["rows"][3]["symbol"] is None


def test_an_unknown_format_names_the_known(tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(ConfigError, match=r"parquet, csv, json"):
        write_rows(tmp_path / "rows.xlsx", ROWS, "xlsx")
    assert list(tmp_path.iterdir()) == []
    assert set(FORMATS) == {"parquet", "csv", "json"}
