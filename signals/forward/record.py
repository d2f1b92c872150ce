"""What a page of a forward test shows of its journal, kept as the lines are heard."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.forward.in_force import choice_named
from quantsig.signals.forward.lines import DECISION, OUTCOME, REVISION, TERMS, Line
from quantsig.signals.forward.live_calibration import CalibrationSoFar
from quantsig.signals.forward.taken_signals import TakenSignals
from quantsig.signals.forward.terms import calibration_rows
from quantsig.signals.inference.drift import decile_edges
from quantsig.signals.inference.input_weeks import InputWeeks
from quantsig.signals.runs import Run

Floats = NDArray[np.float64]

COUNTED = {DECISION: "decisions", OUTCOME: "outcomes", REVISION: "corrected"}


@dataclass(kw_only=True, slots=True)
class ForwardRecord:
    """Hears the lines of a journal.

    Attributes:
        edges_of: bins of probability by the choice that it goes by.
        calibration: by bin and by week; begun anew where probabilities are calibrated again.
        taken: signals that can be traded.
        inputs: what the model reads, by week; None where it is not there.
        counts: lines by what they are, and late decisions.
    """

    edges_of: Callable[[str], Floats]
    calibration: CalibrationSoFar = field(default_factory=lambda: CalibrationSoFar(np.empty(0)))
    taken: TakenSignals = field(default_factory=TakenSignals)
    inputs: InputWeeks | None = None
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((*COUNTED.values(), "late"), 0)
    )

    def hear(self, line: Line) -> None:
        """Take a line in."""
        if line["kind"] == TERMS:
            edges = self.edges_of(line["choice_id"])
            if not np.array_equal(edges, self.calibration.edges):
                self.calibration = CalibrationSoFar(edges)
        self.calibration.hear(line)
        self.taken.hear(line)
        name = COUNTED.get(line["kind"])
        if name:
            self.counts[name] += 1
        if line["kind"] == DECISION:
            self.counts["late"] += line["late"]


def forward_record(run: Run) -> ForwardRecord:
    """A record whose bins are deciles of the calibration rows' probabilities."""
    rows = calibration_rows(run)

    def edges_of(choice_id: str) -> Floats:
        expected = choice_named(run, choice_id).rows(rows)["probability"].to_numpy()
        return decile_edges(expected) if len(expected) else np.arange(1, 10) / 10.0

    inputs = None if run.record.judged else InputWeeks(run)
    return ForwardRecord(edges_of=edges_of, inputs=inputs)
