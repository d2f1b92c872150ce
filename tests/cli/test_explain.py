"""`quantsig explain`: what it prints, keeps and refuses."""

from pathlib import Path

import polars as pl
import pytest

from quantsig.signals.layout import EXPLANATION
from tests.cli.conftest import Quantsig, assert_done
from tests.golden.opened import open_workspace
from tests.scored_run import scored_run


@pytest.fixture
def workspace(quantsig: Quantsig, own_folder: Path) -> Quantsig:
    """Finished runs of the test's own."""
    open_workspace(own_folder)
    return quantsig


def test_groups_and_planes_are_printed_and_kept(workspace: Quantsig, own_folder: Path) -> None:
    """A table of every kind, and the whole answer in the run."""
    answer = assert_done(workspace("explain", "runs/steps", "--rows", 100))
    for kind in ("panel", "timeframe", "age", "plane"):
        assert kind in answer.out
    assert "too few stretches of time for intervals" in answer.err
    assert (own_folder / "runs/steps" / EXPLANATION).is_file()


def test_the_document_holds_every_part(workspace: Quantsig) -> None:
    """One for scripts; of a run with trades also the bars that made their scores."""
    answer = assert_done(workspace("explain", "runs/first", "--json"))
    document = answer.document
    assert document["schema"] == "quantsig.explain/1"
    assert document["figures"]["rows"] == document["figures"]["of_calibration_rows"] == 120
    kinds = [part["kind"] for part in document["explanation"]["parts"]]
    assert {kind: kinds.count(kind) for kind in ("feature", "field", "timeframe")} == {
        "feature": 5,
        "field": 5,
        "timeframe": 1,
    }
    told = document["explanation"]["saliency"]
    assert told
    assert told[0]["rows"] == ["open", "high", "low", "close", "volume"]


def test_the_report_shows_it_in_both_languages(workspace: Quantsig, own_folder: Path) -> None:
    """Its section, and the map beside a story."""
    page = own_folder / "runs/first/report.html"
    for lang, told in (("en", "Which bars made the score"), ("zh", "哪些 K 线造就了得分")):
        assert_done(workspace("explain", "runs/first"))
        assert_done(workspace("report", "runs/first", "--lang", lang))
        assert told in page.read_text(encoding="utf-8")


def test_runs_that_cannot_be_asked_end_in_three_lines(
    workspace: Quantsig, own_folder: Path
) -> None:
    """Pictures without bars, and rows without calibration; exit code 3."""
    answer = workspace("explain", "runs/pictures")
    assert (answer.code, len(answer.complaint)) == (3, 3)
    assert "imported pictures" in answer.complaint[0]
    run = own_folder / "runs" / "scored"
    scored_run(run, days=30)
    rows = pl.read_parquet(run / "predictions.parquet")
    rows.filter(split="test").write_parquet(run / "predictions.parquet")
    answer = workspace("explain", "runs/scored")
    assert (answer.code, len(answer.complaint)) == (3, 3)
    assert workspace("explain", "runs/absent").code == 3


def test_fewer_than_no_rows_are_a_usage_error(workspace: Quantsig) -> None:
    """As any number out of its range."""
    assert workspace("explain", "runs/first", "--rows", -1).code == 2
