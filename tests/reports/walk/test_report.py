"""The page of a walk: its folds, its paths, and the account over all of them."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from quantsig.backtest.walk.plan import WalkSettings
from quantsig.data.errors import DataError
from quantsig.data.folds import Combinatorial, WalkForward
from quantsig.data.language.saying import reading
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage.documents import read_json, write_json
from quantsig.reports.page.content import Section, Table
from quantsig.reports.report import render_page
from quantsig.reports.walk.inputs import read_walk
from quantsig.reports.walk.report import write_walk_report
from quantsig.reports.walk.sections import sections_of
from quantsig.signals.thresholds.rules import AskedRule
from tests.backtest.walked import Walked, two_symbol_set, walk

pytestmark = pytest.mark.xdist_group("walk_page")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """Two symbols with the planted pattern."""
    return two_symbol_set(tmp_path_factory.mktemp("set") / "samples")


@pytest.fixture(scope="module")
def walked(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Two folds that follow each other."""
    settings = WalkSettings(folding=WalkForward(folds=2))
    return walk(samples, tmp_path_factory.mktemp("runs"), settings)


@pytest.fixture(scope="module")
def crossed(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Six folds that make three paths."""
    settings = WalkSettings(
        folding=Combinatorial(blocks=4, tested=2), rule=AskedRule(name="number", value=0.5)
    )
    return walk(samples, tmp_path_factory.mktemp("runs"), settings)


def table(section: Section, title: str) -> Table:
    (found,) = [table for table in section.tables if table.title == title]
    return found


def column(shown: Table, label: str) -> list[object]:
    place = [column.label for column in shown.columns].index(label)
    return [row[place] for row in shown.rows]


def test_every_fold_has_its_row(walked: Walked) -> None:
    """With its threshold, its trades and its return as walk.json has them."""
    shown = table(sections_of(read_walk(walked.path))["folds"], "Every fold")
    folds = walked.document["folds"]
    assert column(shown, "Threshold") == [fold["choice"]["threshold"] for fold in folds]
    assert column(shown, "Trades") == [fold["test"]["trades"] for fold in folds]
    total = walked.document["figures"]["total_return"]
    first, second = column(shown, "Return")
    assert (1 + first) * (1 + second) - 1 == pytest.approx(total)  # type: ignore[operator]


def test_a_fold_without_a_threshold_says_why(walked: Walked, tmp_path: Path) -> None:
    """The reason stands below the folds, and the verdict counts such folds."""
    record = read_json(walked.path / "walk.json")
    record["folds"][1]["choice"] |= {"threshold": None, "reason": "every row is the same"}
    record["figures"]["folds_without_threshold"] = 1
    write_json(tmp_path / "walk" / "walk.json", record)
    shown = sections_of(read_walk(tmp_path / "walk"))
    why = table(shown["folds"], "Folds without a threshold")
    assert why.rows == ((2, "every row is the same"),)
    assert "1 of 2 folds found no threshold and did not trade." in shown["verdict"].warnings


def test_paths_are_shown_side_by_side(crossed: Walked) -> None:
    """A line each, how far they lie apart, and nothing of one account."""
    shown = sections_of(read_walk(crossed.path))
    assert list(shown) == ["verdict", "folds", "paths", "reproduce"]
    lines = {figure.name: figure for figure in shown["paths"].figures}["path-equity"].drawing.data
    assert [line.name for line in lines] == ["path 1", "path 2", "path 3"]
    assert column(table(shown["paths"], "Every path"), "Sharpe") == (
        pl.read_parquet(crossed.path / "paths.parquet")["sharpe"].to_list()
    )


@pytest.mark.parametrize("kind", ["walked", "crossed"])
def test_the_page_of_a_walk_is_drawn_in_chinese(
    kind: str,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """What stays English is listed when the tests are over."""
    done: Walked = request.getfixturevalue(kind)
    with reading("zh") as reader:
        page = render_page("walk", sections_of(read_walk(done.path)))
    record_property("untranslated", sorted(reader.lacking))
    assert '<html lang="zh">' in page


def test_the_report_is_written_into_the_walk(walked: Walked) -> None:
    """One file that names the walk."""
    page = write_walk_report(walked.path)
    assert page == walked.path / "report.html"
    assert walked.document["walk_id"] in page.read_text("utf-8")


def test_a_folder_that_is_no_walk_has_no_report(tmp_path: Path) -> None:
    """It is said so, and nothing is written."""
    write_json(tmp_path / "walk.json", {"schema": "quantsig.walk/9"})
    with pytest.raises(DataError):
        write_walk_report(tmp_path)
    assert not (tmp_path / "report.html").exists()
