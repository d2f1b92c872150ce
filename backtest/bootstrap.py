"""Intervals by drawing stretches of time again."""

import math
from dataclasses import dataclass

import numpy as np

from quantsig.backtest.figures import Undefined
from quantsig.backtest.market import Floats

BOOTSTRAP_DRAWS = 2_000
CONFIDENCE = 0.95  # of the intervals, two-sided
LEAST_FOR_INTERVAL = 10  # values; fewer resample into nothing but themselves


@dataclass(frozen=True, kw_only=True, slots=True)
class Resampled:
    """Moments of the resamples, (draws,) each."""

    means: Floats
    deviations: Floats  # ddof 1


def resample(values: Floats, *, seed: int) -> Resampled:
    """Moments of dependent values drawn again, given in the order of time.

    Stationary bootstrap (Politis and Romano 1994): blocks of random length, geometric with mean
    n ** (1/3), that begin anywhere and wrap around.

    Args:
        values: (n,).
        seed: of chance.
    """
    count = len(values)
    if count < LEAST_FOR_INTERVAL:
        raise Undefined(f"an interval needs at least {LEAST_FOR_INTERVAL} values")
    random = np.random.default_rng(seed)
    middle = float(values.mean())
    away = np.tile(values - middle, 2)  # twice, as blocks wrap around
    sums, squares = (np.append(0.0, np.cumsum(part)) for part in (away, away * away))
    totals = np.array([_draw(sums, squares, count, random) for _ in range(BOOTSTRAP_DRAWS)])
    shifts = totals[:, 0] / count
    spread = np.maximum(totals[:, 1] - count * shifts**2, 0.0) / (count - 1)
    return Resampled(means=middle + shifts, deviations=np.sqrt(spread))


def mean_interval(values: Floats, *, seed: int) -> tuple[float, float]:
    """Percentile interval of the mean; see `resample`."""
    return _interval(resample(values, seed=seed).means)


def sharpe_interval(returns: Floats, per_year: float, *, seed: int) -> tuple[float, float]:
    """Percentile interval of the yearly Sharpe ratio; see `resample`.

    Resamples whose returns do not vary are left out.

    Args:
        returns: (P,) of the sessions.
        per_year: sessions a year.
        seed: of chance.
    """
    drawn = resample(returns, seed=seed)
    vary = drawn.deviations > 1e-9 * max(1e-3, float(np.abs(returns).max()))
    if not vary.any():
        raise Undefined("the returns do not vary")
    return _interval(drawn.means[vary] / drawn.deviations[vary] * math.sqrt(per_year))


def _draw(
    sums: Floats, squares: Floats, count: int, random: np.random.Generator
) -> tuple[float, float]:
    """Sum and sum of squares of one resample, from running sums over twice the values."""
    mean_length = round(count ** (1.0 / 3.0))
    ends = np.zeros(0, np.int64)
    while not len(ends) or ends[-1] < count:
        lengths = random.geometric(1.0 / mean_length, 2 * count // mean_length + 10)
        ends = np.append(ends, (ends[-1] if len(ends) else 0) + np.cumsum(lengths))
    ends = np.append(ends[ends < count], count)
    starts = random.integers(0, count, len(ends))
    past = starts + np.diff(ends, prepend=0)
    return float((sums[past] - sums[starts]).sum()), float((squares[past] - squares[starts]).sum())


def _interval(drawn: Floats) -> tuple[float, float]:
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return float(low), float(high)
