"""What the lines of a forward test's journal say, by their kind; docs/forward.md has each field.

Every line has `kind`, `recorded` (the clock, UTC) and the `chain` of `data/storage/chain/lines.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

SCHEMA = "quantsig.forward/1"
TERMS, DECISION, OUTCOME, REVISION = "terms", "decision", "outcome", "revision"
COMMAND = "command"
VANISHED = "vanished"  # status of an outcome that no bars will tell

Line = dict[str, Any]

FIELDS: Mapping[str, frozenset[str]] = {  # that a line of each kind has
    TERMS: frozenset(
        [
            "schema",
            "run_id",
            "choice_id",
            "trial_id",
            "threshold",
            "precision",
            "confidence",
            "frozen",
            "drawing_version",
            "label",
            "delay_bars",
            "horizon_bars",
            "stride_bars",
            "meta",
            "interval_seconds",
            "grace_seconds",
            "usual_signals",
            "return_cap",
            "execution",
            "since",
        ]
    ),
    DECISION: frozenset(
        [
            "symbol",
            "decision_time",
            "probability",
            "threshold",
            "signal",
            "take",
            "size",
            "direction",
            "close",
            "delay_bars",
            "horizon_bars",
            "stop",
            "target",
            "run_id",
            "choice_id",
            "drawing_version",
            "bars_sha256",
            "late",
        ]
    ),
    OUTCOME: frozenset(
        [
            "symbol",
            "decision_time",
            "label",
            "hit",
            "label_end",
            "forward_return",
            "status",
            "return",
            "entry_time",
            "entry_price",
            "exit_time",
            "exit_price",
            "reason",
            "late",
        ]
    ),
    REVISION: frozenset(["symbol", "decision_time", "bars_sha256"]),
    COMMAND: frozenset(["symbol", "decision_time", "program", "code"]),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardTerms:
    """What a forward test holds to from a line of its journal on.

    Attributes:
        schema: of the journal.
        run_id: whose choice is applied.
        choice_id: the frozen choice.
        trial_id: the strategy: the choice, or that with its second model.
        threshold: of the choice.
        precision: that was promised; None: nothing was.
        confidence: of the promise; without one, of what is watched.
        frozen: when the choice was made.
        drawing_version: of the charts.
        label, delay_bars, horizon_bars: which trade a decision is judged by.
        stride_bars: bars from one decision to the next, counted from the symbol's first.
        meta: whether the second model is asked.
        interval_seconds: that one bar covers.
        grace_seconds: how long after the entry's bar opens a decision still counts.
        usual_signals: signals of a window of the calibration rows, the median.
        return_cap: returns beyond it, up or down, count as this much.
        execution: every setting of how signals are traded.
        since: the first decision time that is recorded.
    """

    schema: str = SCHEMA
    run_id: str
    choice_id: str
    trial_id: str
    threshold: float
    precision: float | None
    confidence: float
    frozen: str
    drawing_version: int
    label: str
    delay_bars: int
    horizon_bars: int
    stride_bars: int
    meta: bool
    interval_seconds: float
    grace_seconds: float
    usual_signals: float
    return_cap: float
    execution: Mapping[str, Any]
    since: str

    @property
    def interval(self) -> timedelta:
        """That one bar covers."""
        return timedelta(seconds=self.interval_seconds)

    @property
    def grace(self) -> timedelta:
        """How long after the entry's bar opens a decision still counts."""
        return timedelta(seconds=self.grace_seconds)

    def goes_on(self, earlier: "ForwardTerms") -> bool:
        """Whether the same strategy is watched as before, so that its evidence goes on."""
        return (self.trial_id, self.stride_bars) == (earlier.trial_id, earlier.stride_bars)


def terms_line(terms: ForwardTerms, recorded: datetime) -> Line:
    """The line that a test, or another strategy in it, begins with."""
    return {"kind": TERMS, "recorded": stamp(recorded), **asdict(terms)}


def terms_of(line: Line) -> ForwardTerms:
    """What a line of terms says."""
    return ForwardTerms(**{name: line[name] for name in FIELDS[TERMS]})


def stamp(moment: datetime) -> str:
    """A time as the journal has it; those of one zone are in order as texts are."""
    return moment.isoformat(timespec="microseconds")


def moment_of(text: str) -> datetime:
    """The time that a text of the journal names."""
    return datetime.fromisoformat(text)
