"""What is read from a run folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from quantsig.backtest.significance.trials import read_trials
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import IntegrityError
from quantsig.data.samples.manifest import fingerprint
from quantsig.data.storage.atomic import append_line, write_text
from quantsig.data.storage.documents import read_json, to_json, write_json
from quantsig.reports.inputs import by_session, read_inputs
from quantsig.signals.runs import open_run

WriteRun = Callable[..., Path]


def test_parts_that_are_not_there_are_none(write_run: WriteRun) -> None:
    """After training alone there are no thresholds and no backtest."""
    inputs = read_inputs(write_run(steps=("train",)))
    assert inputs.metrics is not None
    assert (inputs.thresholds, inputs.choice, inputs.stats, inputs.trades) == (None,) * 4


def test_a_damaged_part_is_an_error(write_run: WriteRun) -> None:
    """A file that cannot be read is not taken for one that is missing."""
    run = write_run()
    write_text(run / "backtest" / "trades.parquet", "PAR1 nothing PAR1")
    with pytest.raises(IntegrityError, match=r"trades\.parquet"):
        read_inputs(run)


def test_the_choice_is_the_one_that_was_backtested(write_run: WriteRun) -> None:
    """A newer choice does not stand beside figures that are not its own."""
    run = write_run()
    later = {**read_json(run / "choices" / "trial-7.json"), "trial_id": "trial-8"}
    write_json(run / "choices" / "trial-8.json", {**later, "created": "2014-01-01T00:00:00Z"})
    choice = read_inputs(run).choice
    assert choice is not None
    assert choice.trial_id == "trial-7"


def test_trials_are_the_different_strategies_of_the_ledger(write_run: WriteRun) -> None:
    """A choice and its backtest are one trial; a training is none, and a swept cell is one."""
    run = write_run()
    for line in (
        {"event": "training", "trial_id": "t"},
        {"event": "choice", "trial_id": "a"},
        {"event": "backtest", "trial_id": "a", "strategy": "a with costs", "sharpe": 0.1},
        {"event": "walk", "trial_id": "w", "sharpe": None},
        {"event": "sweep", "trial_id": "s", "cells": 40},
    ):
        append_line(run.parent / "ledger.jsonl", to_json(line | {"run_id": "other"}))
    trials = read_inputs(run).trials
    assert trials == 43  # trial-7 of the fixture, a, the walk and the cells
    assert trials == read_trials(run.parent).count


def test_openings_are_those_of_all_runs_on_the_same_samples(write_run: WriteRun) -> None:
    """Another run that looked at the same rows counts, one of other samples does not."""
    run = write_run()
    same = open_run(run).record.samples.fingerprint
    for samples in (same, "others"):
        line = {"event": "opening", "run_id": "other", "trial_id": "a", "samples": samples}
        append_line(run.parent / "ledger.jsonl", to_json(line | {"time": "2013-03-01"}))
    assert read_inputs(run).openings == 2


def test_a_sample_set_that_became_another_is_not_shown(write_run: WriteRun) -> None:
    """The fingerprint decides whether the sample set is still the run's."""
    run = write_run()
    manifest = run.parents[1] / "samples" / "manifest.json"
    assert read_inputs(run).samples is not None
    another = {**read_json(manifest), "stride_bars": 7}
    write_json(manifest, {**another, "fingerprint": fingerprint(another)})
    assert read_inputs(run).samples is None


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "Asia/Tokyo"])
def test_a_daily_bar_shows_the_day_it_covers(zone: str | None) -> None:
    """Friday's bar closes at midnight in New York or Tokyo, and is Friday's on any clock."""
    closes = {
        "America/New_York": [datetime(2013, 1, 5, 5, tzinfo=UTC)],
        "Asia/Tokyo": [datetime(2013, 1, 4, 15, tzinfo=UTC)],
    }.get(zone or "", [datetime(2013, 1, 5, 5, tzinfo=UTC), datetime(2013, 1, 4, 15, tzinfo=UTC)])
    frame = pl.DataFrame({"symbol": "A", "entry_time": closes, "exit_time": None})
    frame = frame.with_columns(pl.col("exit_time").cast(pl.Datetime("us", "UTC")))
    shown = by_session(frame, SessionCalendar(timezone=zone, daily=True))
    assert set(shown["entry_time"]) == {datetime(2013, 1, 4, tzinfo=UTC)}
    assert shown.drop("entry_time").equals(frame.drop("entry_time"))
