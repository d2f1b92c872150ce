"""The calibrator of three numbers for scores whose log-odds are bent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class BetaMap:
    """p = 1 / (1 + exp(-(a ln s - b ln(1 - s) + c))), s = 1 / (1 + exp(-score / scale)).

    Beta calibration (Kull, Silva Filho and Flach 2017, "Beta calibration: a well-founded and
    easily implemented improvement on logistic calibration for binary classifiers"). With a = b
    it is the sigmoid of the score. a and b are not below zero, so the order of rows is kept.
    """

    a: float
    b: float
    c: float
    scale: float = 1.0  # of scores that are no log-odds

    def probability(self, score: Floats) -> Floats:
        """Probability 0..1 of the event for raw scores (n,)."""
        low, high = beta_features(score / self.scale)
        probability: Floats = expit(self.a * low + self.b * high + self.c)
        return probability


def beta_features(score: Floats) -> tuple[Floats, Floats]:
    """ln s and -ln(1 - s) of s = 1 / (1 + exp(-score)), finite at any score."""
    return -np.logaddexp(0.0, -score), np.logaddexp(0.0, score)
