"""`quantsig runs compare`: a table, a document and a page."""

from pathlib import Path

import pytest

from quantsig.data.storage.documents import read_json
from quantsig.signals.runs import open_run
from tests.cli.conftest import Quantsig, assert_done
from tests.reports.conftest import Recipe, write_synthetic_run


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs with a backtest."""
    return [
        write_synthetic_run(tmp_path / "runs" / name, Recipe(days=300, edge=edge))
        for name, edge in (("first", True), ("second", False))
    ]


def test_a_table_has_a_line_for_each_run(quantsig: Quantsig, runs: list[Path]) -> None:
    """In the order they were named."""
    answer = quantsig("runs", "compare", *map(str, runs))
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()[-3:]] == ["run", "first", "second"]


def test_runs_without_a_backtest_compare_what_they_have(
    trained: Quantsig, own_folder: Path
) -> None:
    """Of the epoch that was kept and of the calibration rows; columns that none has are not there.

    A judged run has no validation figures of its own.
    """
    run = open_run(own_folder / "runs/one")
    split = run.samples().assigned(run.splits)
    rows = run.samples().index["sample_id", "symbol", "decision_time"].with_columns(split=split)
    known = run.predictions()["sample_id", "score"]
    scores = rows.drop_nulls().join(known, on="sample_id", how="left").fill_null(0.0)
    scores.drop("sample_id").write_csv("scores.csv")
    words = ("judge", "scores.csv", "--bars", "bars.csv", "--out", "runs/judged")
    assert_done(trained(*words, "--kind", "score"))
    answer = assert_done(trained("runs", "compare", "runs/one", "runs/judged"))
    assert "none of them was backtested" in answer.err
    assert "Sharpe" not in answer.out
    document = trained("runs", "compare", "runs/one", "runs/judged", "--json").document
    first, second = document["rows"]
    kept = run.metrics().filter(split="validation", epoch=run.record.best_epoch)
    assert first["validation_loss"] == kept["loss"][0]
    assert second["validation_loss"] is None
    assert first["calibration_average_precision"] == second["calibration_average_precision"] > 0
    page = own_folder / "compared.html"
    for lang in ("en", "zh"):
        asked = ("runs", "compare", "runs/one", "runs/judged", "--out", page, "--lang", lang)
        assert_done(trained(*asked, "--force"))
        assert "judged" in page.read_text("utf-8")


def test_the_document_holds_the_figures_of_each(quantsig: Quantsig, runs: list[Path]) -> None:
    """One JSON document, its numbers those of the runs."""
    rows = quantsig("runs", "compare", *map(str, runs), "--json").document["rows"]
    stats = [read_json(run / "backtest" / "stats.json")["figures"] for run in runs]
    assert [row["total_return"] for row in rows] == [figures["total_return"] for figures in stats]


def test_a_page_is_written_where_it_is_asked_for(
    quantsig: Quantsig, runs: list[Path], tmp_path: Path
) -> None:
    """Its path is the last line."""
    out = tmp_path / "compared.html"
    answer = quantsig("runs", "compare", *map(str, runs), "--out", str(out))
    assert answer.out.splitlines()[-1] == str(out)
    assert "first" in out.read_text("utf-8")


def test_a_single_run_is_refused(quantsig: Quantsig, runs: list[Path]) -> None:
    """With what to do."""
    answer = quantsig("runs", "compare", str(runs[0]))
    assert answer.code == 2
    assert "fewer than two runs" in answer.err


def test_a_report_without_a_browser_to_print_it_stands(
    quantsig: Quantsig, runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is written; only the PDF is not, and it is said why."""
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = quantsig("report", str(runs[0]), "--pdf", str(tmp_path / "x.pdf"))
    assert answer.code == 5
    assert "no Chromium" in answer.err
    assert (runs[0] / "report.html").is_file()
