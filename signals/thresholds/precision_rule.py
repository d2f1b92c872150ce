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
from scipy.special import betainc, betaincinv, ndtri, stdtrit

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.significance.intervals import effective_rows
from quantsig.signals.significance.regimes import Regimes, find_regimes
from quantsig.signals.significance.stretches import effective_stretches

Floats = NDArray[np.float64]
FEWEST_STRETCHES = 20  # effective ones, that hold signals of the first tested threshold
CANDIDATES = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class ThresholdTest:
    """One threshold of the sequence."""

    threshold: float
    signals: int  # rows at or above it
    kept: float  # independent signals that say as much
    hits: float  # of them events
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
        windows: how many stretches of time there were.
        regimes: what was judged of them; None where there was nothing to test.
    """

    target: float
    confidence: float
    threshold: float | None
    reason: str
    tested: tuple[ThresholdTest, ...]
    windows: int
    regimes: Regimes | None = None


def promise_precision(
    score: Floats,
    happened: NDArray[np.bool_],
    stretch: NDArray[np.int64],
    *,
    target: float,
    confidence: float = 0.9,
    thresholds: Floats | None = None,
) -> Promise:
    """Test thresholds downwards until one cannot be shown to reach the target.

    All rows at or above a threshold count, as so many independent ones as say as much: see
    `independent_signals`. The p-value is the binomial tail P(X >= hits), X ~ B(kept, target), of
    those, by the incomplete beta function where they are not whole (Korn and Graubard 1998,
    "Confidence intervals for proportions with small expected number of positive counts estimated
    from survey data"). It passes at 1 - confidence, which is the same as a one-sided bound of
    Clopper and Pearson (1934) above the target. The promise is of the precision in the long run,
    over regimes like those that were seen: a market that changes for good voids it.

    Args:
        score: (n,) of the calibration rows, no NaN.
        happened: (n,) whether the event happened.
        stretch: (n,) as `stretches` gives it.
        target: precision, within 0..1.
        confidence: that the precision of the chosen threshold is the target or more, within 0..1.
        thresholds: (k,) descending, fixed without the labels; by default `descending(score)`.

    Raises:
        DataError: a score is NaN.
    """
    if np.isnan(score).any():
        raise DataError(
            phrase(
                "{wrong} of {scores} scores are no numbers.",
                wrong=int(np.isnan(score).sum()),
                scores=len(score),
            ),
            where=term("the calibration split"),
            remedy="Train again with a lower learning rate.",
        )
    grid = descending(score) if thresholds is None else thresholds
    count = int(stretch.max(initial=-1)) + 1
    signals, hits = _sums(score, happened, stretch, grid)
    enough = effective_stretches(signals) >= FEWEST_STRETCHES
    tested: list[ThresholdTest] = []
    safe = regimes = None
    if enough.any():
        regimes = find_regimes(score, happened, stretch)
        kept = independent_signals(signals, hits, regimes, target, confidence)
        for place in range(int(enough.argmax()), len(grid)):
            counts = signals[:, place].sum(), hits[:, place].sum(), kept[place]
            tested.append(_test(float(grid[place]), counts, target, confidence))
            if tested[-1].p_value > 1.0 - confidence:
                break
            safe = tested[-1].threshold
    return Promise(
        target=target,
        confidence=confidence,
        threshold=safe,
        reason="" if safe is not None else _reason(tested, target, confidence),
        tested=tuple(tested),
        windows=count,
        regimes=regimes,
    )


def independent_signals(
    signals: Floats, hits: Floats, regimes: Regimes, target: float, confidence: float
) -> Floats:
    """How many independent signals would say as much about the precision as these.

    Three things make them fewer. Labels that overlap, symbols that move together and days of
    their own luck show in the spread between stretches; see `effective_rows`. That spread is
    known from few stretches: the count is multiplied by the square of the normal quantile over
    that of Student's t (Korn and Graubard 1998). And regimes that outlast a stretch add their
    share v of the variance of the log-odds: k become k / (1 + k q (1 - q) v) at a precision q.

    Args:
        signals: (b, k) of each stretch, at each threshold.
        hits: (b, k) of them events.
        regimes: as found on all rows.
        target: the precision q at which they are weighed.
        confidence: of the quantiles, one-sided.

    Returns:
        (k,), 0 where there are no signals.
    """
    total = signals.sum(axis=0)
    freedom = np.maximum(effective_stretches(signals) - 1.0, 1.0)
    few = (ndtri(confidence) / stdtrit(freedom, confidence)) ** 2 if confidence != 0.5 else 1.0
    known = effective_rows(hits, signals) * few
    wandering = regimes.variance(signals / np.maximum(total, 1.0))
    found: Floats = known / (1.0 + known * target * (1.0 - target) * wandering)
    return found


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


def clopper_pearson_low(hits: float, rows: float, confidence: float) -> float:
    """One-sided lower bound of a binomial share (Clopper and Pearson 1934); 0 without hits.

    Hits and rows need not be whole.
    """
    if hits <= 0:
        return 0.0
    return float(betaincinv(hits, rows - hits + 1.0, 1.0 - confidence))


def binomial_tail(hits: float, rows: float, share: float) -> float:
    """P(X >= hits) of X ~ B(rows, share); hits and rows need not be whole."""
    return float(betainc(hits, rows - hits + 1.0, share)) if hits > 0 else 1.0


def _sums(
    score: Floats, happened: NDArray[np.bool_], stretch: NDArray[np.int64], grid: Floats
) -> tuple[Floats, Floats]:
    """(b, k) rows at or above each threshold in each stretch, and their events."""
    count, width = int(stretch.max(initial=-1)) + 1, len(grid) + 1
    below = np.searchsorted(-grid, -score, side="left")  # thresholds that the score stays under
    cell = stretch * width + below

    def above(weights: Floats | None) -> Floats:
        rows = np.bincount(cell, weights=weights, minlength=count * width)
        summed: Floats = np.cumsum(rows.reshape(count, width), axis=1, dtype=np.float64)[:, :-1]
        return summed

    return above(None), above(happened.astype(np.float64))


def _test(
    threshold: float, counts: tuple[float, float, float], target: float, confidence: float
) -> ThresholdTest:
    signals, events, kept = counts
    hits = kept * events / signals
    return ThresholdTest(
        threshold=threshold,
        signals=int(signals),
        kept=float(kept),
        hits=float(hits),
        p_value=binomial_tail(hits, kept, target),
        low=clopper_pearson_low(hits, kept, confidence),
    )


def _reason(tested: list[ThresholdTest], target: float, confidence: float) -> str:
    if not tested:
        return SignalsSentence.FEW_STRETCHES(n=FEWEST_STRETCHES)
    first = tested[0]
    return SignalsSentence.PRECISION_NOT_SHOWN(
        share=first.hits / first.kept,
        signals=first.signals,
        threshold=float(first.threshold),
        kept=first.kept,
        low=first.low,
        target=target,
        confidence=confidence,
    )
