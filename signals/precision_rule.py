"""The lowest threshold whose precision is known to reach a target, with a stated confidence.

The smallest threshold that reached the target on the calibration rows is no such threshold: it
was picked among many for its luck. Here the thresholds stand in an order that is fixed before a
label is looked at, the highest first, and are tested one after the other; the first that fails
ends it. However many are tested, the chance that any that passed is bad stays below one test's
(Bauer 1991, "Multiple testing in clinical trials"; Angelopoulos, Bates, Candes, Jordan and Lei
2021, "Learn then test: calibrating predictive algorithms to achieve risk control", fixed
sequence testing).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom

from quantsig.data.errors import DataError
from quantsig.signals.thinning import GAP, Thinned, thin

Floats = NDArray[np.float64]
FEWEST_KEPT = 20  # thinned samples that the first tested threshold selects
CANDIDATES = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Tested:
    """One threshold of the sequence."""

    threshold: float
    kept: int  # thinned samples at or above it
    hits: int  # of them events
    p_value: float  # chance of so many hits if the precision were the target at best
    low: float  # the precision is above this, with the confidence asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """What the sequence found.

    Attributes:
        target: the precision asked for.
        confidence: with which it is promised.
        threshold: the lowest safe one; None where none is safe.
        reason: why none is, a sentence; empty otherwise.
        tested: in the order of the tests; where one failed it is the last.
        windows: how many independent stretches of time there were.
    """

    target: float
    confidence: float
    threshold: float | None
    reason: str
    tested: tuple[Tested, ...]
    windows: int


def promise_precision(
    score: Floats,
    happened: NDArray[np.bool_],
    window: NDArray[np.int64],
    *,
    target: float,
    confidence: float = 0.9,
    thresholds: Floats | None = None,
) -> Promise:
    """Test thresholds downwards until one cannot be shown to reach the target.

    The p-value of a threshold is the exact binomial tail P(X >= hits), X ~ B(kept, target), of
    its thinned samples; it passes at 1 - confidence, which is the same as a one-sided bound of
    Clopper and Pearson (1934) above the target. The promise holds for rows drawn like these:
    a market that changes voids it.

    Args:
        score: (n,) of the calibration rows, no NaN.
        happened: (n,) whether the event happened.
        window: (n,) as `thinning.windows` gives it.
        target: precision, within 0..1.
        confidence: that the precision of the chosen threshold is the target or more, within 0..1.
        thresholds: (k,) descending, fixed without the labels; by default `descending(score)`.

    Raises:
        DataError: a score is NaN.
    """
    if np.isnan(score).any():
        raise DataError(
            f"{int(np.isnan(score).sum())} of {len(score)} scores are no numbers.",
            where="the calibration split",
            remedy="Train again with a lower learning rate.",
        )
    grid = descending(score[window != GAP]) if thresholds is None else thresholds
    tested: list[Tested] = []
    safe = None
    for thinned in thin(score, happened, window, grid):
        if thinned.kept < FEWEST_KEPT and not tested:
            continue
        tested.append(_test(thinned, target, confidence))
        if tested[-1].p_value > 1.0 - confidence:
            break
        safe = thinned.threshold
    return Promise(
        target=target,
        confidence=confidence,
        threshold=safe,
        reason="" if safe is not None else _reason(tested, target, confidence),
        tested=tuple(tested),
        windows=int(window.max(initial=GAP)) + 1,
    )


def descending(score: Floats, most: int = CANDIDATES) -> Floats:
    """Scores that occur, descending: `most` of them where so many are distinct, fewer for ties.

    The number of rows above them grows geometrically, by one row at first.
    """
    rows = len(score)
    most = min(most, rows)
    if not rows:
        return np.empty(0)
    above = np.maximum(np.rint(np.geomspace(1, rows, most)), np.arange(1, most + 1))
    chosen: Floats = np.unique(np.sort(score)[rows - above.astype(np.int64)])[::-1]
    return chosen


def clopper_pearson_low(hits: int, trials: int, confidence: float) -> float:
    """One-sided lower bound of a binomial share (Clopper and Pearson 1934); 0 without hits."""
    return float(beta.ppf(1.0 - confidence, hits, trials - hits + 1)) if hits else 0.0


def _test(thinned: Thinned, target: float, confidence: float) -> Tested:
    return Tested(
        threshold=thinned.threshold,
        kept=thinned.kept,
        hits=thinned.hits,
        p_value=float(binom.sf(thinned.hits - 1, thinned.kept, target)),
        low=clopper_pearson_low(thinned.hits, thinned.kept, confidence),
    )


def _reason(tested: list[Tested], target: float, confidence: float) -> str:
    if not tested:
        return f"no threshold selects {FEWEST_KEPT} independent samples"
    first = tested[0]
    return (
        f"{first.hits} of {first.kept} independent samples above {first.threshold:.4g} were "
        f"events, which shows a precision above {first.low:.1%} only, not {target:.1%}, with "
        f"{confidence:.0%} confidence"
    )
