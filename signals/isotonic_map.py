"""The calibrator that only keeps the order: a rising line through stored points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class IsotonicMap:
    """Linear between the points, constant beyond them (Zadrozny and Elkan 2002).

    Scores of one step get one probability, so ranking within a step is lost.
    """

    scores: Sequence[float]  # (k,) ascending
    probabilities: Sequence[float]  # (k,) never falling

    def probability(self, score: Floats) -> Floats:
        """Probability 0..1 of the event for raw scores (n,); NaN stays NaN."""
        probability: Floats = np.interp(score, self.scores, self.probabilities)
        return probability
