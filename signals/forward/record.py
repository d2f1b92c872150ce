"""What a page of a forward test shows of its journal, kept as the lines are heard."""

from dataclasses import dataclass, field

import numpy as np

from quantsig.signals.forward.lines import DECISION, OUTCOME, REVISION, Line
from quantsig.signals.forward.live_calibration import CalibrationSoFar
from quantsig.signals.forward.taken import TakenSoFar
from quantsig.signals.forward.terms import calibration_rows
from quantsig.signals.inference.drift import decile_edges
from quantsig.signals.runs import Run

COUNTED = {DECISION: "decisions", OUTCOME: "outcomes", REVISION: "corrected"}


@dataclass(kw_only=True, slots=True)
class ForwardRecord:
    """Hears the lines of a journal.

    Attributes:
        calibration: by bin of probability and by week.
        taken: signals that can be traded.
        counts: lines by what they are, and late decisions.
    """

    calibration: CalibrationSoFar
    taken: TakenSoFar = field(default_factory=TakenSoFar)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((*COUNTED.values(), "late"), 0)
    )

    def hear(self, line: Line) -> None:
        """Take a line in."""
        self.calibration.hear(line)
        self.taken.hear(line)
        name = COUNTED.get(line["kind"])
        if name:
            self.counts[name] += 1
        if line["kind"] == DECISION:
            self.counts["late"] += line["late"]


def forward_record(run: Run) -> ForwardRecord:
    """A record whose bins are deciles of the calibration rows' probabilities."""
    expected = calibration_rows(run)["probability"].to_numpy()
    edges = decile_edges(expected) if len(expected) else np.arange(1, 10) / 10.0
    return ForwardRecord(calibration=CalibrationSoFar(edges))
