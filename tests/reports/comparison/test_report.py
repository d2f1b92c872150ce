"""Several runs on one page."""

import re
from pathlib import Path

import pytest

from quantsig.data.errors import UsageError
from quantsig.data.storage.atomic import append_line
from quantsig.data.storage.documents import read_json, to_json, write_json
from quantsig.reports.comparison.report import SECTIONS, read_runs, write_comparison
from quantsig.reports.comparison.runs import all_trials
from quantsig.reports.comparison.sections import curves, equity, figures, overview, settings
from quantsig.reports.page.content import Section
from tests.reports.conftest import Recipe, write_synthetic_run

CONFIG = '[train]\nmodel = "resnet18"\nepochs = {epochs}\nseed = 37\n'


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """One run with an edge, and one without that was trained for longer."""
    return [
        write_synthetic_run(
            tmp_path / "runs" / name,
            Recipe(days=400, edge=edge, config=CONFIG.format(epochs=epochs)),
        )
        for name, edge, epochs in (("first", True, 5), ("second", False, 9))
    ]


def first_table(shown: Section) -> list[tuple[object, ...]]:
    return list(shown.tables[0].rows)


def test_each_run_has_a_row_with_its_own_figures(runs: list[Path]) -> None:
    """As its stats.json has them."""
    rows = first_table(figures(read_runs(runs)))
    for run, row in zip(runs, rows, strict=True):
        stats = read_json(run / "backtest" / "stats.json")["figures"]
        assert row[:2] == (run.name, stats["total_return"])


def test_equities_lie_over_each_other(runs: list[Path]) -> None:
    """A line a run, each starting at 1."""
    (figure,) = equity(read_runs(runs)).figures
    assert [trace.name for trace in figure.drawing.data] == ["first", "second"]
    assert [trace.y[0] for trace in figure.drawing.data] == [1.0, 1.0]


def test_only_settings_that_differ_are_shown(runs: list[Path]) -> None:
    """The seed and the model are the same."""
    assert first_table(settings(read_runs(runs))) == [("train.epochs", "5", "9")]


def test_other_splits_and_costs_are_warnings(runs: list[Path]) -> None:
    """Figures of different splits do not stand side by side without a word."""
    assert list(overview(read_runs(runs)).warnings) == []
    source = runs[1] / "backtest" / "stats.json"
    stats = read_json(source)
    execution = {**stats["execution"], "fee_bps": 9.0}
    write_json(source, {**stats, "split": "calibration", "execution": execution})
    assert list(overview(read_runs(runs)).warnings) == [
        "They were judged on different splits.",
        "They were traded at different costs.",
    ]


def test_test_rows_have_no_curve(runs: list[Path]) -> None:
    """A curve over test rows would show thresholds that were never frozen."""
    shown = curves(read_runs(runs))
    calibration = read_runs(runs)[0].inputs.predictions
    assert calibration is not None
    labelled = calibration.filter(split="calibration").drop_nulls(["label", "score"])
    assert first_table(shown)[0][1] == labelled.height


def test_trials_of_one_ledger_count_once(runs: list[Path]) -> None:
    """Both runs share one; every swept cell counts."""
    before = all_trials(read_runs(runs))
    line = {"event": "sweep", "run_id": "x", "trial_id": "s", "cells": 100}
    append_line(runs[0].parent / "ledger.jsonl", to_json(line))
    assert (before, all_trials(read_runs(runs))) == (1, 101)


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """By the folders above, as few as do it."""
    paths = [
        write_synthetic_run(tmp_path / name / "runs" / "run", Recipe(days=300))
        for name in ("a", "b")
    ]
    assert [run.name for run in read_runs(paths)] == ["a/runs/run", "b/runs/run"]


@pytest.mark.parametrize("times", [1, 2])
def test_one_run_is_not_compared(runs: list[Path], times: int) -> None:
    """Neither alone nor with itself."""
    with pytest.raises(UsageError, match="cannot be compared"):
        read_runs([runs[0]] * times)


def test_runs_that_were_not_backtested_still_compare(tmp_path: Path) -> None:
    """Sections without data say why."""
    paths = [
        write_synthetic_run(tmp_path / "runs" / name, Recipe(days=300, steps=("train",)))
        for name in ("a", "b")
    ]
    read = read_runs(paths)
    assert "was backtested" in figures(read).missing
    assert write_comparison(read, tmp_path / "page.html").is_file()


def test_the_page_has_every_section_and_no_request(runs: list[Path], tmp_path: Path) -> None:
    """It is made by the same templates under the same policy."""
    page = write_comparison(read_runs(runs), tmp_path / "x.html").read_text("utf-8")
    assert re.findall(r'<section id="([a-z-]+)"', page) == list(SECTIONS)
    assert "default-src &#39;none&#39;" in page


def test_a_page_that_exists_is_kept(runs: list[Path], tmp_path: Path) -> None:
    """Unless it is to be replaced."""
    read = read_runs(runs)
    write_comparison(read, tmp_path / "x.html")
    with pytest.raises(UsageError, match="exists already"):
        write_comparison(read, tmp_path / "x.html")
    assert write_comparison(read, tmp_path / "x.html", force=True).is_file()
