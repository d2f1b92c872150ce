"""Whether the journal of a forward test says what its run decides on the bars: all drawn again."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.forward.outcomes import OF_LABEL, OF_TRADE, Judging, outcome_lines
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import CheckFailed
from quantsig.data.language.messages import phrase
from quantsig.data.news.table import NewsItems
from quantsig.data.progress import NOBODY, Listener
from quantsig.data.scores.table import ScoreTable
from quantsig.data.storage.records import record_of
from quantsig.signals.forward.book import ForwardBook
from quantsig.signals.forward.grounds import Grounds
from quantsig.signals.forward.in_force import choice_named
from quantsig.signals.forward.lines import (
    DECISION,
    OUTCOME,
    TERMS,
    VANISHED,
    ForwardTerms,
    Line,
    moment_of,
    terms_of,
)
from quantsig.signals.forward.new_decisions import (
    OF_SCORES,
    OF_TABLE,
    Deciding,
    decision_lines,
    grounds_of,
    rows_since,
    with_scores,
)
from quantsig.signals.forward.standing import Decided
from quantsig.signals.inference.signals import signals_of_choice
from quantsig.signals.layout import journal_file
from quantsig.signals.meta.second_model import second_model
from quantsig.signals.runs import Run

KEY = ["symbol", "decision_time"]
COMPARED = (*OF_TABLE, *OF_SCORES, "close")
OF_OUTCOME = (*OF_LABEL, *OF_TRADE, "status")


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardFault:
    """One thing that a line says, and what it is."""

    line: int  # its number
    symbol: str
    decision_time: str
    field: str
    said: Any
    found: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedJournal:
    """What came of drawing a journal again.

    Attributes:
        lines: of the journal, whose chain is whole.
        decisions, outcomes: that were compared.
        corrected: decisions whose bars are not those of then, which cannot be compared.
        without_bars: decisions that the bars given do not hold, or not enough before them.
        faults: what differs.
    """

    lines: int
    decisions: int
    outcomes: int
    corrected: int
    without_bars: int
    faults: tuple[ForwardFault, ...]


@dataclass(kw_only=True, slots=True)
class _JournalLines:
    """The lines of a journal by what they are about."""

    terms: list[ForwardTerms] = field(default_factory=list)
    decisions: dict[Decided, tuple[int, int, Line]] = field(default_factory=dict)
    outcomes: dict[Decided, tuple[int, int, Line]] = field(default_factory=dict)
    count: int = 0

    def hear(self, line: Line) -> None:
        """Take a line in, with its number and which terms held."""
        self.count += 1
        if line["kind"] == TERMS:
            self.terms.append(terms_of(line))
            return
        place = self.count, len(self.terms) - 1, line
        key = line["symbol"], line["decision_time"]
        if line["kind"] == DECISION:
            self.decisions[key] = place
        elif line["kind"] == OUTCOME and line["status"] != VANISHED:
            self.outcomes[key] = place


def verify_forward(
    run: Run,
    bars: CheckedBars,
    *,
    scores: ScoreTable | None = None,
    news: NewsItems | None = None,
    device: str = "auto",
    listener: Listener = NOBODY,
) -> VerifiedJournal:
    """Walk the chain of a journal, and draw every decision and outcome again, bit for bit.

    Args:
        run: whose journal it is.
        bars: all that there are.
        scores: all that its model gave, where the run was made of scores.
        news: all that there are, where the run reads some.
        device: auto, cpu or cuda.
        listener: told how far it is.

    Raises:
        IntegrityError: a line was changed, is missing, or was put in; it is named.
        DataError: the bars cannot be scored.
    """
    said = _JournalLines()
    ForwardBook(run, said.hear)
    deciding = Deciding(run=run, device=device, scores=scores, news=news)
    grounds = grounds_of(deciding, bars)
    drawn: dict[Decided, Line] = {}
    with listener.stage("Drawing every decision again") as progress:
        for number, terms in enumerate(said.terms):
            own = [one for one in said.decisions.values() if one[1] == number]
            drawn |= _drawn(deciding, grounds, terms, [line for *_, line in own])
            progress(number + 1, len(said.terms))
    same = {
        key: line
        for key, line in drawn.items()
        if line["bars_sha256"] == said.decisions[key][2]["bars_sha256"]
    }
    faults = [
        fault for key in same for fault in _differing(said.decisions[key], same[key], COMPARED)
    ]
    others = drawn.keys() - same.keys()
    steady = {key for key in same.keys() & said.outcomes.keys() if not _touched(said, key, others)}
    redone = _outcomes(run, grounds, said, steady)
    faults += [
        fault
        for key, line in redone.items()
        for fault in _differing(said.outcomes[key], line, OF_OUTCOME)
    ]
    return VerifiedJournal(
        lines=said.count,
        decisions=len(same),
        outcomes=len(redone),
        corrected=len(drawn) - len(same),
        without_bars=len(said.decisions) - len(drawn),
        faults=tuple(sorted(faults, key=lambda fault: fault.line)),
    )


def _drawn(
    deciding: Deciding, grounds: Grounds, terms: ForwardTerms, lines: list[Line]
) -> dict[Decided, Line]:
    """Decisions of one choice as they are drawn now."""
    run, bars = deciding.run, grounds.bars
    wanted = pl.DataFrame(
        {
            "symbol": [line["symbol"] for line in lines],
            "decision_time": [moment_of(line["decision_time"]) for line in lines],
        },
        schema={"symbol": pl.String(), "decision_time": bars.bars.schema["timestamp"]},
    )
    if wanted.is_empty():
        return {}
    first = wanted["decision_time"].min()
    assert isinstance(first, datetime)
    known = choice_named(run, terms.choice_id)
    meta = second_model(run, known.choice, device=deciding.device) if terms.meta else None
    rows = rows_since(replace(deciding, meta=meta), bars, first).join(wanted, on=KEY, how="semi")
    table = signals_of_choice(run, run.samples(), known.rows(rows), known.choice, meta)
    if run.record.judged is not None:
        table = with_scores(table, rows)
    made = decision_lines(table, grounds, terms, moment_of(terms.since))
    return {(line["symbol"], line["decision_time"]): line for line in made}


def _touched(said: _JournalLines, key: Decided, others: Set[Decided]) -> bool:
    """Whether a bar up to the end of an outcome was corrected: each is some decision's, too."""
    line = said.outcomes[key][2]
    end = max(filter(None, (line["label_end"], line["exit_time"])), default=key[1])
    return any(symbol == key[0] and key[1] <= time <= end for symbol, time in others)


def _outcomes(
    run: Run, grounds: Grounds, said: _JournalLines, keys: Set[Decided]
) -> dict[Decided, Line]:
    """Outcomes of some decisions, as they come out now."""
    found: dict[Decided, Line] = {}
    for number, terms in enumerate(said.terms):
        pending = {key: said.decisions[key][2] for key in keys if said.outcomes[key][1] == number}
        judging = Judging(
            event=run.event, rule=grounds.rule, execution=execution_of(run, terms), terms=terms
        )
        for line in outcome_lines(pending, grounds.bars, judging, moment_of(terms.since)):
            found[line["symbol"], line["decision_time"]] = line
    return found


def refuse_faults(run: Run, found: VerifiedJournal) -> None:
    """Say no where a line says something else than the run does.

    Raises:
        CheckFailed: it does; the first is named.
    """
    if found.faults:
        first = found.faults[0]
        said = "line {line} says {field} {said}, and the run says {found} on the same bars."
        raise CheckFailed(
            phrase(
                said,
                line=first.line,
                field=first.field,
                said=str(first.said),
                found=str(first.found),
            ),
            where=f"{journal_file(run.path)}, {first.symbol} at {first.decision_time[:16]}",
            remedy="The journal was not written by this run, or not on these bars: restore it from "
            "a copy.",
        )


def execution_of(run: Run, terms: ForwardTerms) -> Execution:
    """How the terms of a test say that signals are traded."""
    remedy = "Use the version of quantsig that wrote it."
    return record_of(terms.execution, Execution, journal_file(run.path), remedy=remedy)


def _differing(
    place: tuple[int, int, Line], found: Mapping[str, Any], fields: tuple[str, ...]
) -> Iterator[ForwardFault]:
    number, _, line = place
    for name in fields:
        if line.get(name) != found.get(name):
            yield ForwardFault(
                line=number,
                symbol=line["symbol"],
                decision_time=line["decision_time"],
                field=name,
                said=line.get(name),
                found=found.get(name),
            )
