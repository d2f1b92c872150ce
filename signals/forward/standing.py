"""What goes on in a forward test: its terms, and the decisions that have not come out yet."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.signals.forward.lines import (
    DECISION,
    OUTCOME,
    REVISION,
    TERMS,
    ForwardTerms,
    Line,
    moment_of,
    stamp,
    terms_of,
)

CLOCK_SLACK = timedelta(seconds=60)  # that a clock may be set back by, as time servers do

Decided = tuple[str, str]  # symbol and decision time


@dataclass(kw_only=True, slots=True)
class Standing:
    """Hears the lines of a journal; what is over is forgotten.

    Attributes:
        terms: that hold; None before the first.
        newest: of each symbol, the time of its newest decision.
        pending: decisions that have not come out.
        revised: of these, what their bars became since, where they were corrected.
        recorded: when the last line was.
    """

    terms: ForwardTerms | None = None
    newest: dict[str, str] = field(default_factory=dict)
    pending: dict[Decided, Line] = field(default_factory=dict)
    revised: dict[Decided, str] = field(default_factory=dict)
    recorded: str = ""

    def hear(self, line: Line) -> None:
        """Take a line in."""
        self.recorded = line["recorded"]
        if line["kind"] == TERMS:
            self.terms = terms_of(line)
            return
        key = line["symbol"], line["decision_time"]
        if line["kind"] == DECISION:
            self.pending[key] = line
            self.newest[key[0]] = max(self.newest.get(key[0], ""), key[1])
        elif line["kind"] == OUTCOME:
            self.pending.pop(key, None)
            self.revised.pop(key, None)
        elif line["kind"] == REVISION:
            self.revised[key] = line["bars_sha256"]

    def known_hash(self, key: Decided) -> str:
        """Of the bars of a pending decision, as they were last seen."""
        return self.revised.get(key) or str(self.pending[key]["bars_sha256"])

    def clock(self, now: datetime, where: str) -> datetime:
        """What is recorded as now: never earlier than the last line.

        Raises:
            DataError: the clock was set back by more than a moment.
        """
        last = moment_of(self.recorded) if self.recorded else now
        if now < last - CLOCK_SLACK:
            raise DataError(
                phrase(
                    "the clock says {now}, and the last line was recorded at {last}.",
                    now=stamp(now)[:19],
                    last=stamp(last)[:19],
                ),
                where=where,
                remedy="Set the clock right; whether a decision was in time is told by it.",
            )
        return max(now, last)
