"""What the section on training shows, of runs of today and of earlier versions."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.storage.documents import read_json, write_json
from quantsig.data.storage.parquet import write_parquet
from quantsig.reports.inputs import read_inputs
from quantsig.reports.page.content import Figure, Section
from quantsig.reports.sections.training import section
from tests.reports.conftest import ALARM, WARNING

WriteRun = Callable[..., Path]


def training(write_run: WriteRun, kind: str = "classes") -> Section:
    return section(read_inputs(write_run(steps=("train",), training=kind)))


def figure(shown: Section, name: str) -> Figure:
    (found,) = [item for item in shown.figures if item.name == name]
    return found


def heights(drawn: Figure) -> dict[str, float]:
    """Lines of one height: what to beat."""
    level = [trace for trace in drawn.drawing.data if trace.mode == "lines"]
    return {trace.name: trace.y[0] for trace in level}


def test_the_loss_is_told_as_seen_and_measured_again(write_run: WriteRun) -> None:
    """The running loss is dotted, train and validation are not."""
    drawn = figure(training(write_run), "loss").drawing.data
    assert {trace.name: trace.line.dash for trace in drawn} == {
        "running": "dot",
        "train": None,
        "validation": None,
    }


def test_lines_to_beat_are_those_of_the_record(write_run: WriteRun) -> None:
    """Each figure stands beside what no model at all would reach."""
    shown = training(write_run)
    assert heights(figure(shown, "average-precision")) == {"base rate": 0.1}
    assert heights(figure(shown, "accuracy")) == {"majority": 0.9, "window": 0.52}
    assert heights(figure(shown, "precision")) == {"base rate": 0.1, "window": 0.11}
    assert heights(figure(shown, "f-one")) == pytest.approx({"choosing all": 0.2 / 1.1})


def test_a_figure_that_exists_at_the_tuned_threshold_alone_is_drawn(write_run: WriteRun) -> None:
    """No validation row reached even odds in any epoch, as rare events often do."""
    run = write_run(steps=("train",))
    metrics = pl.read_parquet(run / "metrics.parquet")
    write_parquet(run / "metrics.parquet", metrics.with_columns(precision=None))
    drawn = figure(section(read_inputs(run)), "precision").drawing.data
    tuned = {trace.name: list(trace.y) for trace in drawn}["best F1"]
    assert tuned == metrics.filter(split="validation")["precision_best_f1"].to_list()


def test_alarms_and_warnings_come_first(write_run: WriteRun) -> None:
    """They are notes above everything else of the section."""
    assert training(write_run).warnings == (
        f"Alarm after epoch 2: {ALARM}",
        f"{WARNING[0].upper()}{WARNING[1:]}.",
    )


def test_the_mix_and_its_shift_are_numbers(write_run: WriteRun) -> None:
    """Odds of .375 against odds of .1 are a factor of 5.4."""
    shown = {item.label: (item.value, item.beside) for item in training(write_run).numbers}
    assert shown["Prior shift"] == ("5.40×", "taken off every score")
    assert shown["Positives shown"][0].startswith("37.5")
    assert shown["Negatives shown"][0].startswith("55.0")
    assert shown["Time"][0] == "12 min 34 s"


def test_a_shift_without_closed_form_is_left_to_the_calibrator(write_run: WriteRun) -> None:
    """It is not said to be taken off."""
    run = write_run(steps=("train",))
    record = read_json(run / "run.json")
    write_json(run / "run.json", record | {"prior_shift": record["prior_shift"] | {"exact": False}})
    shown = {item.label: item.beside for item in section(read_inputs(run)).numbers}
    assert shown["Prior shift"] == "left to the calibrator"


def test_predicted_returns_have_their_own_figures(write_run: WriteRun) -> None:
    """R² and rank correlation are drawn and in large type; no shift is claimed."""
    shown = training(write_run, "returns")
    assert heights(figure(shown, "r-squared")) == {"their mean": 0.0}
    assert heights(figure(shown, "rank-correlation")) == {"chance": 0.0}
    labels = [item.label for item in shown.numbers]
    assert "Validation rank correlation" in labels
    assert "Prior shift" not in labels


def test_an_earlier_run_still_shows_what_it_has(write_run: WriteRun) -> None:
    """Its time is in its metrics, its base rate too, and its train loss is what the steps saw."""
    shown = training(write_run, "earlier")
    assert shown.warnings == ()
    assert "as the steps saw it" in figure(shown, "loss").meaning
    assert heights(figure(shown, "accuracy")) == {"majority": 0.9}
    assert {item.label: item.value for item in shown.numbers}["Time"] == "1 min 57 s"


def test_a_few_epochs_are_a_table_and_no_drawings(write_run: WriteRun) -> None:
    """A line of one point, or of three, says less than its numbers."""
    shown = training(write_run, "at_once")
    assert shown.figures == ()
    assert "Epochs" in [table.title for table in shown.tables]


@pytest.mark.parametrize(("learnt", "overfits"), [(0.81, True), (0.2, False)])
def test_the_gap_between_learnt_and_new_rows_is_told(
    write_run: WriteRun, learnt: float, overfits: bool
) -> None:
    """.16 on validation, chance .1: of .81 a tenth holds, of .2 more than half."""
    run = write_run(steps=("train",))
    rows = pl.read_parquet(run / "metrics.parquet")
    of_train = pl.when(pl.col("split") == "train").then(learnt).otherwise(0.16)
    write_parquet(run / "metrics.parquet", rows.with_columns(average_precision=of_train))
    (told,) = section(read_inputs(run)).paragraphs
    assert told.startswith(f"At the kept epoch the average precision is {learnt:.3f} on the rows")
    assert "0.160 on validation rows; chance is 0.100." in told
    assert ("it overfits" in told) is overfits


def test_seeds_that_answer_together_are_shown_one_by_one(write_run: WriteRun) -> None:
    """With how far they lie apart."""
    run = write_run(steps=("train",), training="at_once")
    record = read_json(run / "run.json")
    members = [{"seed": seed, "epoch": 2, "loss": 0.1 * seed} for seed in (3, 4)]
    spread = {"loss": {"mean": 0.35, "std": 0.0707}}
    write_json(run / "run.json", record | {"members": members, "spread": spread})
    table = section(read_inputs(run)).tables[0]
    assert table.rows == ((3, 2, pytest.approx(0.3)), (4, 2, pytest.approx(0.4)))
    assert "Loss 0.3500 ± 0.0707" in table.note


def test_the_learning_rate_is_that_of_the_epochs(write_run: WriteRun) -> None:
    """It falls from the first to the last."""
    (trace,) = figure(training(write_run), "learning-rate").drawing.data
    assert trace.y[0] == 2e-4
    assert list(trace.y) == sorted(trace.y, reverse=True)


def test_the_gradient_norm_and_the_memory_are_told(write_run: WriteRun) -> None:
    """The norm per epoch, and the most memory in decimal gigabytes."""
    shown = training(write_run)
    (trace,) = figure(shown, "gradient-norm").drawing.data
    assert trace.y[:2] == (1.5, 0.75)
    assert {item.label: item.value for item in shown.numbers}["Memory"] == "1.2 GB"
