"""The contract of every section, and what single sections must get right."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.storage.documents import read_json, write_json
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.reports.page.content import Section, Table
from quantsig.reports.sections import SECTIONS, data, signal, threshold, verdict
from tests.reports.conftest import Recipe, write_synthetic_run

WriteRun = Callable[..., Path]
RECIPES: dict[str, Recipe] = {
    "zero trades": Recipe(trades=0),
    "one trade": Recipe(trades=1),
    "many trades": Recipe(trades=300),
    "no backtest": Recipe(steps=("train", "thresholds", "signals")),
    "locked test": Recipe(steps=("train", "thresholds")),
    "training alone": Recipe(steps=("train",)),
    "returns": Recipe(steps=("train",), training="returns"),
    "earlier version": Recipe(steps=("train",), training="earlier"),
    "trained at once": Recipe(steps=("train",), training="at_once"),
}


@pytest.fixture(scope="module", params=list(RECIPES.values()), ids=list(RECIPES))
def inputs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """The inputs of a run of each kind, read once."""
    folder = tmp_path_factory.mktemp("runs") / "runs" / "run"
    return read_inputs(write_synthetic_run(folder, request.param))


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_has_content_or_says_why_not(inputs: Inputs, name: str) -> None:
    """Every section has a title and either something to show or a reason."""
    section = SECTIONS[name](inputs)
    pieces = (section.figures, section.tables, section.numbers, section.parts)
    shown = (*pieces, section.paragraphs, section.banner)
    assert section.title
    assert bool(section.missing) != any(shown)


@pytest.mark.parametrize("name", SECTIONS)
def test_drawings_have_names_of_their_own(inputs: Inputs, name: str) -> None:
    """Names become ids of the page."""
    names = [figure.name for figure in SECTIONS[name](inputs).figures]
    assert len(set(names)) == len(names)
    assert all(word.replace("-", "").isalpha() for word in names)


@pytest.mark.parametrize("name", SECTIONS)
def test_every_number_and_drawing_says_what_it_means(inputs: Inputs, name: str) -> None:
    """The tooltip is never empty."""
    section = SECTIONS[name](inputs)
    assert all(number.meaning for number in section.numbers)
    assert all(figure.meaning for figure in section.figures)


def test_labels_of_a_locked_test_split_are_not_shown(write_run: WriteRun) -> None:
    """Before the test split is opened no count and no base rate knows its labels."""
    locked = data.section(read_inputs(write_run(steps=("train", "thresholds"))))
    rows = {row[0]: row for row in _table(locked, "Splits").rows}
    assert rows["test"][-2:] == (None, None)
    known = sum(rows[split][-2] for split in ("train", "validation", "calibration"))
    assert sum(row[-2] for row in _table(locked, "Symbols").rows) == known


def test_base_rates_are_positives_over_samples(write_run: WriteRun) -> None:
    """Purged rows do not count."""
    run = write_run()
    predictions = pl.read_parquet(run / "predictions.parquet")
    opening = predictions.filter(split="test")["decision_time"].min()
    kept = predictions.filter(pl.col("label_end") < opening, split="calibration")["label"]
    rows = {row[0]: row for row in _table(data.section(read_inputs(run)), "Splits").rows}
    assert rows["calibration"][-1] == pytest.approx(sum(kept) / len(kept))


def test_splits_are_known_without_the_sample_set(write_run: WriteRun) -> None:
    """Where the sample set is gone, the predictions still tell their splits, and it is said."""
    run = write_run()
    shutil.rmtree(run.parents[1] / "samples")
    section = data.section(read_inputs(run))
    assert [row[0] for row in _table(section, "Splits").rows] == [
        "validation",
        "calibration",
        "test",
    ]
    assert "cannot be opened" in section.warnings[0]


def test_rejected_rows_are_shown_by_rule(write_run: WriteRun) -> None:
    """The counts are those of the manifest."""
    section = data.section(read_inputs(write_run()))
    assert _table(section, "Rejected rows").rows == (("high_below_low", 3), ("duplicate", 2))


def test_locked_test_rows_have_no_curve(write_run: WriteRun) -> None:
    """Only calibration rows are drawn before the test split is opened."""
    section = signal.section(read_inputs(write_run(steps=("train", "thresholds"))))
    names = [trace.name for trace in section.figures[0].drawing.data if trace.name]
    assert names == ["calibration", "base rate (calibration)", "frozen threshold (calibration)"]


def test_of_the_test_rows_only_the_frozen_threshold_is_shown(write_run: WriteRun) -> None:
    """No other threshold could be read off the page: no curve, and no scores by class."""
    section = signal.section(read_inputs(write_run()))
    traces = {trace.name: trace for trace in section.figures[0].drawing.data}
    assert len(traces["frozen threshold (test)"].x) == 1
    assert len(traces["base rate (test)"].x) == 2
    assert "test" not in traces
    drawn = {trace.name or "" for figure in section.figures for trace in figure.drawing.data}
    assert {name for name in drawn if "test" in name} == {
        "base rate (test)",
        "frozen threshold (test)",
    }


def test_the_frozen_threshold_is_marked(write_run: WriteRun) -> None:
    """A threshold between two candidates has a row of its own, with its own figures."""
    run = write_run()
    source = run / "choices" / "trial-7.json"
    choice = read_json(source)
    promise = {**choice["calibration"], "threshold": 0.2, "signals": 137}
    write_json(source, {**choice, "threshold": 0.2, "calibration": promise})
    table = _table(threshold.section(read_inputs(run)), "Trade-off")
    (marked,) = table.marked
    assert table.rows[marked][:2] == (0.2, 137)
    assert [row[0] for row in table.rows] == sorted(row[0] for row in table.rows)


def test_a_short_backtest_is_a_warning(write_run: WriteRun) -> None:
    """A week says nothing about a year."""
    run = write_run()
    source = run / "backtest" / "stats.json"
    write_json(source, {**read_json(source), "end": "2011-05-01T21:00:00Z"})
    assert "covers 6 days" in verdict.section(read_inputs(run)).warnings[0]


def test_a_broken_promise_is_a_warning(write_run: WriteRun) -> None:
    """A test precision below the interval of the calibration rows is said first."""
    run = write_run()
    source = run / "choices" / "trial-7.json"
    choice = read_json(source)
    assert not _promise_warnings(read_inputs(run))
    broken = {**choice["test"], "precision": choice["calibration"]["precision_low"] - 0.01}
    write_json(source, {**choice, "test": broken})
    assert _promise_warnings(read_inputs(run))


def test_a_backtest_on_calibration_rows_is_a_warning(write_run: WriteRun) -> None:
    """Figures of the rows that chose the threshold are not taken for a test."""
    run = write_run()
    source = run / "backtest" / "stats.json"
    write_json(source, {**read_json(source), "split": "calibration"})
    assert "helped to choose" in verdict.section(read_inputs(run)).warnings[0]


def test_a_figure_that_does_not_exist_says_why(write_run: WriteRun) -> None:
    """Without trades the win rate is a dash and its reason."""
    section = SECTIONS["backtest"](read_inputs(write_run(trades=0)))
    numbers = [number for part in section.parts for number in part.numbers]
    (win_rate,) = [number for number in numbers if number.label == "Win rate"]
    assert (win_rate.value, win_rate.beside) == ("–", "no trades")


def _promise_warnings(inputs: Inputs) -> list[str]:
    told = "below the interval of the calibration rows"
    return [text for text in verdict.section(inputs).warnings if told in text]


def _table(section: Section, title: str) -> Table:
    return next(table for table in section.tables if table.title == title)


def test_purged_decisions_are_drawn_between_the_splits(write_run: WriteRun) -> None:
    """A bar for each cut, under those of the splits."""
    drawing = data.section(read_inputs(write_run())).figures[0].drawing
    assert [trace.y[0] for trace in drawing.data].count("purged") == 3


def test_one_sample_is_drawn(write_run: WriteRun) -> None:
    """As a PNG, where the bars are at hand; the latest event before the test split."""
    (picture,) = data.section(read_inputs(write_run(bars=True))).pictures
    assert picture.png.startswith(b"\x89PNG")
    assert picture.red_up is None  # these planes hold no candles
    assert data.section(read_inputs(write_run(folder="second"))).pictures == ()


def test_the_base_rate_over_time_keeps_a_locked_split_to_itself(write_run: WriteRun) -> None:
    """The test split has a line once it was opened."""
    for steps, shown in ((("train", "thresholds"), False), (("train", "signals"), True)):
        run = write_run(folder=str(shown), steps=(*steps, "thresholds"))
        (drawn,) = [
            item for item in data.section(read_inputs(run)).figures if item.name == "balance"
        ]
        assert ("test" in [trace.name for trace in drawn.drawing.data]) is shown


def test_groups_hold_all_rows_and_all_signals(write_run: WriteRun) -> None:
    """Symbols add up to the calibration split at the frozen threshold."""
    run = write_run(bars=True)
    promise = read_json(run / "choices" / "trial-7.json")["calibration"]
    parts = {part.title: part.tables[0] for part in signal.section(read_inputs(run)).parts}
    assert set(parts) == {"By symbol", "By volatility"}
    by_symbol = [
        dict(zip(_names(parts["By symbol"]), row, strict=True)) for row in parts["By symbol"].rows
    ]
    assert sum(row["signals"] for row in by_symbol) == promise["signals"]


def test_the_explorer_says_why_it_has_no_trades(write_run: WriteRun) -> None:
    """Without bars the figures of the rows still move, and the reason is told."""
    found = threshold.section(read_inputs(write_run())).explorer
    assert found is not None
    assert "Without trades" in found.meaning
    assert found.data["equity"] is None


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]
