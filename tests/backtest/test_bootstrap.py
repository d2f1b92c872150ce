"""Intervals of dependent values."""

import math

import numpy as np
import pytest

from quantsig.backtest.bootstrap import bootstrap_interval
from quantsig.backtest.figures import Undefined
from quantsig.backtest.trade_statistics import mean


def test_few_values_have_no_interval() -> None:
    """Nine values only resample into themselves."""
    with pytest.raises(Undefined, match="at least 10"):
        bootstrap_interval(np.arange(9.0), mean, seed=37)


def test_interval_of_independent_values_has_the_width_of_theory() -> None:
    """The mean of 1,000 unit normals: about 1.96 standard errors to each side."""
    values = np.random.default_rng(37).normal(size=1000)
    low, high = bootstrap_interval(values, mean, seed=37)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(1000), rel=0.15)


def test_interval_of_dependent_values_is_wider() -> None:
    """Runs of five equal values carry a fifth of the information; blocks notice."""
    values = np.random.default_rng(37).normal(size=200)
    alone = bootstrap_interval(values, mean, seed=37)
    runs = bootstrap_interval(np.repeat(values, 5), mean, seed=37)
    naive = (alone[1] - alone[0]) / math.sqrt(5)  # as if all 1,000 were independent
    assert runs[1] - runs[0] > 1.5 * naive


def test_same_seed_same_interval() -> None:
    """The bootstrap is reproducible."""
    values = np.arange(20.0)
    first, second = (bootstrap_interval(values, mean, seed=seed) for seed in (1, 1))
    assert first == second
