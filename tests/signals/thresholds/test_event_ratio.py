"""Events that came over those foreseen, by hand and in worlds of known volatility."""

from math import sqrt

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from quantsig.signals.thresholds.event_ratio import event_ratio
from quantsig.signals.thresholds.scored_rows import ScoredRows

DAY = 86_400_000_000


def scored(
    probability: NDArray[np.float64], happened: NDArray[np.bool_], a_day: int = 1
) -> ScoredRows:
    """So many rows a day, whose labels end within it."""
    decided = np.arange(len(probability), dtype=np.int64) // a_day * DAY
    return ScoredRows(
        probability=probability,
        happened=happened,
        forward_return=np.zeros(len(probability)),
        decided=decided,
        ended=decided + 1,
        symbol=pl.Series("symbol", ["A"] * len(probability)),
    )


def test_the_ratio_by_hand() -> None:
    """.2 + .3 + .5 foresaw one event; two came. One of the rows alone: .5 and one event."""
    rows = scored(np.array([0.2, 0.3, 0.5]), np.array([True, False, True]))
    found = event_ratio(rows)
    assert (found.rows, found.observed) == (3, 2)
    assert found.predicted == pytest.approx(1.0)
    assert found.ratio == pytest.approx(2.0)
    assert (found.low, found.high) == (None, None)  # three days are no ten stretches
    last = event_ratio(rows, np.array([False, False, True]))
    assert last.ratio == pytest.approx(2.0)
    assert (last.rows, last.observed) == (1, 1)


def test_nothing_foreseen_has_no_ratio() -> None:
    """Probabilities of zero; it is not infinite."""
    rows = scored(np.zeros(50), np.ones(50, dtype=bool))
    assert event_ratio(rows).ratio is None
    assert event_ratio(rows, np.zeros(50, dtype=bool)).ratio is None


def test_the_interval_is_as_wide_as_theory_says() -> None:
    """With one probability p the ratio's error is sqrt((1 - p) / (n p)); 1.645 of them a side."""
    p, n = 0.2, 4000
    happened = np.random.default_rng(5).random(n) < p
    found = event_ratio(scored(np.full(n, p), happened, a_day=5))
    assert found.low is not None
    assert found.high is not None
    theory = 2 * 1.645 * sqrt((1 - p) / (n * p))
    assert found.high - found.low == pytest.approx(theory, rel=0.15)


def test_days_that_go_together_widen_it() -> None:
    """Ten rows of a day that share one outcome say as much as one."""
    random = np.random.default_rng(6)
    day = np.repeat(random.random(400) < 0.3, 10)
    apart = random.random(4000) < 0.3
    said = np.full(4000, 0.3)
    together, alone = (event_ratio(scored(said, came, 10)) for came in (day, apart))
    widths = [found.high - found.low for found in (together, alone) if found.high and found.low]
    assert widths[0] / widths[1] == pytest.approx(sqrt(10), rel=0.25)


@pytest.mark.parametrize(("factor", "sign"), [(1.6, 1), (1.0, 0), (0.6, -1)])
def test_a_market_more_or_less_volatile_shows(factor: float, sign: int) -> None:
    """A rise of 1.28 deviations is said to come in 10 %; it comes as often as the normal says."""
    random = np.random.default_rng(7)
    limit = float(ndtri(0.9))
    moves = factor * random.standard_normal(3000)
    found = event_ratio(scored(np.full(3000, 0.1), moves > limit, a_day=3))
    truth = float(ndtr(-limit / factor)) / 0.1
    assert found.low is not None
    assert found.high is not None
    assert found.low < truth < found.high
    assert found.off is (sign != 0)
    assert (found.low > 1.0) - (found.high < 1.0) == sign
