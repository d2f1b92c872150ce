"""A journal drawn again: whole, rewritten, and on other bars."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.forward.verify import refuse_faults, verify_forward
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import CheckFailed, IntegrityError
from quantsig.data.storage.chain.lines import NOTHING, chained_line
from quantsig.data.tables.columns import PRICES
from quantsig.signals.forward.book import writing
from quantsig.signals.layout import LEDGER, SEAL, journal_file
from quantsig.signals.ledger import append_ledger
from quantsig.signals.meta.second_model import second_model
from quantsig.signals.runs import Run, open_run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from tests.backtest.forward.replays import once, replayed, until
from tests.backtest.forward.test_call import BEGIN

pytestmark = pytest.mark.xdist_group("forward")


@pytest.fixture
def told(run: Run, held_bars: CheckedBars) -> Run:
    """A run with a journal of forty bars."""
    replayed(run, held_bars, BEGIN, BEGIN + 40, step=8)
    return run


def test_a_whole_journal_is_drawn_again_bit_for_bit(told: Run, held_bars: CheckedBars) -> None:
    """Decisions and outcomes, on more bars than there were."""
    found = verify_forward(told, held_bars, device="cpu")
    assert found.faults == ()
    assert (found.decisions, found.corrected, found.without_bars) == (82, 0, 0)
    assert found.outcomes == 82 - 12
    refuse_faults(told, found)


def test_decisions_on_corrected_bars_are_counted(told: Run, held_bars: CheckedBars) -> None:
    """They cannot be compared, and are no fault."""
    last = held_bars.bars["timestamp"].unique().sort()[BEGIN + 39]
    there = pl.when(pl.col("timestamp") == last)
    moved = [there.then(pl.col(name) * 1.01).otherwise(name).alias(name) for name in PRICES]
    bars = replace(held_bars, bars=held_bars.bars.with_columns(moved))
    found = verify_forward(told, bars, device="cpu")
    assert (found.corrected, found.faults) == (2, ())
    assert found.outcomes == 68  # one of each symbol ended there


def test_decisions_without_their_bars_are_counted(told: Run, held_bars: CheckedBars) -> None:
    """The bars given end before them."""
    found = verify_forward(told, until(held_bars, BEGIN + 20), device="cpu")
    assert (found.decisions, found.without_bars) == (42, 40)


def test_a_changed_line_is_named(told: Run, held_bars: CheckedBars) -> None:
    """By its number."""
    path = journal_file(told.path)
    path.write_bytes(path.read_bytes().replace(b'"late": false', b'"late": true', 1))
    with pytest.raises(IntegrityError, match="line 2 "):
        verify_forward(told, held_bars, device="cpu")


def rewritten(run: Run, number: int, field: str, change: Callable[[Any], Any]) -> Run:
    """The run with one field of a line changed, and every hash and the ledger right again."""
    path, head, texts = journal_file(run.path), NOTHING, []
    for at, text in enumerate(path.read_text().splitlines(), 1):
        line = json.loads(text)
        del line["chain"]
        if at == number:
            line[field] = change(line[field])
        chained, head = chained_line(head, line)
        texts.append(chained + "\n")
    path.write_text("".join(texts))
    (run.runs_folder / LEDGER).unlink()
    (run.path / SEAL).unlink()
    append_ledger(run.runs_folder, "forward", run_id=run.run_id, lines=len(texts), head=head)
    return open_run(run.path)


def test_a_journal_that_another_hand_wrote_is_told(told: Run, held_bars: CheckedBars) -> None:
    """Every hash and the ledger are right; the run says something else."""
    other = rewritten(told, 3, "probability", lambda said: float(np.nextafter(said, 1.0)))
    found = verify_forward(other, held_bars, device="cpu")
    assert [(fault.line, fault.field) for fault in found.faults] == [(3, "probability")]
    with pytest.raises(CheckFailed, match="line 3 says probability"):
        refuse_faults(told, found)


@pytest.mark.parametrize(
    ("field", "change"), [("take", lambda said: not said), ("size", lambda said: said / 2 + 0.1)]
)
def test_what_the_second_model_said_is_drawn_again(
    run: Run,
    held_bars: CheckedBars,
    monkeypatch: pytest.MonkeyPatch,
    field: str,
    change: Callable[[Any], Any],
) -> None:
    """Its word on every decision, bit for bit."""
    monkeypatch.setattr("quantsig.signals.meta.meta_labelling.FEWEST", 3)
    choice = choose(run, AskedRule(name="number", value=1e-9), 0.0)  # with winners and losers
    meta = second_model(run, choice, device="cpu")
    with writing(run) as book:
        for count in range(BEGIN, BEGIN + 41, 20):
            once(book, until(held_bars, count), meta=meta)
    said = [json.loads(text) for text in journal_file(run.path).read_text().splitlines()]
    signals = [at for at, line in enumerate(said, 1) if line.get("signal")]
    assert len({line["size"] for line in said if line.get("signal")}) > 1
    found = verify_forward(run, held_bars, device="cpu")
    assert (found.faults, found.decisions) == ((), 82)
    other = rewritten(run, signals[-1], field, change)
    (fault,) = verify_forward(other, held_bars, device="cpu").faults
    assert (fault.line, fault.field) == (signals[-1], field)
