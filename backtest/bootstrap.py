"""Intervals by drawing stretches of time again."""

from collections.abc import Callable, Iterator

import numpy as np

from quantsig.backtest.figures import Undefined
from quantsig.backtest.market import Floats, Integers

BOOTSTRAP_DRAWS = 2_000
CONFIDENCE = 0.95  # of the intervals, two-sided
LEAST_FOR_INTERVAL = 10  # values; fewer resample into nothing but themselves


def bootstrap_interval(
    values: Floats, statistic: Callable[[Floats], float], *, seed: int
) -> tuple[float, float]:
    """Percentile interval of a statistic of dependent values, in the order of time.

    Stationary bootstrap (Politis and Romano 1994): blocks of random length, geometric with mean
    n ** (1/3), that wrap around. Resamples for which the statistic is undefined are left out.

    Returns:
        The ends of the two-sided interval of `CONFIDENCE`.
    """
    if len(values) < LEAST_FOR_INTERVAL:
        raise Undefined(f"an interval needs at least {LEAST_FOR_INTERVAL} values")
    drawn = []
    for rows in _resamples(len(values), seed):
        try:
            drawn.append(statistic(values[rows]))
        except Undefined:
            continue
    if not drawn:
        raise Undefined("the returns do not vary")
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return float(low), float(high)


def _resamples(count: int, seed: int) -> Iterator[Integers]:
    """Row numbers of the stationary bootstrap, `BOOTSTRAP_DRAWS` times (count,)."""
    random = np.random.default_rng(seed)
    restart_chance = 1.0 / round(count ** (1.0 / 3.0))
    rows = np.arange(count)
    for _ in range(BOOTSTRAP_DRAWS):
        restart = random.random(count) < restart_chance
        restart[0] = True
        origin = np.maximum.accumulate(np.where(restart, rows, 0))
        starts = random.integers(0, count, count)
        yield (starts[origin] + rows - origin) % count
