"""The calibrator as it is stored and applied: two numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sigmoid:
    """p = 1 / (1 + exp(-(slope * score + intercept))) (Platt 1999).

    A slope below zero would turn the model's ranking over, so it is held at zero: then the
    scores carried no information and every probability is the base rate.
    """

    slope: float
    intercept: float

    def probability(self, score: Floats) -> Floats:
        """Probability 0..1 of the event for raw scores (n,)."""
        probability: Floats = expit(self.slope * score + self.intercept)
        return probability
