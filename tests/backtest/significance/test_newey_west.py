"""Newey-West errors by hand, by plain loops and on simulated overlaps."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantsig.backtest.significance.newey_west import long_run_sum, mean_t, trades_t
from quantsig.backtest.statistics.figures import UndefinedFigure

series = st.lists(st.floats(-1, 1), min_size=2, max_size=30)


def by_loops(values: list[float], lag: int) -> float:
    """The double sum over all pairs, with Bartlett's weights."""
    return math.fsum(
        max(1 - abs(i - j) / (lag + 1), 0) * first * second
        for i, first in enumerate(values)
        for j, second in enumerate(values)
    )


def test_by_hand() -> None:
    """1, -1, 2 with one lag: 6 + 2 * 1/2 * (-1 - 2)."""
    assert long_run_sum(np.array([1.0, -1.0, 2.0]), 1) == pytest.approx(3.0)


@given(series, st.integers(0, 40))
def test_the_sum_over_pairs(values: list[float], lag: int) -> None:
    """Whatever the lag, also beyond the length."""
    assert long_run_sum(np.array(values), lag) == pytest.approx(by_loops(values, lag), abs=1e-10)


def test_without_overlap_it_is_the_plain_t() -> None:
    """Mean over standard deviation (ddof 0) times the root of n."""
    values = np.array([0.02, -0.01, 0.03, 0.01])
    expected = values.mean() / values.std() * 2
    assert mean_t(values, 0) == pytest.approx(expected, abs=1e-10)


def test_trades_one_at_a_bar_are_a_series() -> None:
    """The same t as that of the returns in the order of time."""
    values = np.random.default_rng(1).normal(0.01, 0.02, 50)
    assert trades_t(values, np.arange(50), 50, 4) == pytest.approx(mean_t(values, 4), abs=1e-10)


def test_equal_trades_at_the_same_bar_count_as_one() -> None:
    """Ten copies of every trade are no more evidence than one."""
    values = np.random.default_rng(1).normal(0.01, 0.02, 50)
    copies = trades_t(np.repeat(values, 10), np.repeat(np.arange(50), 10), 50, 0)
    assert copies == pytest.approx(mean_t(values, 0), abs=1e-10)


def test_trades_against_the_sum_over_pairs() -> None:
    """Trades in any order at 40 bars: pairs weigh by how far their bars lie apart."""
    random = np.random.default_rng(2)
    values, bars = random.normal(0.01, 0.02, 30), random.integers(0, 40, 30)
    away = values - values.mean()
    weights = np.maximum(1 - np.abs(bars[:, None] - bars[None, :]) / 6, 0)
    expected = values.sum() / math.sqrt(away @ weights @ away)
    assert trades_t(values, bars, 40, 5) == pytest.approx(expected, abs=1e-10)


def test_overlapping_returns_are_not_taken_for_more_evidence() -> None:
    """Five-step sums of noise, taken at every step: the t has about unit variance, not five."""
    random = np.random.default_rng(3)
    ts, naive = [], []
    for _ in range(300):
        steps = random.normal(size=404)
        sums = np.convolve(steps, np.ones(5), "valid")
        ts.append(mean_t(sums, 8))
        naive.append(mean_t(sums, 0))
    assert np.std(ts) < 1.35
    assert np.std(naive) > 1.9


@pytest.mark.parametrize("values", [[], [0.1], [0.1, 0.1, 0.1]])
def test_too_little_to_judge_by(values: list[float]) -> None:
    """No value, one value, or no variation."""
    with pytest.raises(UndefinedFigure):
        mean_t(np.array(values), 1)
