"""The probability of backtest overfitting, against the definition, noise and planted skill."""

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quantsig.backtest.significance.overfitting import overfitting, overfitting_from_blocks
from quantsig.data.errors import ConfigError, DataError

Floats = NDArray[np.float64]
DAYS = np.arange(640)


def noise(seed: int, strategies: int = 40, skill: float = 0.0) -> Floats:
    """Returns of strategies of which the first may earn `skill` deviations a day."""
    returns = np.random.default_rng(seed).normal(0.0, 0.01, (strategies, len(DAYS)))
    returns[0] += skill * 0.01
    return returns


def logits_by_definition(returns: Floats, blocks: int) -> list[float]:
    """CSCV as its paper says it, one split after the other."""
    parts = np.split(returns, blocks, axis=1)
    found = []
    for chosen in combinations(range(blocks), blocks // 2):
        here = np.concatenate([parts[b] for b in chosen], axis=1)
        there = np.concatenate([parts[b] for b in range(blocks) if b not in chosen], axis=1)
        best = int(np.argmax(here.mean(axis=1) / here.std(axis=1)))
        sharpe = there.mean(axis=1) / there.std(axis=1)
        share = (sharpe <= sharpe[best]).sum() / (len(returns) + 1)
        found.append(float(np.log(share / (1 - share))))
    return found


@pytest.mark.parametrize("blocks", [4, 8])
def test_logits_are_those_of_the_definition(blocks: int) -> None:
    """Every way to take half of the blocks, once."""
    returns = noise(1, strategies=7)
    expected = logits_by_definition(returns, blocks)
    found = overfitting(returns, DAYS, blocks=blocks)
    assert np.sort(found.logits) == pytest.approx(np.sort(expected), abs=1e-12)
    assert found.probability == np.mean(np.array(expected) <= 0)
    assert (found.splits, found.blocks, found.strategies) == (len(expected), blocks, 7)


def test_noise_is_a_coin_toss() -> None:
    """The mean of 50 draws lies within .4 and .6."""
    found = [overfitting(noise(seed), DAYS).probability for seed in range(50)]
    assert 0.4 <= np.mean(found) <= 0.6


def test_planted_skill_is_no_overfitting() -> None:
    """One strategy earns .3 deviations a day more than the others: below .05."""
    found = overfitting(noise(2, skill=0.3), DAYS)
    assert found.probability < 0.05
    assert found.loss_probability < 0.05


def test_the_chosen_of_noise_loses_as_often_as_it_wins() -> None:
    """Half of the draws lose in the other half of the time."""
    losses = [overfitting(noise(seed), DAYS, blocks=8).loss_probability for seed in range(50)]
    assert 0.4 <= np.mean(losses) <= 0.6


def test_blocks_of_unequal_length_are_weighed() -> None:
    """Moments of the blocks give what the returns give."""
    returns = noise(3)[:, :637]
    edges = np.rint(np.linspace(0, 637, 17)).astype(int)
    parts = [returns[:, a:b] for a, b in pairwise(edges)]
    sums = np.stack([part.sum(axis=1) for part in parts], axis=1)
    squares = np.stack([(part**2).sum(axis=1) for part in parts], axis=1)
    counts = np.array([part.shape[1] for part in parts])
    found = overfitting_from_blocks(sums, squares, counts)
    assert found.probability == overfitting(returns, DAYS[:637]).probability


def test_equal_strategies_share_their_rank() -> None:
    """A copy of the best one is neither above nor below it."""
    returns = np.repeat(noise(4, strategies=1), 2, axis=0)
    assert overfitting(returns, DAYS, blocks=4).logits == pytest.approx(np.zeros(6))


def test_strategies_that_never_trade_are_left_out() -> None:
    """They have no Sharpe ratio to be ranked by."""
    returns = noise(5, strategies=9)
    idle = np.concatenate([returns, np.zeros((4, len(DAYS)))])
    assert overfitting(idle, DAYS).probability == overfitting(returns, DAYS).probability


@pytest.mark.parametrize(
    ("returns", "times", "said"),
    [
        (noise(6).T, DAYS, "transposed"),
        (noise(6), DAYS[:100], "a column a time"),
        (np.full((3, 640), np.nan), DAYS, "Leave out"),
        (noise(6)[:1], DAYS, "more settings"),
        (noise(6)[:, :20], DAYS[:20], "longer time"),
    ],
)
def test_matrices_that_make_no_sense_are_refused(returns: Any, times: Any, said: str) -> None:
    """In three lines, the last of which says what to give."""
    with pytest.raises(DataError) as caught:
        overfitting(returns, times)
    assert said in caught.value.remedy


def test_an_odd_number_of_blocks_has_no_halves() -> None:
    """The setting is named."""
    with pytest.raises(ConfigError, match="blocks cannot be 7"):
        overfitting(noise(7), DAYS, blocks=7)


def test_moments_that_do_not_fit_the_blocks_are_refused() -> None:
    """Blocks x strategies is the wrong way round."""
    sums = np.ones((16, 40))
    with pytest.raises(DataError, match="do not fit 16 blocks"):
        overfitting_from_blocks(sums, sums, np.full(16, 40))
