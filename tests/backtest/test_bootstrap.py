"""Intervals of dependent values."""

import math

import numpy as np
import pytest

from quantsig.backtest.bootstrap import mean_interval, resample, sharpe_interval
from quantsig.backtest.figures import Undefined


def test_few_values_have_no_interval() -> None:
    """Nine values only resample into themselves."""
    with pytest.raises(Undefined, match="at least 10"):
        mean_interval(np.arange(9.0), seed=37)


def test_interval_of_independent_values_has_the_width_of_theory() -> None:
    """The mean of 1,000 unit normals: about 1.96 standard errors to each side."""
    values = np.random.default_rng(37).normal(size=1000)
    low, high = mean_interval(values, seed=37)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(1000), rel=0.15)


def test_interval_of_dependent_values_is_wider() -> None:
    """Runs of five equal values carry a fifth of the information; blocks notice."""
    values = np.random.default_rng(37).normal(size=200)
    alone = mean_interval(values, seed=37)
    runs = mean_interval(np.repeat(values, 5), seed=37)
    naive = (alone[1] - alone[0]) / math.sqrt(5)  # as if all 1,000 were independent
    assert runs[1] - runs[0] > 1.5 * naive


def test_same_seed_same_interval() -> None:
    """The bootstrap is reproducible."""
    values = np.arange(20.0)
    first, second = (mean_interval(values, seed=seed) for seed in (1, 1))
    assert first == second


def test_resamples_are_made_of_the_values() -> None:
    """The mean and deviation of a resample of 0 and 1 fit each other: q of them are ones."""
    drawn = resample(np.tile([0.0, 1.0], 50), seed=37)
    ones = drawn.means * 100
    assert ones == pytest.approx(np.rint(ones), abs=1e-9)
    expected = np.sqrt(ones * (100 - ones) / 100 / 99)
    assert drawn.deviations == pytest.approx(expected, abs=1e-9)


def test_interval_of_the_sharpe_ratio_has_the_width_of_theory() -> None:
    """Of independent normal returns the error is sqrt((1 + SR^2 / 2) / n), times the root."""
    returns = np.random.default_rng(37).normal(0.001, 0.01, 1000)
    low, high = sharpe_interval(returns, 252, seed=37)
    error = math.sqrt((1 + 0.01 / 2) / 1000 * 252)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_returns_that_do_not_vary_have_no_interval() -> None:
    """Every resample is flat."""
    with pytest.raises(Undefined, match="do not vary"):
        sharpe_interval(np.full(50, 0.01), 252, seed=37)
