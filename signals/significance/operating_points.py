"""After training: whether two operating points differ by more than luck."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.significance.block_bootstrap import FEWEST_BLOCKS, block_weights
from quantsig.signals.significance.intervals import CONFIDENCE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DRAWS = 2000
SEED = 0  # of the draws


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The mean outcome of what one point selects, less that of the other."""

    first: float
    second: float
    difference: float  # first - second
    low: float  # of the interval of the difference
    high: float
    p_value: float  # two-sided, that there is no difference
    stretches: int  # of time that hold rows of either point

    @property
    def differ(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0.0 or self.high < 0.0


def compare_points(
    first: Flags,
    second: Flags,
    outcome: Floats | Flags,
    stretch: NDArray[np.int64],
    *,
    confidence: float = CONFIDENCE,
    draws: int = DRAWS,
) -> Difference:
    """Whether the rows that two points select have the same mean outcome, on the same rows.

    Whole stretches of time are drawn again, all symbols together (Carlstein 1986), and both
    points are judged on each draw: labels that overlap and symbols that move together stay
    together, and what the points share cancels. McNemar's test would not do: it compares right
    and wrong answers to the same rows, which is accuracy, while two points select different
    rows; and it takes rows as independent.

    Args:
        first: (n,) rows that one point selects.
        second: (n,) rows that the other selects, perhaps of another model.
        outcome: (n,) whether the event happened, for precision; or returns, for expectancy.
        stretch: (n,) number of the stretch of time of each row; no shorter than a label runs.
        confidence: of the interval of percentiles.
        draws: of stretches.

    Raises:
        DataError: a point selects nothing, or too few stretches hold signals.
    """
    for selected in (first, second):
        if not selected.any():
            raise _too_little("one of the points selects no row.")
    _, place = np.unique(stretch[first | second], return_inverse=True)
    stretches = int(place.max()) + 1
    if stretches < FEWEST_BLOCKS:
        raise _too_little(
            phrase("the signals lie in {stretches} stretches of time.", stretches=stretches)
        )
    sums = [
        _sums(selected[first | second], outcome[first | second], place)
        for selected in (first, second)
    ]
    weights = block_weights(stretches, draws, SEED)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = [(weights @ total) / (weights @ count) for total, count in sums]
    gap = drawn[0] - drawn[1]
    gap = gap[np.isfinite(gap)]
    if 2 * len(gap) < draws:
        raise _too_little("most draws leave one of the points without a signal.")
    means = [float(total.sum() / count.sum()) for total, count in sums]
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(gap, [tail, 1.0 - tail])
    rarer = min(int((gap <= 0.0).sum()), int((gap >= 0.0).sum()))
    return Difference(
        first=means[0],
        second=means[1],
        difference=means[0] - means[1],
        low=float(low),
        high=float(high),
        p_value=min(2.0 * (rarer + 1) / (len(gap) + 1), 1.0),
        stretches=stretches,
    )


def _sums(
    selected: Flags, outcome: Floats | Flags, place: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Of each stretch: the sum of the selected outcomes, and how many they are."""
    count = np.bincount(place, weights=selected.astype(np.float64))
    total = np.bincount(place, weights=np.where(selected, outcome, 0.0).astype(np.float64))
    return total.astype(np.float64), count.astype(np.float64)


def _too_little(what: str) -> DataError:
    return DataError(
        term(what),
        where=term("the comparison of two operating points"),
        remedy=phrase(
            "It needs signals in {fewest} stretches of time: lower the thresholds, or "
            "use more bars.",
            fewest=FEWEST_BLOCKS,
        ),
    )
