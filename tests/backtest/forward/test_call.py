"""A forward test of a run, fed with bars that were held back."""

import errno
import os
import threading
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.errors import DataError, IntegrityError, ResourceError, UsageError
from quantsig.data.storage import atomic
from quantsig.data.tasks.run import unheard
from quantsig.data.tasks.task import Function, Task
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.forward.book import writing
from quantsig.signals.forward.lines import DECISION, OUTCOME, REVISION, TERMS, VANISHED, Line, stamp
from quantsig.signals.forward.new_decisions import Deciding, decide
from quantsig.signals.inference import by_symbol
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.inference.signals import bar_signals
from quantsig.signals.layout import journal_file
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from tests.backtest.forward.replays import (
    EXECUTION,
    SOON,
    TRAINED_CELLS,
    called,
    lines_of,
    newest,
    once,
    replayed,
    until,
)

pytestmark = pytest.mark.xdist_group("forward")
BEGIN = TRAINED_CELLS * CELL_BARS
BARS_AFTER = CELL_BARS + 1  # until a label is known
SAME = ("probability", "threshold", "signal", "take", "size", "direction", "stop", "target")


def of_kind(run: Run, kind: str) -> list[Line]:
    return [line for line in lines_of(run) if line["kind"] == kind]


def test_bars_fed_one_at_a_time_decide_as_all_at_once(run: Run, held_bars: CheckedBars) -> None:
    """Every decision of the replay is that of `quantsig signals RUN BARS`, bit for bit."""
    replayed(run, held_bars, BEGIN, BEGIN + 60)
    decisions = of_kind(run, DECISION)
    bars = until(held_bars, BEGIN + 60)
    rows = predict(run, passing_of(run, bars), device="cpu")
    whole = bar_signals(run, run.samples(), rows)
    later = whole.filter(pl.col("decision_time") >= newest(until(held_bars, BEGIN)))
    later = later.sort("decision_time", "symbol")
    assert len(decisions) == len(later) == 122
    assert 0 < sum(bool(line["signal"]) for line in decisions) < 122
    for line, row in zip(decisions, later.iter_rows(named=True), strict=True):
        assert {name: line[name] for name in SAME} == {name: row[name] for name in SAME}
        assert line["decision_time"] == stamp(row["decision_time"])
    assert not any(line["late"] for line in decisions)


def test_workers_decide_as_this_process_does(
    run: Run, held_bars: CheckedBars, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Symbol by symbol; the decisions are the same."""
    tasks: list[Task] = []

    def one_by_one(function: Function, given: list[Task], **_: object) -> list[pl.DataFrame]:
        tasks.extend(given)
        return [function(task.work, unheard) for task in given]

    monkeypatch.setattr(by_symbol, "TASK_BARS", 1)
    monkeypatch.setattr(by_symbol, "run_tasks", one_by_one)
    bars, first = until(held_bars, BEGIN + 20), newest(until(held_bars, BEGIN))
    here, two = (
        decide(Deciding(run=run, device="cpu", on=on), bars, {}, first)
        for on in (HERE, Workers(count=2))
    )
    assert two.equals(here)
    assert len(tasks) == bars.bars["symbol"].n_unique() == 2


def test_outcomes_are_those_of_label_and_backtest(run: Run, held_bars: CheckedBars) -> None:
    """The label of `predict`; fills at the next open, five bars long, by hand after costs."""
    replayed(run, held_bars, BEGIN, BEGIN + 60, step=20)
    outcomes = of_kind(run, OUTCOME)
    assert len(outcomes) == 2 * (61 - BARS_AFTER)
    labels = predict(run, passing_of(run, until(held_bars, BEGIN + 60)), device="cpu")
    known = {(row["symbol"], stamp(row["decision_time"])): row for row in labels.to_dicts()}
    bars = {
        (row["symbol"], stamp(row["timestamp"])): row["open"] for row in held_bars.bars.to_dicts()
    }
    traded = 0
    for line in outcomes:
        row = known[line["symbol"], line["decision_time"]]
        assert (line["label"], line["forward_return"]) == (row["label"], row["forward_return"])
        assert line["hit"] == (row["label"] == 1.0)
        if line["status"] == "traded":
            traded += 1
            entry, exit_ = (bars[line["symbol"], line[at]] for at in ("entry_time", "exit_time"))
            slip, fee = EXECUTION.slippage, EXECUTION.fee
            bought, sold = entry * (1 + slip), exit_ * (1 - slip)
            earned = (sold - bought - fee * (sold + bought)) / bought
            assert line["return"] == pytest.approx(earned, rel=1e-12)
            assert line["reason"] == "time"
        else:
            assert (line["status"], line["return"]) == ("no signal", None)
    assert traded > 0


def test_a_test_begins_at_the_newest_bar(run: Run, held_bars: CheckedBars) -> None:
    """Nothing older is decided; the terms come first, and the ledger knows the head."""
    call = called(run, until(held_bars, BEGIN + 10))
    assert [line["kind"] for line in lines_of(run)] == [TERMS, DECISION, DECISION]
    assert {line["decision_time"] for line in call.decisions} == {stamp(call.newest_bar)}
    assert [line["lines"] for line in read_ledger(run.runs_folder) if "lines" in line] == [3]


def test_what_the_run_learnt_from_is_never_decided(run: Run, held_bars: CheckedBars) -> None:
    """Its own samples prove nothing."""
    assert called(run, until(held_bars, BEGIN - 40)).decisions == ()


def test_no_new_bar_adds_no_line(run: Run, held_bars: CheckedBars) -> None:
    """A day without bars."""
    bars = until(held_bars, BEGIN + 10)
    called(run, bars)
    before = journal_file(run.path).read_bytes()
    again = called(run, bars, now=newest(bars) + timedelta(days=1))
    assert (again.decisions, again.outcomes) == ((), ())
    assert journal_file(run.path).read_bytes() == before


def test_what_is_recorded_too_late_is_marked(run: Run, held_bars: CheckedBars) -> None:
    """At once where the entry's bar is there, else when it is."""
    called(run, until(held_bars, BEGIN))
    bars = until(held_bars, BEGIN + 3)
    call = called(run, bars, now=newest(bars) + timedelta(minutes=20))
    assert [line["late"] for line in call.decisions] == [True, True, True, True, False, False]
    called(run, until(held_bars, BEGIN + 20))
    assert [line["late"] for line in of_kind(run, OUTCOME)[:8]] == [False, False] + [True] * 6


def test_bars_that_are_older_than_usual_are_late(run: Run, held_bars: CheckedBars) -> None:
    """The next one has opened long ago, though it is not there."""
    bars = until(held_bars, BEGIN)
    call = called(run, bars, now=newest(bars) + timedelta(hours=3))
    assert [line["late"] for line in call.decisions] == [True, True]


def test_bars_that_were_corrected_are_noticed_once(run: Run, held_bars: CheckedBars) -> None:
    """Of every pending decision that rests on them; these stand as they were recorded."""
    bars = until(held_bars, BEGIN + 2)
    called(run, until(held_bars, BEGIN + 1))
    other = pl.when(pl.col("timestamp") == newest(bars) - 2 * bars.interval)
    wrong = replace(bars, bars=bars.bars.with_columns(volume=other.then(7.0).otherwise("volume")))
    assert len(called(run, wrong).revisions) == 2
    assert called(run, wrong, now=newest(bars) + 2 * SOON).revisions == ()
    assert len(of_kind(run, REVISION)) == 2


def test_a_symbol_that_vanishes_is_given_up(run: Run, held_bars: CheckedBars) -> None:
    """After three lengths of a label; the other one goes on."""
    called(run, until(held_bars, BEGIN))
    bars = until(held_bars, BEGIN + 3 * BARS_AFTER + 1)
    alone = replace(bars, bars=bars.bars.filter(pl.col("symbol") != "OTHER"))
    called(run, alone)
    gone = [line for line in of_kind(run, OUTCOME) if line["symbol"] == "OTHER"]
    assert [(line["status"], line["hit"]) for line in gone] == [(VANISHED, None)]


def test_bars_that_go_back_are_refused(run: Run, held_bars: CheckedBars) -> None:
    """The journal stays as it was."""
    called(run, until(held_bars, BEGIN + 10))
    before = journal_file(run.path).read_bytes()
    with pytest.raises(DataError, match="go back"):
        called(run, until(held_bars, BEGIN + 5), now=newest(held_bars))
    assert journal_file(run.path).read_bytes() == before


def test_a_clock_that_was_set_back_is_refused(run: Run, held_bars: CheckedBars) -> None:
    """By more than time servers do."""
    called(run, until(held_bars, BEGIN + 10))
    with pytest.raises(DataError, match="the clock says"):
        called(run, until(held_bars, BEGIN + 11), now=newest(until(held_bars, BEGIN)))


def test_a_second_process_is_refused(run: Run, held_bars: CheckedBars) -> None:
    """While the first one is at work."""
    with writing(run):
        found: list[BaseException] = []

        def other() -> None:
            try:
                called(run, until(held_bars, BEGIN))
            except UsageError as error:
                found.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(found) == 1


def test_a_run_without_a_choice_is_refused(run: Run, held_bars: CheckedBars) -> None:
    """Before anything is written."""
    for file in (run.path / "choices").iterdir():
        file.unlink()
    with pytest.raises((DataError, IntegrityError)):
        called(run, until(held_bars, BEGIN))
    assert not journal_file(run.path).exists()


def test_a_full_disk_in_the_middle_of_a_line(
    run: Run, held_bars: CheckedBars, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is whole, and the next call records what is missing."""
    called(run, until(held_bars, BEGIN))
    before = journal_file(run.path).read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ResourceError, match="disk is full"):
            called(run, until(held_bars, BEGIN + 1))
    assert journal_file(run.path).read_bytes() == before
    assert len(called(run, until(held_bars, BEGIN + 1)).decisions) == 2


class KilledError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("kept", [0, 1, 300, 700, 1500])
def test_a_call_that_was_killed_is_gone_on_with(
    run: Run, held_bars: CheckedBars, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """Wherever its lines were cut: none is missing and none is there twice."""
    called(run, until(held_bars, BEGIN))

    def cut(target: object, lines: list[str]) -> None:
        text = "".join(line + "\n" for line in lines).encode()
        with journal_file(run.path).open("ab") as file:
            file.write(text[:kept])
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "append_lines", cut)
        with pytest.raises(KilledError):
            called(run, until(held_bars, BEGIN + 8))
    called(run, until(held_bars, BEGIN + 8))
    keys = [
        (line["kind"], line["symbol"], line["decision_time"])
        for line in lines_of(run)
        if line["kind"] != TERMS
    ]
    assert len(keys) == len(set(keys)) == 2 * 9 + 2 * (9 - BARS_AFTER)


def test_a_new_choice_is_another_test(run: Run, held_bars: CheckedBars) -> None:
    """It goes on after the newest decision of the one before; no moment is decided twice."""
    with writing(run) as book:
        once(book, until(held_bars, BEGIN + 4))
        choose(run, AskedRule(name="number", value=0.3), 0.0)
        once(book, until(held_bars, BEGIN + 5))
    terms = of_kind(run, TERMS)
    assert [line["threshold"] for line in terms] == [0.2, 0.3]
    decided = [(line["symbol"], line["decision_time"]) for line in of_kind(run, DECISION)]
    assert len(decided) == len(set(decided)) == 4
