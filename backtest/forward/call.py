"""One call of a forward test: what came out, what was corrected, and what is decided now."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from quantsig.backtest.execution import Execution
from quantsig.backtest.forward.outcomes import Judging, outcome_lines
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import CheckFailed
from quantsig.data.language.durations import duration
from quantsig.data.language.messages import phrase
from quantsig.data.news.table import NewsItems
from quantsig.data.progress import NOBODY, Listener
from quantsig.signals.forward.book import ForwardBook
from quantsig.signals.forward.corrections import Revisions, refuse_going_back, revisions
from quantsig.signals.forward.evidence import BROKEN, ForwardEvidence
from quantsig.signals.forward.grounds import Grounds
from quantsig.signals.forward.in_force import choice_in_force
from quantsig.signals.forward.lines import (
    ForwardTerms,
    Line,
    moment_of,
    terms_line,
)
from quantsig.signals.forward.new_decisions import (
    Deciding,
    decide,
    decision_lines,
    grounds_of,
    newest_of,
    overdue,
)
from quantsig.signals.forward.terms import known_until, terms_in_force
from quantsig.signals.layout import journal_file
from quantsig.signals.runs import Run

Clock = Callable[[], datetime]
NAMED = 5  # symbols that a sentence lists


def utc_now() -> datetime:
    """What the clock says."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardCall:
    """What one call added.

    Attributes:
        terms: that hold.
        decisions: new lines of the journal.
        outcomes: likewise.
        revisions: decisions whose bars were corrected since.
        recorded: when.
        newest_bar: of all symbols.
        news: that decisions read, where the run reads some.
    """

    terms: ForwardTerms
    decisions: tuple[Line, ...]
    outcomes: tuple[Line, ...]
    revisions: tuple[Line, ...]
    recorded: datetime
    newest_bar: datetime
    news: NewsItems | None = None

    @property
    def signals(self) -> tuple[Line, ...]:
        """New decisions that are signals."""
        return tuple(line for line in self.decisions if line["signal"])


def forward_call(
    book: ForwardBook,
    bars: CheckedBars,
    deciding: Deciding,
    execution: Execution,
    *,
    clock: Clock | None = None,
    listener: Listener = NOBODY,
) -> ForwardCall:
    """Add to a journal what the bars tell now; the book is open to be written to.

    First which bars under earlier decisions were corrected, then what came of these, then the
    decisions that are new, and what came of those that are late. Killed at any moment the next
    call goes on without a gap.

    Args:
        book: the journal.
        bars: all that there are.
        deciding: who decides, the book's run.
        execution: how signals are traded.
        clock: asked for the time in UTC; None: that of the machine.
        listener: told of what is odd.

    Raises:
        DataError: there is no frozen choice, bars go back, the clock was set back, or the bars
            cannot be decided on.
        ResourceError: the disk is full.
    """
    run, standing = book.run, book.standing
    where = str(journal_file(run.path))
    now = clock or utc_now
    begun = standing.clock(now(), where)
    choice = choice_in_force(run)
    run.calibrator()
    refuse_going_back(bars, standing.newest)
    terms = terms_in_force(
        run, choice, bars, standing, execution=asdict(execution), meta=deciding.meta
    )
    grounds = grounds_of(deciding, bars)
    judging = Judging(event=run.event, rule=grounds.rule, execution=execution, terms=terms)
    out = outcome_lines(standing.pending, bars, judging, begun)
    revised = revisions(standing, grounds, begun)
    for sentence in _remarks(grounds, terms, revised, begun):
        listener.tell(sentence)
    since = max(moment_of(terms.since), known_until(run) + timedelta(microseconds=1))
    with listener.stage("Deciding on new bars"):
        after = newest_of(standing.newest)
        table = decide(deciding, bars, after, since, listener, heard=book.scores)
    recorded = standing.clock(now(), where)
    decisions = decision_lines(table, grounds, terms, recorded)
    made = {(line["symbol"], line["decision_time"]): line for line in decisions}
    past = outcome_lines(made, bars, judging, recorded)  # of what is late
    anew = [terms_line(terms, begun)] if terms != standing.terms else []
    book.add([*anew, *revised.lines, *out, *decisions, *past])
    newest = bars.bars["timestamp"].max()
    assert isinstance(newest, datetime)
    return ForwardCall(
        terms=terms,
        decisions=tuple(decisions),
        outcomes=(*out, *past),
        revisions=tuple(revised.lines),
        recorded=recorded,
        newest_bar=newest,
        news=deciding.news,
    )


def refuse_broken(run: Run, evidence: ForwardEvidence) -> None:
    """Say no where the promise of the choice is broken.

    Raises:
        CheckFailed: it is, with the day.
    """
    if evidence.state == BROKEN:
        said = "the promise of a precision of {promised:.0%} is broken since {day}."
        raise CheckFailed(
            phrase(said, promised=evidence.promised, day=evidence.broken_on),
            where=str(journal_file(run.path)),
            remedy="Stop trading it. Choose another threshold, or train again on newer bars.",
        )


def _remarks(
    grounds: Grounds, terms: ForwardTerms, revised: Revisions, now: datetime
) -> Iterator[str]:
    """What a person is to know of the bars and of the choice."""
    if terms.precision is None:
        yield "the choice promises no precision: it is watched without a promise."
    if revised.vanished:
        yield phrase("no bars any more of: {symbols}.", symbols=_listed(revised.vanished))
    if revised.lines:
        said = (
            "bars were corrected after {n} decisions were made on them, the first: {symbol} at "
            "{time}. The decisions stand as they were recorded."
            if grounds.alone
            else "what {n} decisions rest on was corrected, or came late, after they were made, "
            "the first: {symbol} at {time}. The decisions stand as they were recorded."
        )
        first = revised.lines[0]
        time = first["decision_time"][:16]
        yield phrase(said, n=len(revised.lines), symbol=first["symbol"], time=time)
    late = overdue(grounds.bars, now)
    if late:
        said = "the newest bar closed {time} ago, longer than between any two bars of late."
        yield phrase(said, time=duration(late.total_seconds()))


def _listed(names: Sequence[str]) -> str:
    more = f" (+{len(names) - NAMED})" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
