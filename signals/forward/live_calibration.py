"""Whether probabilities come true now, and whether they are distributed as they were."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.forward.lines import DECISION, OUTCOME, TERMS, VANISHED, Line, moment_of

Floats = NDArray[np.float64]


@dataclass(kw_only=True, slots=True)
class WeekOfDecisions:
    """What was decided in a week, by ISO."""

    decisions: int = 0
    signals: int = 0
    late: int = 0
    bins: Floats = field(default_factory=lambda: np.empty(0))  # decisions by probability


class CalibrationSoFar:
    """Hears the lines of a journal, and keeps sums by bin of probability and by week.

    Args:
        edges: (k,) ascending probabilities between the bins; a bin holds its lower edge.
    """

    def __init__(self, edges: Floats) -> None:
        self.edges = edges
        self.weeks: dict[str, WeekOfDecisions] = {}
        self.matured, self.hits, self.said = (np.zeros(len(edges) + 1) for _ in range(3))
        self._waiting: dict[tuple[str, str], float] = {}

    def hear(self, line: Line) -> None:
        """Take a line in; probabilities are judged whether late or not, for nothing was chosen."""
        if line["kind"] == TERMS:
            return
        key = line["symbol"], line["decision_time"]
        if line["kind"] == DECISION:
            self._decided(line)
            self._waiting[key] = line["probability"]
        elif line["kind"] == OUTCOME:
            probability = self._waiting.pop(key, None)
            if probability is not None and line["status"] != VANISHED and line["hit"] is not None:
                place = self._bin(probability)
                self.matured[place] += 1.0
                self.hits[place] += line["hit"]
                self.said[place] += probability

    def _decided(self, line: Line) -> None:
        year, week, _ = moment_of(line["decision_time"]).isocalendar()
        own = self.weeks.setdefault(f"{year}-W{week:02}", WeekOfDecisions())
        if not len(own.bins):
            own.bins = np.zeros(len(self.edges) + 1)
        own.decisions += 1
        own.signals += line["signal"]
        own.late += line["late"]
        own.bins[self._bin(line["probability"])] += 1.0

    def _bin(self, probability: float) -> int:
        return int(np.searchsorted(self.edges, probability, side="right"))
