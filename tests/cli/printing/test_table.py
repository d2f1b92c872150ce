"""Tables fit their width and stay readable."""

import re
from collections.abc import Mapping, Sequence

import pytest
from rich.cells import cell_len

from quantsig.cli import trade_off
from quantsig.cli.commands import sweep, walk
from quantsig.cli.commands.runs import listing
from quantsig.cli.output import print_table
from quantsig.cli.printing.table import PrintedColumn, at_the_point, decimals_of, lay
from quantsig.data.language.saying import reading, tell

FIGURES = {  # a long value of each kind that the tables show
    "run": "20261201-093000-resnet18-37",
    "model": "window_direction",
    "created": "2026-12-01T09:30",
    "tags": "baseline, daily",
    "split": "calibration",
    "from": "2012-01-03",
    "to": "2013-12-31",
    "threshold": "0.022899",
    "edge": False,
    "stop_loss": 0.02236,
    "take_profit": 0.2,
    "holding_bars": None,
    "delay_bars": 1,
    "signals": 12345,
    "trades": 1234,
    "samples": 123456,
    "train": 123456,
    "trials": 10123,
    "fold": 12,
    "tested": "1, 2",
    "fold_return": "-12.41%",
    "sharpe": -9.445,
    "profit_factor": 31.48,
    "validation_loss": "0.06957",
    "calibration_precision": "100.00%",
}
TABLES = {
    "thresholds": (trade_off.COLUMNS, trade_off.SPARED, {"threshold", "signals", "precision"}),
    "sweep": (sweep.COLUMNS, sweep.SPARED, {"threshold", "stop_loss", "take_profit", "sharpe"}),
    "walk": (walk.FOLD_COLUMNS, walk.SPARED, {"fold", "signals", "precision"}),
    "runs list": (listing.COLUMNS, listing.SPARED, {"run", "precision"}),
    "runs compare": (listing.COMPARED, listing.SPARED_OF_COMPARED, {"run", "precision"}),
}


def column(name: str, *cells: str) -> PrintedColumn:
    return PrintedColumn(name=name, heading=name.replace("_", " "), cells=cells)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("table", TABLES)
def test_every_table_fits_a_narrow_terminal(
    table: str,
    columns: int,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line a row, no number cut, and what is looked for first is there."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    headings, spared, needed = TABLES[table]
    rows = [{name: FIGURES.get(name, 0.12345) for name in headings}] * 3
    with reading(language):
        print_table(rows, headings, spared)
        said = {name: tell(heading) for name, heading in headings.items()}
    captured = capsys.readouterr()
    lines = captured.out.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    assert lines[-1] == lines[-2] == lines[-3]
    left_out = re.split("[:：]", captured.err + ":")[1].strip(" .").split(", ")
    left_out[-1] = re.split("[.。]", left_out[-1])[0]
    kept = {name for name in headings if said[name] not in left_out}
    assert needed <= kept
    assert len(lines[-1].split()) >= len(kept)


def test_headings_are_wrapped_before_a_column_goes() -> None:
    """At a blank; the last word stands on the rows."""
    laid = lay([column("run", "a"), column("test_precision", "50.00%")], 14)
    assert laid.heading == ("          test", "run  precision")
    assert laid.rows == ("  a     50.00%",)
    assert laid.left_out == ()


def test_the_least_needed_column_goes_first() -> None:
    """Those that are named, then the last ones; the first one never."""
    columns = [column(name, "12345678") for name in ("run", "b", "c", "d")]
    assert lay(columns, 30, ["b"]).left_out == ("b",)
    assert lay(columns, 20, ["b"]).left_out == ("b", "d")
    assert lay(columns, 3).left_out == ("b", "c", "d")


def test_a_sentence_is_folded_between_words() -> None:
    """Numbers beside it stand on its first line."""
    laid = lay([column("n", "1"), column("why", "it was given up after the second epoch")], 24)
    assert laid.rows == ("1  it was given up after", "        the second epoch")


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([8.755, 31.48], 2),
        ([0.0012, 0.5], 4),
        ([1e-9, 0.5], None),
        ([1234567.0], 0),
        ([0.0, 0.0], 0),
        ([float("inf"), 1.0], 3),
    ],
)
def test_a_column_has_as_many_decimals_everywhere(
    values: Sequence[float], decimals: int | None
) -> None:
    """Four digits of the largest, two of the smallest; none in common where that is too many."""
    assert decimals_of(values) == decimals


def test_points_stand_under_each_other() -> None:
    """Of numerals that are text, as thresholds; a dash is a missing one, other text is left."""
    assert at_the_point(["0.5", "0.0049", "-"]) == ("0.5   ", "0.0049", "-     ")
    assert at_the_point(["12", "1.5"]) == ("12  ", "1.5")
    assert at_the_point(["small", "1.5"]) == ("small", "1.5")


def test_decimals_are_aligned_in_print(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the size of the figures."""
    rows: list[Mapping[str, object]] = [{"sharpe": 31.48}, {"sharpe": None}, {"sharpe": 8.755}]
    print_table(rows, {"sharpe": "Sharpe"})
    assert capsys.readouterr().out.splitlines() == ["Sharpe", " 31.48", "     -", "  8.76"]


def test_a_chinese_character_takes_two_columns() -> None:
    """As terminals show it."""
    laid = lay([column("胜率", "1"), column("b", "2")], 20)
    assert laid.rows == ("   1  2",)


def test_a_chinese_heading_stands_over_its_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both end in the same column of the terminal, in every column of the table."""
    rows = [{"threshold": 0.5, "signals": 12345, "precision": 0.123}] * 2
    with reading("zh"):
        print_table(rows, {"threshold": "threshold", "signals": "signals", "precision": "return"})
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["阈值", "信号", "收益"]
    for word, number in zip(heading.split(), lines[0].split(), strict=True):
        above = cell_len(heading[: heading.index(word) + len(word)])
        assert above == lines[0].index(number) + len(number)
