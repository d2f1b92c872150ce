"""Choices are frozen beside each other, and meet the test split once at a time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, matthews_corrcoef

from quantsig.data.errors import CheckFailed
from quantsig.data.storage import parquet
from quantsig.signals.choice import SeenRegimes
from quantsig.signals.layout import PREDICTIONS
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import choose, record_outcome, remarks
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.thresholds.trade_off import write_table
from tests.scored_run import scored_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """300 calibration days, 300 test days of less worth."""
    return scored_run(tmp_path / "runs" / "one")


def test_every_rule_is_a_trial_of_its_own(run: Run) -> None:
    """Six choices stand beside each other, in files and in the ledger."""
    write_table(run, 0.001)
    choose(run, AskedRule(name="number", value=0.7), 0.001)
    choose(run, AskedRule(name="precision", value=0.6), 0.001)
    choose(run, AskedRule(name="recall", value=0.2), 0.001)
    choose(run, AskedRule(name="fbeta", value=0.5), 0.001)
    choose(run, AskedRule(name="expectancy"), 0.001)
    choose(run, AskedRule(name="top_k", value=0.5), 0.001)
    made = run.choices()
    assert [choice.rule for choice in made] == [
        "number",
        "precision",
        "recall",
        "fbeta",
        "expectancy",
        "top_k",
    ]
    assert len({choice.trial_id for choice in made}) == 6
    assert len(read_ledger(run.runs_folder)) == 6


def test_a_choice_keeps_its_table_and_its_data(run: Run) -> None:
    """Whatever the run's table becomes later."""
    table = write_table(run, 0.001)
    choice = choose(run, AskedRule(name="precision", value=0.6), 0.001)
    write_table(run, 0.5)
    kept = parquet.read_parquet(run.path / "choices" / f"{choice.trial_id}.parquet")
    assert kept.equals(table)
    assert choice.data
    assert choice.data.samples == "f"
    assert choice.promise
    assert choice.promise.confidence == 0.9


def test_the_same_threshold_asked_for_otherwise_is_another_trial(run: Run) -> None:
    """A recall of .2001 and one of .2002 may end at one threshold."""
    first = choose(run, AskedRule(name="recall", value=0.2001), 0.0)
    second = choose(run, AskedRule(name="recall", value=0.2002), 0.0)
    assert first.threshold == second.threshold
    assert first.trial_id != second.trial_id


def test_regimes_are_told_where_they_are_seen(run: Run) -> None:
    """And passed over where the rows hardly show any."""
    choice = choose(run, AskedRule(name="precision", value=0.6), 0.001)
    assert not any("wanders" in sentence for sentence in remarks(choice))
    assert choice.promise
    seen = replace(choice.promise, regimes=SeenRegimes(seen=0.95, deviation=0.4))
    told = remarks(replace(choice, promise=seen))
    assert any("sure to 95%, by 0.40 in log-odds" in sentence for sentence in told)


def test_a_failed_promise_is_no_choice_and_is_written_down(run: Run) -> None:
    """The calibration labels were looked at; the same attempt again is one."""
    for _ in range(2):
        with pytest.raises(CheckFailed):
            choose(run, AskedRule(name="precision", value=0.9999), 0.001)
    assert run.choices() == []
    assert [line["event"] for line in read_ledger(run.runs_folder)] == ["no_choice"]


def test_the_outcome_is_told_with_its_gap(run: Run) -> None:
    """Scores worth 60 % on test: a precision near .9 becomes one near .54, and the gap shows it."""
    choice = choose(run, AskedRule(name="number", value=0.8), 0.001)
    outcome = record_outcome(run, choice, opening=1)
    gaps = outcome.transfer or {}
    difference = outcome.reached["precision"] - outcome.calibration["precision"]
    assert gaps["precision_gap"] == pytest.approx(difference)
    assert gaps["precision_gap_low"] < gaps["precision_gap"] < gaps["precision_gap_high"] < 0
    assert gaps["promise_kept"] is None
    assert run.choice() == outcome


def test_the_outcome_counts_events_against_those_foreseen(run: Run) -> None:
    """The scores are worth 60 % on test, so .6 of what they foresee comes, and the interval knows.

    Both sums are those of the rows, counted apart.
    """
    choice = choose(run, AskedRule(name="number", value=0.8), 0.001)
    outcome = record_outcome(run, choice, opening=1, volatility=1.2)
    rows = run.predictions().filter(pl.col("split") == "test")
    test = outcome.reached
    assert test["events"] == rows["label"].sum()
    assert test["predicted_events"] == pytest.approx(rows["probability"].sum())
    assert test["event_ratio_low"] < 0.6 < test["event_ratio_high"] < 0.8
    assert (outcome.transfer or {})["event_ratio"] == test["event_ratio"]
    assert test["volatility_ratio"] == 1.2


def test_the_outcome_tells_accuracy_as_published_results_do(run: Run) -> None:
    """At even odds, whatever the threshold; by scikit-learn."""
    choice = choose(run, AskedRule(name="number", value=0.8), 0.001)
    test = record_outcome(run, choice, opening=1).reached
    rows = run.predictions().filter(pl.col("split") == "test")
    label, likelier = rows["label"].to_numpy(), rows["probability"].to_numpy() >= 0.5
    assert test["accuracy"] == pytest.approx(accuracy_score(label, likelier))
    assert test["mcc"] == pytest.approx(matthews_corrcoef(label, likelier))
    assert test["majority_accuracy"] == pytest.approx(
        np.bincount(label.astype(int)).max() / len(label)
    )


def test_a_broken_promise_is_named(run: Run) -> None:
    """The test rows are worth less than was promised."""
    choice = choose(run, AskedRule(name="precision", value=0.7), 0.001)
    outcome = record_outcome(run, choice, opening=1)
    assert (outcome.transfer or {})["promise_kept"] is False


def test_a_test_split_without_rows_has_no_outcome(run: Run) -> None:
    """None of its figures is made up."""
    kept = run.predictions().filter(pl.col("split") == "calibration")
    parquet.write_parquet(run.path / PREDICTIONS, kept)
    choice = choose(run, AskedRule(name="number", value=0.8), 0.001)
    outcome = record_outcome(run, choice, opening=1)
    assert outcome.reached["samples"] == 0
    assert (outcome.transfer or {})["precision_gap"] is None


def test_a_threshold_no_sample_reaches_is_frozen_without_figures(run: Run) -> None:
    """Its precision is unknown, not zero."""
    choice = choose(run, AskedRule(name="number", value=1.0), 0.001)
    assert choice.calibration["signals"] == 0
    assert choice.calibration["precision"] is None
