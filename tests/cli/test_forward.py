"""`quantsig forward`: what it prints, refuses and returns."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from quantsig.signals.forward.journal import ForwardJournal
from quantsig.signals.forward.lines import DECISION, OUTCOME
from quantsig.signals.layout import journal_file
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
    assert "new signals     8" in again.out
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
    JOURNAL.write_text(JOURNAL.read_text().replace('"late": false', '"late": true'))
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
