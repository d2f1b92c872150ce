"""How often a promise of precision is broken, on simulated sets whose truth is known."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.signals.benchmarks.thresholds.thinning import GAP, thin, windows
from quantsig.signals.benchmarks.thresholds.worlds import Draw, Truth, World, sets, worlds
from quantsig.signals.significance.stretches import stretches
from quantsig.signals.thresholds.precision_rule import descending, promise_precision
from quantsig.signals.thresholds.rules import CONFIDENCE

Floats = NDArray[np.float64]

FEWEST_KEPT = 20  # thinned samples that the first threshold of a rival selects
RIVAL_SHARE = 10  # the others judge one set of so many

Rule = Callable[[Draw, float], float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleTally:
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
    def broken_of_given(self) -> float | None:
        """Share of the promises that were given; None where none was."""
        given = self.sets - self.none
        return self.broken / given if given else None

    @property
    def none_share(self) -> float:
        """Share of all sets without an answer."""
        return self.none / self.sets

    @property
    def allowed(self) -> float:
        """The promised rate of violations plus three standard errors."""
        nominal = 1.0 - CONFIDENCE
        return nominal + 3.0 * float(np.sqrt(nominal * (1.0 - nominal) / self.sets))


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """What a family of worlds came to, by the rule and by the one it replaced."""

    family: str
    worlds: int
    sets: int  # in all
    violations: float  # of all sets
    worst: float  # of the sets of one world
    over: int  # worlds with more violations than promised, three standard errors allowed
    of_given: float | None  # violations, of the promises given
    none: float  # share of sets without one
    recall: float
    thinned_violations: float
    thinned_none: float
    thinned_recall: float


def measure(scale: Scale) -> BenchmarkFigures:
    """How often the promise is broken in each world, and what it costs in recall."""
    per_world = scale.promises_a_world
    rivals = max(1, per_world // RIVAL_SHARE)
    all_worlds = worlds()[:: scale.world_step]
    found = judge({"promised": promised}, all_worlds, per_world)["promised"]
    beside = judge(RIVALS, all_worlds, rivals)
    rule, mapie = together(found.values()), together(beside["reference"].values())
    same = together(beside["promised"].values())
    missing = {} if mapie.recall else {"recall_ratio": "no set had a safe threshold"}
    return BenchmarkFigures(
        figures={
            "violations": rule.violations,
            "worlds_over": float(sum(kept.violations > kept.allowed for kept in found.values())),
            "broken_of_given": rule.broken_of_given,
            "none_share": rule.none_share,
            "recall_ratio": same.recall / mapie.recall if mapie.recall else None,
            "naive_violations": together(beside["naive"].values()).violations,
        },
        missing=missing | ({} if rule.broken_of_given is not None else NONE_GIVEN),
        details={
            "sets": rule.sets,
            "sets_a_world": per_world,
            "sets_a_world_of_others": rivals,
            "recall": rule.recall,
            "mapie_recall": mapie.recall,
            "families": [asdict(one) for one in families(found, beside["thinned"])],
        },
        remarks=(
            "worst: the world with the most violations; over: worlds with more than the nominal "
            "10 % plus three standard errors.",
            "thinned: the rule before, exact tests on one row a window; mapie's p-values and order "
            "are computed on those as mapie 1.6 does, and the tests compare with it.",
        ),
    )


NONE_GIVEN = {"broken_of_given": "no promise was given"}


def promised(drawn: Draw, target: float) -> float | None:
    """The threshold of the precision rule."""
    stretch = stretches(drawn.decided, drawn.ended)
    return promise_precision(
        drawn.score, drawn.happened, stretch, target=target, confidence=CONFIDENCE
    ).threshold


def naive(drawn: Draw, target: float) -> float | None:
    """The lowest threshold whose precision on these rows is the target or more."""
    order = np.argsort(-drawn.score)
    precision = np.cumsum(drawn.happened[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(precision >= target)
    return float(drawn.score[order][reached[-1]]) if len(reached) else None


def thinned(drawn: Draw, target: float) -> float | None:
    """Exact tests on at most one row a window of days."""
    return _on_thinned(
        drawn,
        lambda hits, kept: float(binom.sf(hits - 1, kept, target)),  # P(X >= hits)
    )


def reference(drawn: Draw, target: float) -> float | None:
    """mapie's fixed sequence on thinned samples."""
    return _on_thinned(drawn, lambda hits, kept: hoeffding_bentkus(hits, kept, target))


def _on_thinned(drawn: Draw, p_value: Callable[[int, int], float]) -> float | None:
    window = windows(drawn.decided, drawn.ended)
    grid = descending(drawn.score[window != GAP])
    safe = None
    started = False
    for step in thin(drawn.score, drawn.happened, window, grid):
        started = started or step.kept >= FEWEST_KEPT
        if not started:
            continue
        if p_value(step.hits, step.kept) > 1.0 - CONFIDENCE:
            break
        safe = step.threshold
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


RIVALS: dict[str, Rule] = {
    "promised": promised,
    "thinned": thinned,
    "naive": naive,
    "reference": reference,
}


def judge(
    rules: Mapping[str, Rule], judged: Iterable[World], count: int, seed: int = 0
) -> dict[str, dict[World, RuleTally]]:
    """Let every rule choose on the same sets, so many of each world.

    Returns:
        How each did in each world, by name.
    """
    found: dict[str, dict[World, RuleTally]] = {name: {} for name in rules}
    for number, world in enumerate(judged):
        chosen: dict[str, list[tuple[float | None, float, Truth]]] = {name: [] for name in rules}
        for drawn, target, known in sets(world, count, seed=1000 * seed + number):
            for name, rule in rules.items():
                chosen[name].append((rule(drawn, target), target, known))
        for name, answers in chosen.items():
            found[name][world] = _count(answers)
    return found


def together(parts: Iterable[RuleTally]) -> RuleTally:
    """All worlds as one."""
    parts = list(parts)
    count = sum(part.sets for part in parts)
    return RuleTally(
        sets=count,
        broken=sum(part.broken for part in parts),
        none=sum(part.none for part in parts),
        recall=sum(part.recall * part.sets for part in parts) / count,
    )


def families(found: Mapping[World, RuleTally], before: Mapping[World, RuleTally]) -> list[Family]:
    """What each family of worlds came to, by name."""
    rows = []
    for name, group in groupby(
        sorted(found, key=lambda world: world.family), key=lambda world: world.family
    ):
        members = list(group)
        kept = [found[world] for world in members]
        now, then = together(kept), together(before[world] for world in members)
        rows.append(
            Family(
                family=name,
                worlds=len(members),
                sets=now.sets,
                violations=now.violations,
                worst=max(one.violations for one in kept),
                over=sum(one.violations > one.allowed for one in kept),
                of_given=now.broken_of_given,
                none=now.none_share,
                recall=now.recall,
                thinned_violations=then.violations,
                thinned_none=then.none_share,
                thinned_recall=then.recall,
            )
        )
    return rows


def _count(answers: list[tuple[float | None, float, Truth]]) -> RuleTally:
    given = [(found, target, known) for found, target, known in answers if found is not None]
    return RuleTally(
        sets=len(answers),
        broken=sum(known.precision(found) < target for found, target, known in given),
        none=len(answers) - len(given),
        recall=sum(known.recall(found) for found, _, known in given) / len(answers),
    )
