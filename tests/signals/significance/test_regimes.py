"""Whether regimes are found where they are, and what they add to a variance."""

import numpy as np
import pytest
from scipy.special import expit

from quantsig.signals.significance.regimes import DEVIATIONS, Level, Regimes, find_regimes

ROWS = 100
STRETCH = np.repeat(np.arange(60), ROWS)


def judged(level: np.ndarray, seed: int) -> Regimes:
    """Rows of random scores whose log-odds a stretch's level moves."""
    random = np.random.default_rng(seed)
    score = random.standard_normal(len(STRETCH))
    happened = random.random(len(STRETCH)) < expit(score + level[STRETCH])
    return find_regimes(score, happened, STRETCH)


def wandering(deviation: float, half_life: float, seed: int) -> np.ndarray:
    """A first-order autoregression, from its definition."""
    random = np.random.default_rng(seed)
    carry = 0.5 ** (1 / half_life)
    level = [deviation * random.standard_normal()]
    for _ in range(59):
        fresh = deviation * np.sqrt(1 - carry**2) * random.standard_normal()
        level.append(carry * level[-1] + fresh)
    return np.array(level)


def test_none_are_seen_where_there_are_none() -> None:
    """Twenty sets; on average it is less likely than before that there are any."""
    seen = [judged(np.zeros(60), seed) for seed in range(20)]
    assert np.mean([one.seen for one in seen]) < 0.35
    assert np.mean([one.deviation for one in seen]) < 0.2


def test_regimes_are_seen_and_measured() -> None:
    """Of .5 with a half-life of ten stretches, in nine of ten sets."""
    found = [judged(wandering(0.5, 10, seed), seed) for seed in range(20)]
    assert sum(one.seen > 0.9 for one in found) >= 18
    assert np.mean([one.deviation for one in found]) == pytest.approx(0.55, abs=0.15)


def test_luck_of_single_stretches_is_no_regime() -> None:
    """What varies from one stretch to the next is noise, which the spread shows anyway."""
    random = np.random.default_rng(0)
    seen = [judged(0.4 * random.standard_normal(60), seed).seen for seed in range(20)]
    assert np.mean(seen) < 0.5


def test_a_score_that_follows_the_level_explains_it() -> None:
    """Then nothing is left to wander."""
    level = wandering(0.8, 10, 3)
    random = np.random.default_rng(3)
    score = level[STRETCH] + 0.01 * random.standard_normal(len(STRETCH))
    happened = random.random(len(STRETCH)) < expit(score)
    assert find_regimes(score, happened, STRETCH).seen < 0.5


def test_equal_scores_do_not_hide_regimes() -> None:
    """All rows are one bin, whatever their order in time."""
    happened = np.random.default_rng(0).random(len(STRETCH)) < expit(wandering(1.0, 15, 1))[STRETCH]
    assert find_regimes(np.ones(len(STRETCH)), happened, STRETCH).seen > 0.99


def test_the_variance_by_hand() -> None:
    """A deviation of .5 for sure; halves in neighbours, half-life 1: 2 x 1/2 x 1/2 x .25 / 2."""
    weights = np.zeros((1, len(DEVIATIONS)))
    weights[0, 5] = 1.0
    assert DEVIATIONS[5] == pytest.approx(0.5)
    sure = Level(weights=weights, half_lives=np.array([1.0]))
    share = np.array([[0.5, 1.0, 0.5], [0.5, 0.0, 0.0], [0.0, 0.0, 0.5]])
    assert sure.variance(share).tolist() == pytest.approx([0.0625, 0.0, 0.03125])
    assert sure.deviation == pytest.approx(0.5)
    none = Level(weights=np.eye(1, len(DEVIATIONS)), half_lives=np.array([1.0]))
    both = Regimes(levels=(none, sure))
    assert both.variance(share).tolist() == sure.variance(share).tolist()
    assert (both.seen, none.seen) == (1.0, 0.0)


def test_regimes_of_high_scores_alone_are_seen() -> None:
    """The base rate hardly moves, but what a score in the highest sixth is worth does."""
    random = np.random.default_rng(0)
    score = random.standard_normal(len(STRETCH))
    level = wandering(1.0, 15, 1)[STRETCH] * (score > 1)
    happened = random.random(len(STRETCH)) < expit(score + level)
    every, high = find_regimes(score, happened, STRETCH).levels
    assert every.seen < 0.8
    assert high.seen > 0.9


def test_regimes_last_as_long_in_other_stretches() -> None:
    """Half-lives of stretches that are three times as short are three times as many."""
    found = judged(np.zeros(60), 0)
    shorter = found.rescaled(3.0)
    assert (shorter.levels[0].half_lives / found.levels[0].half_lives).tolist() == 4 * [3.0]
