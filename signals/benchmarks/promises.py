"""Calibration sets whose truth is known, and how often a promise made on them is broken."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.signal import lfilter
from scipy.special import expit
from scipy.stats import binom

from quantsig.data.benchmarks.measured import Measured
from quantsig.data.benchmarks.scale import Scale
from quantsig.signals.label_days import DAY
from quantsig.signals.precision_rule import FEWEST_KEPT, descending, promise_precision
from quantsig.signals.thinning import thin, windows

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CONFIDENCE = 0.9
TRUTH_ROWS = 400_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """A world to draw calibration sets from.

    A score is a standard normal, part of it shared by all symbols of a day and carried over to
    the next day; the log-odds of the event rise with it and with a shock that all symbols and
    all days of a label's run share. Where crowds are hollow they rise with a symbol's own part
    alone, so that days with many high scores are days of false alarms.
    """

    base_rate: float
    days: int
    symbols: int
    quality: float  # slope of the log-odds on the score
    crowding: float  # share of a score's variance that a day's symbols share
    shock: float  # standard deviation of the shared shock, log-odds
    label_days: int  # a label's run
    wanted_share: float  # the target is the true precision of this share of the rows
    hollow: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """One set, (n,) each, in the order of time."""

    score: Floats
    happened: NDArray[np.bool_]
    decided: Integers  # microseconds
    ended: Integers


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """Precision and recall of every threshold in a market, over very many rows."""

    scores: Floats  # ascending
    hits_above: Floats  # events at or above each of them
    intercept: float

    def precision(self, threshold: float) -> float:
        """Share of events among the rows at or above the threshold."""
        at = min(int(np.searchsorted(self.scores, threshold)), len(self.scores) - 1)
        return float(self.hits_above[at] / (len(self.scores) - at))

    def recall(self, threshold: float) -> float:
        """Share of the events at or above the threshold."""
        at = min(int(np.searchsorted(self.scores, threshold)), len(self.scores) - 1)
        return float(self.hits_above[at] / self.hits_above[0])


def markets() -> list[Market]:
    """Base rates, sizes, qualities and dependence, every pair of them."""
    sizes = ((500, 1), (2000, 1), (500, 20), (2000, 5))
    worlds = product((0.05, 0.1, 0.3), sizes, (0.7, 1.5), ((0.0, 0.0, 1), (0.3, 0.7, 1)))
    found = [
        Market(
            base_rate=rate,
            days=days,
            symbols=symbols,
            quality=quality,
            crowding=crowding,
            shock=shock,
            label_days=run,
            wanted_share=(0.05, 0.2, 0.5)[number % 3],
        )
        for number, (rate, (days, symbols), quality, (crowding, shock, run)) in enumerate(worlds)
    ]
    dependent = [market for market in found if market.shock]
    overlapping = [replace(market, label_days=5, wanted_share=0.2) for market in dependent]
    hollow = [replace(market, hollow=True) for market in dependent]
    return found + overlapping + hollow


def draw(market: Market, intercept: float, random: np.random.Generator) -> Draw:
    """A calibration set of a market."""
    shape = (market.days, market.symbols)
    fresh = random.standard_normal(market.days)
    carry = 0.8 if market.label_days > 1 else 0.0
    common = lfilter([np.sqrt(1 - carry**2)], [1.0, -carry], fresh)
    own = random.standard_normal(shape)
    own *= np.sqrt(1 - market.crowding)
    score = np.sqrt(market.crowding) * common[:, None] + own
    shocks = random.standard_normal(market.days + market.label_days)
    run = np.ones(market.label_days) / np.sqrt(market.label_days)
    shock = market.shock * np.convolve(shocks, run, mode="valid")[: market.days]
    cause = own if market.hollow else score
    probability = expit(intercept + market.quality * cause + shock[:, None])
    decided = np.repeat(np.arange(market.days) * DAY, market.symbols)
    return Draw(
        score=score.ravel(),
        happened=(random.random(shape) < probability).ravel(),
        decided=decided,
        ended=decided + market.label_days * DAY,
    )


def truth(market: Market, seed: int = 0) -> Truth:
    """What holds in a market: precision and recall over 400,000 rows of very many days."""
    random = np.random.default_rng(seed)
    many = replace(market, days=TRUTH_ROWS, symbols=1)
    slope = market.quality * np.sqrt(1 - market.crowding if market.hollow else 1.0)
    noise = np.hypot(slope, market.shock) * random.standard_normal(20_000)
    intercept = float(brentq(lambda c: expit(c + noise).mean() - market.base_rate, -20, 20))
    drawn = draw(many, intercept, random)
    order = np.argsort(drawn.score)
    above = np.cumsum(drawn.happened[order][::-1], dtype=np.float64)[::-1]
    return Truth(scores=drawn.score[order], hits_above=above, intercept=intercept)


def measure(scale: Scale) -> Measured:
    """How often the promise is broken, and what it costs in recall."""
    found = judge(RULES, scale.calibration_sets)
    rule, mapie = found["promised"], found["reference"]
    missing = {} if mapie.recall else {"recall_ratio": "no set had a safe threshold"}
    return Measured(
        figures={
            "violations": rule.violations,
            "none_share": rule.none_share,
            "recall_ratio": rule.recall / mapie.recall if mapie.recall else None,
            "naive_violations": found["naive"].violations,
        },
        missing=missing,
        details={
            "sets": rule.sets,
            "recall": rule.recall,
            "mapie_recall": mapie.recall,
            "all_rows_recall": found["unthinned"].recall,
            "all_rows_violations": found["unthinned"].violations,
        },
        remarks=(
            "The goal of violations is the nominal 10 %; three standard errors more are chance.",
            "all_rows: the same tests on rows that are not thinned, as if they were independent.",
            "mapie's p-values and order are computed as mapie 1.6 does; the tests compare with it.",
        ),
    )


Rule = Callable[[Draw, float], float | None]


def promised(drawn: Draw, target: float) -> float | None:
    """The threshold of the precision rule."""
    window = windows(drawn.decided, drawn.ended)
    return promise_precision(
        drawn.score, drawn.happened, window, target=target, confidence=CONFIDENCE
    ).threshold


def naive(drawn: Draw, target: float) -> float | None:
    """The lowest threshold whose precision on these rows is the target or more."""
    order = np.argsort(-drawn.score)
    precision = np.cumsum(drawn.happened[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(precision >= target)
    return float(drawn.score[order][reached[-1]]) if len(reached) else None


def unthinned(drawn: Draw, target: float) -> float | None:
    """The same tests on all rows, as if they were independent."""
    return promise_precision(
        drawn.score,
        drawn.happened,
        np.arange(len(drawn.score)),
        target=target,
        confidence=CONFIDENCE,
    ).threshold


def reference(drawn: Draw, target: float) -> float | None:
    """mapie's fixed sequence on the grid, start and thinned samples of the rule."""
    window = windows(drawn.decided, drawn.ended)
    grid = descending(drawn.score[window >= 0])
    safe = None
    started = False
    for thinned in thin(drawn.score, drawn.happened, window, grid):
        started = started or thinned.kept >= FEWEST_KEPT
        if not started:
            continue
        if hoeffding_bentkus(thinned.hits, thinned.kept, target) > 1.0 - CONFIDENCE:
            break
        safe = thinned.threshold
    return safe


def hoeffding_bentkus(hits: int, trials: int, target: float) -> float:
    """The p-value of mapie 1.6 for a binary loss (Angelopoulos et al. 2021, section 3.2).

    The lesser of Hoeffding's bound and the binomial tail of the misses.
    """
    risk, allowed = 1.0 - hits / trials, 1.0 - target
    low = min(risk, allowed)
    divergence = sum(
        p * np.log(p / q) if p > 0 else 0.0 for p, q in ((low, allowed), (1 - low, 1 - allowed))
    )
    tail = binom.cdf(np.ceil(trials * risk), trials, allowed)
    return float(min(np.exp(-trials * divergence), tail))


RULES: dict[str, Rule] = {
    "promised": promised,
    "naive": naive,
    "reference": reference,
    "unthinned": unthinned,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """How a rule did over many sets."""

    sets: int
    broken: int  # sets whose threshold has less than the target in truth
    none: int  # sets without a threshold
    recall: float  # true recall, mean over all sets, 0 where there was none

    @property
    def violations(self) -> float:
        """Share of all sets in which the promise was broken."""
        return self.broken / self.sets

    @property
    def none_share(self) -> float:
        """Share of all sets without an answer."""
        return self.none / self.sets


def trials(sets: int, seed: int = 0) -> Iterator[tuple[Draw, float, Truth]]:
    """Sets of all markets in turn, each with its target and the truth."""
    worlds = markets()
    random = np.random.default_rng(seed)
    for number, market in enumerate(worlds):
        share = sets // len(worlds) + (number < sets % len(worlds))
        if not share:
            continue
        known = truth(market, seed=number + 1)
        target = known.precision(float(np.quantile(known.scores, 1 - market.wanted_share)))
        for _ in range(share):
            yield draw(market, known.intercept, random), target, known


def judge(rules: Mapping[str, Rule], sets: int, seed: int = 0) -> dict[str, Kept]:
    """Let every rule choose on the same sets.

    Returns:
        How each did, by name.
    """
    chosen: dict[str, list[tuple[float | None, float, Truth]]] = {name: [] for name in rules}
    for drawn, target, known in trials(sets, seed):
        for name, rule in rules.items():
            chosen[name].append((rule(drawn, target), target, known))
    return {name: _count(answers) for name, answers in chosen.items()}


def _count(answers: list[tuple[float | None, float, Truth]]) -> Kept:
    given = [(found, target, known) for found, target, known in answers if found is not None]
    return Kept(
        sets=len(answers),
        broken=sum(known.precision(found) < target for found, target, known in given),
        none=len(answers) - len(given),
        recall=sum(known.recall(found) for found, _, known in given) / len(answers),
    )
