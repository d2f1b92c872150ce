"""How often a watched promise is called broken: where it is kept, and where it is not."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.progress import Progress, silent
from quantsig.signals.benchmarks.forward.worlds import WORLDS, ForwardWorld, Windows, simulate, thin
from quantsig.signals.significance.confidence_sequence import log_mixture, share_sequence
from quantsig.signals.significance.e_process import log_capital
from quantsig.signals.significance.intervals import wilson_bounds
from quantsig.signals.thresholds.rules import CONFIDENCE

Floats = NDArray[np.float64]

PROMISED = 0.6
LOST = 0.1  # of the precision, where the promise is not kept
SPARE = 1.15  # times the moments that the windows take on average
AT_ONCE = 250  # simulations
SEED = 37
WIDTHS = (100, 1000)  # windows, at which the sequence is laid beside Wilson's interval


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedWorld:
    """What watching came to in one world."""

    world: str
    false_alarms: float  # share of simulations in which a kept promise was called broken
    covered: float  # share in which the sequence held the precision at every look
    found_in: float  # windows until a precision ten points lower is called broken, median
    found: float  # share in which it ever was


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """False alarms, power and coverage over all looks, world by world."""
    sims, windows = scale.forward_tests, scale.forward_windows
    rows = []
    for number, world in enumerate(WORLDS):
        rows.append(watch(world, sims, windows))
        progress(number + 1, len(WORLDS))
    return BenchmarkFigures(
        figures={
            "false_alarms": max(row.false_alarms for row in rows),
            "median_windows": next(row.found_in for row in rows if row.world == "independent"),
            "coverage": min(row.covered for row in rows),
        },
        details={
            "simulations": sims,
            "windows": windows,
            "fixed_sample_windows": fixed_sample_windows(1.0 - CONFIDENCE),
            **{f"width_over_wilson_at_{n}": width_over_wilson(n) for n in WIDTHS},
            "worlds": [asdict(row) for row in rows],
        },
        remarks=(
            "fixed_sample_windows: an exact test that looks once, at a number of windows fixed "
            "before, finds the same loss in half of all cases; looked at after each it would cry "
            "wolf far more often than stated.",
        ),
    )


def watch(world: ForwardWorld, sims: int, windows: int) -> WatchedWorld:
    """Watch a promise in one world, kept and not, after each window."""
    random = np.random.default_rng(SEED)
    alarms, covered, found = [], [], []
    for first in range(0, sims, AT_ONCE):
        some = min(AT_ONCE, sims - first)
        kept = _windows(world, PROMISED, some, windows, random)
        alarms.append(_broken(kept))
        covered.append(_covered(kept))
        found.append(_broken(_windows(world, PROMISED - LOST, some, windows, random)))
    reached = np.concatenate(found)
    return WatchedWorld(
        world=world.name,
        false_alarms=float((np.concatenate(alarms) > 0).mean()),
        covered=float(np.concatenate(covered).mean()),
        found_in=float(np.median(np.where(reached > 0, reached, windows + 1))),
        found=float((reached > 0).mean()),
    )


def fixed_sample_windows(alpha: float) -> int:
    """The fewest windows at which one exact test finds the loss in half of all cases."""
    for count in range(1, 10_000):
        critical = int(binom.ppf(alpha, count, PROMISED))
        while critical >= 0 and binom.cdf(critical, count, PROMISED) > alpha:
            critical -= 1
        if binom.cdf(critical, count, PROMISED - LOST) >= 0.5:
            return count
    raise AssertionError


def width_over_wilson(windows: int) -> float:
    """How many times as wide the sequence is as an interval for one look, at the promise."""
    hits, trials = np.array([PROMISED * windows]), np.array([float(windows)])
    ends = share_sequence(hits, trials, 1.0 - CONFIDENCE)
    low, high = wilson_bounds(hits, trials, CONFIDENCE)
    return float((ends.high - ends.low)[0] / (high - low)[0])


def _windows(
    world: ForwardWorld, precision: float, sims: int, windows: int, random: np.random.Generator
) -> Windows:
    moments = windows * world.overlap
    if world.silent:  # a window waits for the next moment with a signal
        waits = world.silent / (1.0 - world.silent)
        moments = int(windows * (world.overlap + waits) * SPARE) + 50
    return thin(simulate(world, precision, sims, moments, random), windows)


def _weights(world_windows: Windows) -> Floats:
    """What a window counts: by its signals over those of a usual one, at most 1."""
    signals = world_windows.signals
    usual = float(np.median(signals[signals > 0]))
    return np.minimum(signals / usual, 1.0)


def _broken(drawn: Windows) -> NDArray[np.int64]:
    """(sims,) windows until the promise is called broken; 0 where it never is."""
    shares = drawn.hits / np.maximum(drawn.signals, 1.0)
    capital = log_capital(shares, _weights(drawn), PROMISED)
    reached = capital >= -np.log(1.0 - CONFIDENCE)
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, 0)


def _covered(drawn: Windows) -> NDArray[np.bool_]:
    """(sims,) whether the sequence holds the precision after every window."""
    weights = _weights(drawn)
    hits = np.cumsum(weights * drawn.hits / np.maximum(drawn.signals, 1.0), axis=1)
    about = log_mixture(np.full(hits.shape, PROMISED), hits, np.cumsum(weights, axis=1))
    inside: NDArray[np.bool_] = (about < -np.log(1.0 - CONFIDENCE)).all(axis=1)
    return inside
