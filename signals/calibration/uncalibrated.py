"""The map of a run that kept no rows for calibration: the score itself, taken as log-odds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from quantsig.signals.messages import SignalsSentence

Floats = NDArray[np.float64]

NOTE = SignalsSentence.SCORES_AS_THEY_COME()


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncalibrated:
    """p = 1 / (1 + exp(-score)): what the loss made of it, held against no rows."""

    def probability(self, score: Floats) -> Floats:
        """Probability 0..1 of the event for raw scores (n,)."""
        probability: Floats = expit(score)
        return probability
