"""The calibrator that only keeps the order: a rising line through stored points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
TILT = 1e-6  # share of a plain sigmoid


@dataclass(frozen=True, kw_only=True, slots=True)
class IsotonicMap:
    """Linear between the points, constant beyond them (Zadrozny and Elkan 2002), and tilted.

    Where the steps lie was learnt from labels. A millionth of a plain sigmoid keeps the rows of
    one step in the order of their scores, so that a threshold can cut anywhere, not only where
    labels changed: the promise of a precision rests on that.
    """

    scores: Sequence[float]  # (k,) ascending
    probabilities: Sequence[float]  # (k,) never falling
    scale: float  # spread of the scores

    def probability(self, score: Floats) -> Floats:
        """Probability 0..1 of the event for raw scores (n,); NaN stays NaN."""
        steps = np.interp(score, self.scores, self.probabilities)
        probability: Floats = (1.0 - TILT) * steps + TILT * expit(score / self.scale)
        return probability
