"""A promise of precision is kept in every world, and as much is promised as others dare to."""

import numpy as np
import pytest
from mapie.risk_control.methods import compute_hoeffding_bentkus_p_value
from scipy.stats import binom

from quantsig.data.errors import DataError
from quantsig.signals.benchmarks.thresholds.promises import (
    RIVALS,
    RuleTally,
    hoeffding_bentkus,
    judge,
    promised,
    together,
)
from quantsig.signals.benchmarks.thresholds.worlds import World, worlds
from quantsig.signals.thresholds.precision_rule import (
    binomial_tail,
    clopper_pearson_low,
    descending,
    promise_precision,
)

SIXTY = np.repeat(np.arange(60), 20)  # stretches of twenty rows


def by_family(found: dict[World, RuleTally]) -> dict[str, RuleTally]:
    """All worlds of a family as one."""
    names = {world.family for world in found}
    return {
        name: together(kept for world, kept in found.items() if world.family == name)
        for name in names
    }


def test_the_promise_is_kept_on_simulated_sets() -> None:
    """Two sets of each world, by family; `make soak` takes 300 of each, world by world."""
    kept = by_family(judge({"promised": promised}, worlds(), 2)["promised"])
    assert len(kept) == 11
    for family, one in kept.items():
        assert one.violations <= one.allowed, family
    assert 0 < together(kept.values()).none_share < 1


def test_the_rule_gives_what_the_rule_before_withheld() -> None:
    """Common scores with five-day labels and five-minute bars, a set of each world."""
    crowded = [one for one in worlds() if one.family in ("common", "intraday", "day luck")]
    found = judge(RIVALS, crowded, 1)
    kept = {name: together(of_worlds.values()) for name, of_worlds in found.items()}
    assert kept["thinned"].none_share > 0.7
    assert kept["promised"].none_share < 0.45
    assert kept["promised"].recall > 2 * kept["thinned"].recall
    assert kept["promised"].recall >= 0.85 * kept["reference"].recall
    assert kept["naive"].violations > 0.2


@pytest.mark.soak
def test_the_promise_is_kept_in_every_world() -> None:
    """Dependence of every kind, base rates that wander, five-minute bars, few days."""
    for world, one in judge({"promised": promised}, worlds(), 300, seed=1)["promised"].items():
        assert one.violations <= one.allowed, world


@pytest.mark.soak
def test_more_is_promised_than_by_the_rules_beside_it() -> None:
    """Over all worlds, ten sets of each."""
    found = judge(RIVALS, worlds(), 10, seed=2)
    kept = {name: together(of_worlds.values()) for name, of_worlds in found.items()}
    assert kept["promised"].recall > kept["thinned"].recall
    assert kept["promised"].recall >= 0.85 * kept["reference"].recall
    assert kept["naive"].violations > 0.37


@pytest.mark.parametrize(("hits", "trials"), [(20, 20), (31, 40), (12, 30), (0, 25), (70, 100)])
def test_the_reference_is_the_p_value_of_mapie(hits: int, trials: int) -> None:
    """For a binary loss."""
    theirs = compute_hoeffding_bentkus_p_value(
        np.array([1.0 - hits / trials]), np.array([trials]), np.array([0.4]), binary=True
    )
    assert hoeffding_bentkus(hits, trials, 0.6) == pytest.approx(float(theirs[0, 0]), rel=1e-9)


@pytest.mark.parametrize(("hits", "trials"), [(20, 20), (31, 40), (12, 30), (0, 25), (70, 100)])
def test_the_tail_of_whole_numbers_is_binomial(hits: int, trials: int) -> None:
    """Against scipy; between whole numbers it lies between theirs."""
    assert binomial_tail(hits, trials, 0.6) == pytest.approx(binom.sf(hits - 1, trials, 0.6))
    assert binomial_tail(16.5, 20, 0.6) == pytest.approx(0.03, abs=0.01)  # .0510 and .0160


def test_the_bound_of_clopper_and_pearson() -> None:
    """All of n hits: the bound at 95 % is .05 to the power of 1/n."""
    assert clopper_pearson_low(10, 10, 0.95) == pytest.approx(0.05 ** (1 / 10))
    assert clopper_pearson_low(0, 10, 0.95) == 0.0


def test_a_crowd_counts_as_one_row() -> None:
    """1,200 rows of sixty stretches, 70 % hits: each its own luck, or all of a stretch the same."""
    random = np.random.default_rng(3)
    score = np.full(1200, 0.5)
    alone = promise_precision(score, random.random(1200) < 0.7, SIXTY, target=0.5).tested[0]
    assert (alone.signals, alone.threshold) == (1200, 0.5)
    crowds = promise_precision(score, np.repeat(random.random(60) < 0.7, 20), SIXTY, target=0.5)
    assert crowds.tested[0].kept < 60
    assert 120 < alone.kept < 1200


def test_a_wandering_base_rate_widens_the_promise() -> None:
    """Thirty good stretches after thirty bad ones: few independent rows, and it is said."""
    chance = np.where(SIXTY < 30, 0.55, 0.75)
    happened = np.random.default_rng(0).random(1200) < chance
    found = promise_precision(np.full(1200, 0.5), happened, SIXTY, target=0.55)
    steady = promise_precision(
        np.full(1200, 0.5), np.random.default_rng(1).permutation(happened), SIXTY, target=0.55
    )
    assert found.regimes is not None
    assert steady.regimes is not None
    assert found.regimes.seen > 0.95
    assert steady.regimes.seen < 0.5
    assert found.tested[0].kept < 0.1 * steady.tested[0].kept
    assert found.threshold is None
    assert steady.threshold == 0.5


def test_the_first_failure_ends_the_sequence() -> None:
    """The lower threshold would pass, and is not tested."""
    score = np.tile(np.repeat([3.0, 2.0, 1.0], [2, 3, 15]), 60)
    happened = score != 2.0
    found = promise_precision(score, happened, SIXTY, target=0.6)
    assert found.threshold == 3.0
    assert [step.threshold for step in found.tested] == [3.0, 2.0]


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (150, 150), (1000, 200), (10**5, 200)])
def test_the_grid_has_as_many_thresholds_as_asked_for(rows: int, expected: int) -> None:
    """Scores that occur, descending, from the highest to the lowest."""
    score = np.random.default_rng(0).random(rows)
    grid = descending(score)
    assert len(grid) == expected
    assert set(grid) <= set(score)
    assert (grid[0], grid[-1]) == (score.max(), score.min())
    assert (np.diff(grid) < 0).all()


def test_no_threshold_is_safe_is_an_answer() -> None:
    """It says what was seen instead."""
    found = promise_precision(np.ones(1200), np.arange(1200) % 2 == 0, SIXTY, target=0.6)
    assert found.threshold is None
    assert "50.0% of the 1200 signals above 1" in found.reason


def test_too_few_stretches_are_no_evidence() -> None:
    """Nineteen of them, a thousand hits."""
    stretch = np.repeat(np.arange(19), 100)
    found = promise_precision(np.ones(1900), np.ones(1900, bool), stretch, target=0.6)
    assert found.threshold is None
    assert found.tested == ()
    assert "20 stretches" in found.reason


def test_scores_that_are_no_numbers_are_refused() -> None:
    """With their count."""
    with pytest.raises(DataError, match="1 of 2"):
        promise_precision(np.array([np.nan, 1]), np.ones(2, bool), np.arange(2), target=0.5)
