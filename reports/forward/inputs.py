"""Everything that the page of a forward test shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.forward.account import PaperAccount, paper_account
from quantsig.backtest.forward.call import ForwardCall
from quantsig.backtest.forward.fills import BrokerFills, lay_beside
from quantsig.data.bars import CheckedBars
from quantsig.data.calendar.intervals import DAY
from quantsig.signals.forward.book import ForwardBook
from quantsig.signals.forward.evidence import ForwardEvidence, PromiseCurves, promise_curves
from quantsig.signals.forward.in_force import choice_named
from quantsig.signals.forward.lines import ForwardTerms, Line, moment_of
from quantsig.signals.forward.new_decisions import overdue
from quantsig.signals.forward.record import ForwardRecord
from quantsig.signals.forward.terms import calibration_rows
from quantsig.signals.forward.windows import ForwardWindow
from quantsig.signals.runs import Run

SIMILAR = 20  # past probabilities that a signal's is laid beside


@dataclass(frozen=True, kw_only=True, slots=True)
class Similar:
    """What came of the calibration rows whose probability was nearest."""

    rows: int
    hits: int
    mean_return: float
    lowest: float  # probability of these rows
    highest: float


@dataclass(frozen=True, kw_only=True)
class ForwardInputs:
    """What a forward test shows now.

    Attributes:
        run: that decides.
        call: the newest one.
        bars: all that there are.
        evidence: of the promise.
        windows: that have come out.
        curves: how the evidence grew.
        pending: decisions that have not come out.
        record: sums of all lines.
        account: what trading the signals came to.
        execution: how they are traded.
        lines, head: of the journal.
        fills: of the user's broker, laid beside the paper account.
    """

    run: Run
    call: ForwardCall
    bars: CheckedBars
    evidence: ForwardEvidence
    windows: tuple[ForwardWindow, ...]
    curves: PromiseCurves
    pending: tuple[Line, ...]
    record: ForwardRecord
    account: PaperAccount | None
    execution: Execution
    lines: int
    head: str
    fills: BrokerFills | None = None

    @property
    def terms(self) -> ForwardTerms:
        """That hold."""
        return self.call.terms

    @property
    def daily(self) -> bool:
        """Whether a bar lasts a day or longer."""
        return self.terms.interval >= DAY

    @property
    def today(self) -> tuple[Line, ...]:
        """Signals of the newest decisions, the likeliest first."""
        newest = max((line["decision_time"] for line in self.pending), default="")
        found = [
            line for line in self.pending if line["decision_time"] == newest and line["signal"]
        ]
        return tuple(sorted(found, key=lambda line: -line["probability"]))

    @property
    def overdue(self) -> timedelta | None:
        """How old the newest bar is, where that is older than usual."""
        return overdue(self.bars, self.call.recorded)

    @property
    def unresolved(self) -> tuple[Line, ...]:
        """Decisions whose label should be known by the newest bar, and is not: their bars lack."""
        after = self.run.record.label.bars_after
        times = self.bars.bars["timestamp"].unique().sort()
        if len(times) <= after:
            return ()
        due = times[-1 - after]
        return tuple(line for line in self.pending if moment_of(line["decision_time"]) < due)

    @cached_property
    def calibrated(self) -> pl.DataFrame:
        """The calibration rows, their probabilities as the choice in force has them."""
        known = choice_named(self.run, self.terms.choice_id)
        return known.rows(calibration_rows(self.run))

    def similar(self, probability: float) -> Similar | None:
        """What happened after the most similar probabilities of the calibration rows."""
        rows = self.calibrated
        if rows.is_empty():
            return None
        distance = (rows["probability"] - probability).abs().to_numpy()
        nearest = rows[np.argsort(distance, kind="stable")[:SIMILAR]]
        happened = self.run.happened(nearest)
        return Similar(
            rows=len(nearest),
            hits=int(happened.sum()),
            mean_return=float(nearest["forward_return"].mean() or 0.0),  # type: ignore[arg-type]
            lowest=float(nearest["probability"].min() or 0.0),  # type: ignore[arg-type]
            highest=float(nearest["probability"].max() or 0.0),  # type: ignore[arg-type]
        )


def forward_inputs(
    book: ForwardBook,
    record: ForwardRecord,
    call: ForwardCall,
    bars: CheckedBars,
    execution: Execution,
    fills: pl.DataFrame | None = None,
) -> ForwardInputs:
    """What a page shows after a call.

    Args:
        book: the journal, read to its end.
        record: that heard all of its lines.
        call: the newest.
        bars: that it was given.
        execution: how signals are traded.
        fills: of `read_fills`.
    """
    evidence, since = book.evidence.judged(), moment_of(call.terms.since)
    assert evidence is not None
    account = paper_account(record.taken.rows(), bars, since, execution)
    return ForwardInputs(
        run=book.run,
        call=call,
        bars=bars,
        evidence=evidence,
        windows=tuple(book.evidence.closed),
        curves=promise_curves(call.terms, book.evidence.closed),
        pending=tuple(book.standing.pending.values()),
        record=record,
        account=account,
        execution=execution,
        lines=book.journal.lines,
        head=book.journal.head,
        fills=None
        if fills is None or account is None
        else lay_beside(fills, account.outcome.accounts.trades),
    )


def closed_at(window: ForwardWindow) -> datetime:
    """When the last decision of a window came out."""
    return moment_of(window.closed)
