"""`quantsig forward`: what it prints, refuses and returns."""

import csv
import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.trouble import Stopped
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import IntegrityError, ResourceError
from quantsig.data.machine import AT_ONCE
from quantsig.data.reading import changes
from quantsig.signals.forward.evidence import BROKEN, EvidenceSoFar, ForwardEvidence
from quantsig.signals.forward.journal import ForwardJournal
from quantsig.signals.forward.lines import DECISION, OUTCOME
from quantsig.signals.layout import forward_page, journal_file
from quantsig.signals.runs import open_run
from tests.cli.conftest import Quantsig, assert_done

RUN = Path("runs/one")
JOURNAL = journal_file(RUN)


def add_bars(count: int) -> None:
    """Let the file of bars grow, each bar a quarter of an hour after the one before."""
    bars = pl.read_csv("bars.csv", try_parse_dates=True)
    rows = bars.tail(1).select(pl.all().repeat_by(count).list.explode())
    later = pl.int_ranges(1, count + 1).explode() * timedelta(minutes=15)
    grown = rows.with_columns(timestamp=pl.col("timestamp") + later)
    pl.concat([bars, grown]).write_csv("bars.csv")


@pytest.fixture
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of a forward test show the moment after the newest bar."""
    newest = pl.read_csv("bars.csv", try_parse_dates=True)["timestamp"].max()
    assert isinstance(newest, datetime)
    now = newest.replace(tzinfo=UTC) + timedelta(seconds=20)
    monkeypatch.setattr("quantsig.backtest.forward.call.utc_now", lambda: now)


@pytest.fixture
def chosen(trained: Quantsig) -> Quantsig:
    """The run with a frozen threshold that every row reaches."""
    assert_done(trained("thresholds", RUN, "--threshold", "0.01"))
    return trained


def test_from_a_first_call_to_a_journal_that_is_verified(chosen: Quantsig) -> None:
    """One decision, then eight more, and what came of those whose labels are known."""
    first = assert_done(chosen("forward", RUN, "bars.csv", "--json")).document
    assert (first["figures"]["decisions"], first["figures"]["new_signals"]) == (1, 1)
    assert first["evidence"]["state"] == "not promised"
    add_bars(8)
    again = assert_done(chosen("forward", RUN))
    assert "watched without a promise" in again.err
    assert re.search(r"^new signals +8$", again.out, re.MULTILINE)
    kinds = [json.loads(line)["kind"] for line in JOURNAL.read_text().splitlines()]
    assert (kinds.count(DECISION), kinds.count(OUTCOME)) == (9, 3)
    found = assert_done(chosen("forward", "verify", RUN, "--json")).document
    assert found["figures"] == {
        "lines": 13,
        "decisions": 9,
        "outcomes": 3,
        "corrected": 0,
        "without_bars": 0,
        "differences": 0,
    }


def test_nothing_new(chosen: Quantsig) -> None:
    """A day without bars is no error."""
    assert_done(chosen("forward", RUN))
    assert "no bar is new" in assert_done(chosen("forward", RUN)).err


def test_without_a_choice(trained: Quantsig) -> None:
    """It says how to make one."""
    answer = trained("forward", RUN)
    assert answer.code == 3
    assert answer.complaint[-3:][0] == "no threshold was chosen for this run yet."
    assert not JOURNAL.exists()


def test_a_damaged_journal(chosen: Quantsig) -> None:
    """Names the line, and writes nothing."""
    assert_done(chosen("forward", RUN))
    JOURNAL.write_text(JOURNAL.read_text().replace('"late": true', '"late": false'))
    before = JOURNAL.read_bytes()
    for words in (("forward", RUN), ("forward", "verify", RUN)):
        answer = chosen(*words)
        assert answer.code == 6
        assert answer.complaint[-3].startswith("forward.jsonl is damaged: line 2 ")
    assert JOURNAL.read_bytes() == before


def test_bars_that_go_back(chosen: Quantsig) -> None:
    """Three lines; the journal stays."""
    add_bars(3)
    assert_done(chosen("forward", RUN))
    bars = Path("bars.csv").read_text().splitlines(keepends=True)
    Path("bars.csv").write_text("".join(bars[:-2]))
    answer = chosen("forward", RUN)
    assert answer.code == 3
    assert answer.complaint[-3].startswith("the bars of PLANTED go back")


def test_the_journal_of_another_run(chosen: Quantsig) -> None:
    """Copied into the folder of this one."""
    assert_done(chosen("forward", RUN))
    assert_done(chosen("train", "--out", "runs/two", "--seed", "5"))
    assert_done(chosen("thresholds", "runs/two", "--threshold", "0.01"))
    other = journal_file(Path("runs/two"))
    other.parent.mkdir()
    other.write_bytes(JOURNAL.read_bytes())
    answer = chosen("forward", "runs/two")
    assert answer.code == 6
    assert answer.complaint[-3].startswith("this is the journal of another run")


def test_a_run_is_whole_beside_its_journal(chosen: Quantsig) -> None:
    """The journal grows outside the seal; its head is in the ledger."""
    assert_done(chosen("forward", RUN))
    assert_done(chosen("verify", RUN))
    journal = ForwardJournal(open_run(RUN), lambda line: None)
    journal.read()
    assert journal.entered_head == journal.head


def test_new_signals_as_csv_and_to_a_command(chosen: Quantsig, own_folder: Path) -> None:
    """One row; the bars are years old, so the signal is late and nobody is told of it."""
    command = shlex.join([sys.executable, "-c", "open('told', 'w')"])
    answer = assert_done(
        chosen("forward", RUN, "bars.csv", "--format", "csv", "--command", command)
    )
    (row,) = csv.DictReader(answer.out.splitlines())
    assert (row["symbol"], row["late"]) == ("PLANTED", "true")
    assert not (own_folder / "told").exists()
    assert forward_page(RUN).is_file()


def test_a_command_is_told_of_a_signal_in_time(chosen: Quantsig, in_time: None) -> None:
    """By the clock of the bars; its exit code is a line of the journal."""
    command = shlex.join([sys.executable, "-c", "raise SystemExit(7)"])
    answer = assert_done(chosen("forward", RUN, "bars.csv", "--command", command))
    assert "ended with 7 for PLANTED" in answer.err
    last = json.loads(JOURNAL.read_text().splitlines()[-1])
    assert (last["kind"], last["symbol"], last["code"]) == ("command", "PLANTED", 7)
    assert_done(chosen("forward", "verify", RUN))


def test_a_broken_promise_ends_with_4(chosen: Quantsig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came is written before, with the day."""
    judged = EvidenceSoFar.judged

    def broken(self: EvidenceSoFar) -> ForwardEvidence | None:
        found = judged(self)
        return found and replace(found, state=BROKEN, promised=0.6, broken_on="2026-01-05")

    monkeypatch.setattr(EvidenceSoFar, "judged", broken)
    answer = chosen("forward", RUN, "bars.csv")
    assert answer.code == 4
    said = "the promise of a precision of 60% is broken since 2026-01-05."
    assert answer.complaint[-3] == said
    assert len(JOURNAL.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--watch", "soon"), 2),
        (("--command", "'"), 2),
        (("--fills", "absent.csv"), 3),
        (("--format", "xml"), 3),
    ],
)
def test_what_makes_no_sense_is_refused(
    chosen: Quantsig, words: tuple[str, ...], code: int
) -> None:
    """In three lines, before anything is decided."""
    answer = chosen("forward", RUN, "bars.csv", *words)
    assert answer.code == code
    assert not JOURNAL.exists()


def test_a_watch_is_woken_by_new_bars(chosen: Quantsig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file is told of and waited for; Ctrl-C leaves the journal whole."""
    half = Path("bars.csv").read_bytes()[:-20]

    def changing(source: Path, pause: timedelta) -> Iterator[bool]:
        assert pause == timedelta(minutes=15)
        for step in steps:
            step()
            yield True
        raise Stopped(signal.SIGINT)

    whole = Path("bars.csv").read_bytes()

    def add() -> None:
        Path("bars.csv").write_bytes(whole)
        add_bars(2)

    monkeypatch.setattr(changes, "changes", changing)
    steps = iter([lambda: None, lambda: Path("bars.csv").write_bytes(half), add])
    monkeypatch.delenv(AT_ONCE[0], raising=False)
    answer = chosen("forward", RUN, "bars.csv", "--watch", "15m")
    assert os.environ[AT_ONCE[0]] == AT_ONCE[1]  # or memory would grow
    assert answer.code == 130
    kinds = [json.loads(line)["kind"] for line in JOURNAL.read_text().splitlines()]
    assert kinds.count(DECISION) == 3


def test_bars_that_did_not_change_are_read_once(
    chosen: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round after each pause is made of those that are held."""
    read: list[bool] = []

    def changing(source: Path, pause: timedelta) -> Iterator[bool]:
        yield from (True, False, True, False)
        raise Stopped(signal.SIGINT)

    def reading(*args: Any, **named: Any) -> CheckedBars:
        read.append(True)
        return read_named_bars(*args, **named)

    monkeypatch.setattr(changes, "changes", changing)
    monkeypatch.setattr("quantsig.cli.commands.forward.go.read_named_bars", reading)
    assert chosen("forward", RUN, "bars.csv", "--watch", "15m").code == 130
    assert len(read) == 2


def test_a_watch_waits_for_its_sources_alone(
    chosen: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that does not answer and half a Parquet file pass; a damaged journal ends it."""
    wrong = [
        ResourceError("no answer.", where="s3://bucket/bars", remedy="Wait."),
        IntegrityError("half.", where="scores.parquet", remedy="Wait."),
        IntegrityError("damaged.", where=f"{RUN}/forward/forward.jsonl", remedy="Restore it."),
    ]

    def reading(*args: Any, **named: Any) -> CheckedBars:
        raise wrong.pop(0)

    monkeypatch.setattr(changes, "changes", lambda *args: iter([True] * 3))
    monkeypatch.setattr("quantsig.cli.commands.forward.go.read_named_bars", reading)
    given = ("s3://bucket/bars", "--scores", "scores.parquet", "--watch", "15m")
    answer = chosen("forward", RUN, *given)
    assert answer.code == 6, answer.err
    assert not wrong
    assert "no answer." in answer.err
    assert "half." in answer.err
