"""The notebooks of docs/ run from the first cell to the last, as they stand there."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantsig.data import demo
from quantsig.data.bars import write_bars

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
SYMBOLS, SINCE = ["AAPL"], 2007  # a part of the bars, or it would take a minute


def cells(notebook: Path) -> list[str]:
    """Its cells of code, which must be plain Python."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    assert document["nbformat"] == 4
    return ["".join(one["source"]) for one in document["cells"] if one["cell_type"] == "code"]


def run(notebook: Path) -> dict[str, Any]:
    """What the names of a notebook stand for at its end."""
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells(notebook), 1):
        exec(compile(cell, f"{notebook.name}, cell {number}", "exec"), names)
    return names


@pytest.fixture(autouse=True)
def fewer_bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of one's own, and few of the bars that ship."""
    rows = demo.demo_bars().bars
    few = rows.filter(pl.col("symbol").is_in(SYMBOLS), pl.col("timestamp").dt.year() >= SINCE)
    path = tmp_path / "few.parquet"
    write_bars(path, few)
    monkeypatch.setattr(demo, "demo_path", lambda: path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_ends_with_a_verdict(
    notebook: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """And with drawings; nothing is kept in the file that an earlier version had said."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    assert all(not cell.get("outputs") for cell in document["cells"])
    names = run(notebook)
    assert "edge" in capsys.readouterr().out
    assert names["result"].equity.height > 100
    assert names["run"].path.resolve().is_relative_to(tmp_path)


def test_there_are_two() -> None:
    """From bars to a report, and the scores of another model."""
    assert [path.stem for path in NOTEBOOKS] == ["bars-to-report", "judge-lightgbm"]
