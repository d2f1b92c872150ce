"""`quantsig thresholds`: the table, one rule at a time, and clear refusals."""

from pathlib import Path

import polars as pl
import pytest

from quantsig.data.storage import parquet
from quantsig.signals.layout import PREDICTIONS
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import record_outcome
from tests.cli.conftest import Quantsig
from tests.scored_run import scored_run


@pytest.fixture
def run(own_folder: Path) -> Run:
    """A run in the current folder, its samples gone."""
    return scored_run(own_folder / "runs" / "one")


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("--threshold", 0.7), "number"),
        (("--precision", 0.6), "precision"),
        (("--precision", 0.6, "--confidence", 0.95), "precision"),
        (("--recall", 0.2), "recall"),
        (("--fbeta", 0.5), "fbeta"),
        (("--expectancy",), "expectancy"),
        (("--best",), "expectancy"),
        (("--top-k", 0.5), "top_k"),
    ],
)
def test_every_rule_freezes_a_choice(
    quantsig: Quantsig, run: Run, words: tuple[object, ...], rule: str
) -> None:
    """In the run and in the document."""
    answer = quantsig("thresholds", run.path, *words, "--json")
    assert answer.code == 0, answer.err
    assert answer.document["choice"]["rule"] == rule
    assert [choice.rule for choice in run.choices()] == [rule]


def test_the_table_says_that_intervals_are_approximate(quantsig: Quantsig, run: Run) -> None:
    """And where every row is; without its samples there are no regimes, which is said."""
    answer = quantsig("thresholds", run.path)
    assert answer.code == 0
    assert "effective sample size" in answer.err
    assert "Judging thresholds: done in" in answer.err
    assert "approximate" in answer.err
    assert "warning: no volatility regimes" in answer.err
    assert "average precision" in answer.out
    assert run.choices() == []
    groups = parquet.read_parquet(run.path / "thresholds_by_group.parquet")
    assert set(groups["group"]) == {"symbol", "month"}


def test_no_safe_threshold_is_exit_4_in_three_lines(quantsig: Quantsig, run: Run) -> None:
    """What, where, and the nearest alternatives; nothing is frozen."""
    answer = quantsig("thresholds", run.path, "--precision", 0.9999)
    assert answer.code == 4
    what, where, remedy = answer.complaint[-3:]
    assert "no threshold is safe" in what
    assert "stretches of time" in where
    assert "Nearest: --precision" in remedy
    assert run.choices() == []


@pytest.mark.parametrize(
    "words",
    [
        ("--precision", 0.6, "--recall", 0.2),
        ("--threshold", 0.6, "--best"),
        ("--confidence", 0.9),
        ("--precision", 1.5),
        ("--fbeta", 0),
        ("--top-k", -1),
        ("--top-k", "nan"),
    ],
)
def test_rules_that_make_no_sense_are_usage_errors(
    quantsig: Quantsig, run: Run, words: tuple[object, ...]
) -> None:
    """2, and nothing is frozen."""
    assert quantsig("thresholds", run.path, *words).code == 2
    assert run.choices() == []


def test_probabilities_that_are_no_numbers_are_refused(quantsig: Quantsig, run: Run) -> None:
    """3, with their count."""
    rows = run.predictions().with_columns(
        probability=pl.when(pl.col("sample_id") > 597).then(float("nan")).otherwise(0.5)
    )
    parquet.write_parquet(run.path / PREDICTIONS, rows)
    answer = quantsig("thresholds", run.path)
    assert answer.code == 3
    assert "2 of 600" in answer.complaint[-3]


def test_the_outcome_is_told_once_the_test_split_was_opened(quantsig: Quantsig, run: Run) -> None:
    """Promise, outcome, gap, and how often it was looked at."""
    assert quantsig("thresholds", run.path, "--precision", 0.7).code == 0
    choice = run.choice()
    assert choice is not None
    record_outcome(run, choice, opening=2)
    answer = quantsig("thresholds", run.path)
    assert "the promise of 70.0% was not kept" in answer.err
    assert "opening number 2" in answer.err


def test_a_threshold_nothing_reaches_is_said(quantsig: Quantsig, run: Run) -> None:
    """Nothing is known of it."""
    assert "no calibration sample reaches" in quantsig("thresholds", run.path, "--threshold", 1).err


def test_the_beta_asked_for_is_that_of_every_figure(quantsig: Quantsig, run: Run) -> None:
    """Of the choice, its outcome on test, and the groups: (1 + 4) P R / (4 P + R) for 2."""
    answer = quantsig("thresholds", run.path, "--fbeta", 2, "--json")
    assert answer.code == 0, answer.err
    choice = record_outcome(run, run.choices()[-1], opening=1)
    groups = parquet.read_parquet(run.path / "thresholds_by_group.parquet")
    for figures in (choice.calibration, choice.reached, groups.row(0, named=True)):
        precision, recall = figures["precision"], figures["recall"]
        expected = 5 * precision * recall / (4 * precision + recall)
        assert figures["f_beta"] == pytest.approx(expected)


def test_constant_probabilities_are_told(quantsig: Quantsig, run: Run) -> None:
    """A threshold takes all rows or none; that is no choice to be made in silence."""
    rows = run.predictions().with_columns(probability=pl.lit(0.25))
    parquet.write_parquet(run.path / PREDICTIONS, rows)
    answer = quantsig("thresholds", run.path, "--recall", 0.2)
    assert answer.code == 0
    assert "every calibration row has the same probability" in answer.err


@pytest.mark.parametrize(("label", "events"), [(0.0, 0), (1.0, 600)])
def test_events_that_never_or_always_happened_are_told(
    quantsig: Quantsig, run: Run, label: float, events: int
) -> None:
    """Before a threshold is chosen by what the signals earn."""
    rows = run.predictions().with_columns(label=pl.lit(label))
    parquet.write_parquet(run.path / PREDICTIONS, rows)
    answer = quantsig("thresholds", run.path, "--expectancy")
    assert answer.code == 0, answer.err
    assert f"warning: the event happened in {events} of 600 calibration rows." in answer.err


def test_the_chosen_thresholds_figures_are_shown(quantsig: Quantsig, run: Run) -> None:
    """The table need not hold its row."""
    answer = quantsig("thresholds", run.path, "--threshold", 0.71)
    choice = run.choice()
    assert choice is not None
    shown = dict(line.rsplit(maxsplit=1) for line in answer.out.splitlines()[-7:])
    shown = {name.strip(): value for name, value in shown.items()}
    assert shown["chosen"] == "0.71"
    assert shown["signals"] == str(choice.calibration["signals"])
    assert shown["precision"] == f"{choice.calibration['precision']:.2%}"
