"""Worlds to draw calibration sets from, whose precision is known at every threshold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.signal import lfilter
from scipy.special import expit, ndtr, ndtri, roots_hermitenorm

from quantsig.signals.significance.label_days import DAY

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BAR = DAY // 288  # five minutes
OPEN = 9 * DAY // 24
CARRIED_BY_DAY, CARRIED_BY_BAR = 0.8, 0.9  # of a score to the next, where labels overlap
WARM_UP = 50  # steps before the first row
NODES, NODE_WEIGHTS = roots_hermitenorm(31)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A world to draw calibration sets from.

    A score is a standard normal, part of it shared by all symbols of a time and carried over to
    the next; the log-odds of the event rise with it and with a shock that all symbols and all
    times of a label's run share. Where crowds are hollow they rise with a symbol's own part
    alone, so that days with many high scores are days of false alarms. A symbol's own luck is
    shared by its labels that overlap, too. With several bars a day labels end within the day.
    """

    family: str
    base_rate: float
    days: int
    symbols: int
    quality: float  # slope of the log-odds on the score
    wanted_share: float  # the target is the true precision of this share of the rows
    crowding: float = 0.0  # share of a score's variance that the symbols of a time share
    shock: float = 0.0  # standard deviation of the shared shock, log-odds
    label_run: int = 1  # days, or bars where a day has several
    hollow: bool = False
    regime: float = 0.0  # standard deviation of a level that wanders from day to day, log-odds
    half_life: float = 1.0  # of that level, days
    fading: bool = False  # the level is of scores above 1 alone
    bars: int = 1  # of a day
    day_luck: float = 0.0  # standard deviation of a level of each day, log-odds


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """One set, (n,) each, in the order of time."""

    score: Floats
    happened: NDArray[np.bool_]
    decided: Integers  # microseconds
    ended: Integers


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """Precision and recall of every threshold in a world, in the long run."""

    scores: Floats  # ascending
    precisions: Floats
    recalls: Floats
    intercept: float

    def precision(self, threshold: float) -> float:
        """Share of events among the rows at or above the threshold."""
        return float(np.interp(threshold, self.scores, self.precisions))

    def recall(self, threshold: float) -> float:
        """Share of the events at or above the threshold."""
        return float(np.interp(threshold, self.scores, self.recalls))


def worlds() -> list[World]:
    """Every world that the promise is to hold in."""
    return [
        *stationary(),
        *common_scores(),
        *regimes(),
        *dependent_regimes(),
        *fading_scores(),
        *intraday(),
    ]


def stationary() -> list[World]:
    """Base rates, sizes, qualities and dependence, every pair of them: 96 daily worlds."""
    sizes = ((500, 1), (2000, 1), (500, 20), (2000, 5))
    found = [
        World(
            family="dependent" if shock else "independent",
            base_rate=rate,
            days=days,
            symbols=symbols,
            quality=quality,
            crowding=crowding,
            shock=shock,
            wanted_share=(0.05, 0.2, 0.5)[number % 3],
        )
        for number, (rate, (days, symbols), quality, (crowding, shock)) in enumerate(
            product((0.05, 0.1, 0.3), sizes, (0.7, 1.5), ((0.0, 0.0), (0.3, 0.7)))
        )
    ]
    dependent = [world for world in found if world.shock]
    overlapping = [
        replace(world, family="overlapping", label_run=5, wanted_share=0.2) for world in dependent
    ]
    return found + overlapping + [replace(one, family="hollow", hollow=True) for one in dependent]


def common_scores() -> list[World]:
    """Many symbols of nearly the same score, labels of five days: 56 windows that share none."""
    return [
        World(
            family="common",
            base_rate=rate,
            days=500,
            symbols=50,
            quality=quality,
            crowding=0.6,
            shock=0.7,
            label_run=5,
            wanted_share=share,
        )
        for rate, quality, share in product((0.1, 0.3), (0.7, 1.5), (0.1, 0.3))
    ]


def regimes() -> list[World]:
    """A base rate that wanders: 15 half-lives and sizes, over sets of several lengths."""
    sizes = ((500, 5), (500, 20), (1000, 1), (300, 20), (1000, 5))
    return [
        World(
            family="regimes",
            base_rate=(0.1, 0.3, 0.5)[(number + number // 3) % 3],
            days=sizes[2 * number % 5][0],
            symbols=sizes[2 * number % 5][1],
            quality=(0.7, 1.5)[number % 2],
            wanted_share=(0.2, 0.5, 0.1)[number // 3 % 3],
            regime=deviation,
            half_life=half_life,
        )
        for number, (half_life, deviation) in enumerate(
            product((34.0, 49.0, 69.0, 97.0, 140.0), (0.3, 0.4, 0.5))
        )
    ]


def dependent_regimes() -> list[World]:
    """A base rate that wanders under labels that overlap, and from day to day of short bars."""
    daily = World(
        family="regimes and more",
        base_rate=0.3,
        days=500,
        symbols=20,
        quality=1.5,
        wanted_share=0.2,
        crowding=0.3,
        shock=0.5,
        label_run=5,
        regime=0.4,
        half_life=69.0,
    )
    short = replace(daily, days=60, symbols=5, crowding=0.0, shock=0.3, label_run=6, bars=48)
    return [
        daily,
        replace(daily, days=300, half_life=97.0),
        replace(short, half_life=10.0),
        replace(short, half_life=30.0),
    ]


def fading_scores() -> list[World]:
    """What a high score is worth wanders, while the base rate hardly does."""
    return [
        World(
            family="fading",
            base_rate=0.3,
            days=days,
            symbols=symbols,
            quality=1.0,
            wanted_share=0.1,
            regime=deviation,
            half_life=half_life,
            fading=True,
        )
        for days, symbols, deviation, half_life in (
            (500, 20, 0.4, 69.0),
            (500, 5, 0.4, 69.0),
            (1000, 5, 0.3, 34.0),
            (1000, 5, 0.5, 140.0),
        )
    ]


def intraday() -> list[World]:
    """Five-minute bars, 48 a day, of 60 days and of fewer; days with luck of their own."""
    found = [
        World(
            family="day luck" if luck else "intraday",
            base_rate=(0.3, 0.5, 0.1)[number % 3],
            days=60,
            symbols=symbols,
            quality=(0.7, 1.5)[number % 2],
            crowding=0.3 if symbols > 1 else 0.0,
            shock=0.3,
            label_run=run,
            wanted_share=(0.2, 0.1, 0.3)[number // 2 % 3],
            bars=48,
            day_luck=luck,
        )
        for number, (symbols, run, luck) in enumerate(product((1, 5, 20), (1, 6, 12), (0.0, 0.5)))
    ]
    short = [
        replace(world, family="few days", days=days)
        for days, world in zip((20, 12) * 6, found[6:], strict=True)
    ]
    return found + short


def draw(world: World, intercept: float, random: np.random.Generator) -> Draw:
    """A calibration set of a world."""
    times = world.days * world.bars
    carry = CARRIED_BY_BAR if world.bars > 1 else CARRIED_BY_DAY if world.label_run > 1 else 0.0
    common = _carried(random.standard_normal((times + WARM_UP, 1)), carry)
    own = random.standard_normal((times + WARM_UP, world.symbols))
    own = (_carried(own, carry) if world.bars > 1 else own[WARM_UP:]) * np.sqrt(1 - world.crowding)
    score = np.sqrt(world.crowding) * common + own
    shock = world.shock * _shared(random.standard_normal((times + world.label_run, 1)), world)
    level = np.repeat(_levels(world, random), world.bars)[:, None]
    if world.fading:
        level = level * (score > 1.0)
    cause = own if world.hollow else score
    probability = expit(intercept + world.quality * cause + shock + level)
    luck = random.standard_normal((times + world.label_run, world.symbols))
    decided, ended = _times(world)
    whole = ended >= 0
    return Draw(
        score=score[whole].ravel(),
        happened=(ndtr(_shared(luck, world)[whole]) < probability[whole]).ravel(),
        decided=np.repeat(decided[whole], world.symbols),
        ended=np.repeat(ended[whole], world.symbols),
    )


def truth(world: World) -> Truth:
    """What holds in a world in the long run, by quadrature.

    Given the score, the log-odds are normal: the other part of a hollow score, the shock and the
    levels spread about them.
    """
    scores = np.linspace(-6.0, 6.0, 4001)
    density = np.exp(-(scores**2) / 2)
    density /= density.sum()
    wandering = world.regime**2 * (scores > 1.0 if world.fading else np.ones(len(scores)))
    spread = world.shock**2 + world.day_luck**2 + wandering  # (scores,)
    slope = world.quality
    if world.hollow:
        slope *= 1.0 - world.crowding
        spread = spread + world.quality**2 * world.crowding * (1.0 - world.crowding)
    noise = np.sqrt(spread)[:, None] * NODES

    def chance(intercept: float) -> Floats:
        found: Floats = expit(intercept + slope * scores[:, None] + noise) @ NODE_WEIGHTS
        return found

    intercept = float(brentq(lambda c: float(chance(c) @ density) - world.base_rate, -20, 20))
    rows = np.cumsum(density[::-1])[::-1]
    events = np.cumsum((density * chance(intercept))[::-1])[::-1]
    return Truth(
        scores=scores, precisions=events / rows, recalls=events / events[0], intercept=intercept
    )


def sets(world: World, count: int, seed: int = 0) -> Iterator[tuple[Draw, float, Truth]]:
    """Sets of one world, each with its target and the truth."""
    known = truth(world)
    target = known.precision(float(ndtri(1.0 - world.wanted_share)))
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield draw(world, known.intercept, random), target, known


def _carried(fresh: Floats, carry: float) -> Floats:
    """(times, symbols) a first-order autoregression of variance 1."""
    found: Floats = lfilter([np.sqrt(1.0 - carry**2)], [1.0, -carry], fresh, axis=0)[WARM_UP:]
    return found


def _shared(fresh: Floats, world: World) -> Floats:
    """(times, symbols) sums over a label's run, of variance 1."""
    run = world.label_run
    sums = np.cumsum(np.vstack([np.zeros((1, fresh.shape[1])), fresh]), axis=0)
    found: Floats = (sums[run:-1] - sums[: -run - 1]) / np.sqrt(run)
    return found


def _levels(world: World, random: np.random.Generator) -> Floats:
    """(days,) what the log-odds of a whole day are higher by."""
    carry = 2.0 ** (-1.0 / world.half_life)
    fresh = random.standard_normal(world.days) * np.sqrt(1.0 - carry**2)
    fresh[0] = random.standard_normal()
    wandering = world.regime * lfilter([1.0], [1.0, -carry], fresh)
    levels: Floats = wandering + world.day_luck * random.standard_normal(world.days)
    return levels


def _times(world: World) -> tuple[Integers, Integers]:
    """(times,) when was decided and when the label ends; -1 where that is after its day."""
    day = np.repeat(np.arange(world.days), world.bars) * DAY
    if world.bars == 1:
        return day, day + world.label_run * DAY
    bar = np.tile(np.arange(world.bars), world.days)
    decided = day + OPEN + bar * BAR
    return decided, np.where(
        bar + world.label_run < world.bars, decided + world.label_run * BAR, -1
    )
