"""Probabilistic and deflated Sharpe ratios against published and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from quantsig.backtest.significance.deflation import (
    Moments,
    expected_maximum,
    independent_trials,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
)
from quantsig.backtest.statistics.figures import UndefinedFigure

# the worked example of Bailey and López de Prado 2014: a yearly Sharpe ratio of 2.5 over five
# years of 250 days, the best of 100 trials whose yearly Sharpe ratios have a variance of 1/2
PUBLISHED = Moments(sharpe=2.5 / math.sqrt(250), periods=1250, skew=-3.0, kurtosis=10.0)


def test_expected_maximum_of_the_published_case() -> None:
    """.1132 a day."""
    assert expected_maximum(100, 0.5 / 250) == pytest.approx(0.1132, abs=5e-5)


def test_deflated_sharpe_of_the_published_case() -> None:
    """.9004."""
    deflated = probabilistic_sharpe(PUBLISHED, expected_maximum(100, 0.5 / 250))
    assert deflated == pytest.approx(0.9004, abs=5e-5)


def test_deflated_sharpe_of_the_published_case_with_46_trials() -> None:
    """The same paper: 46 independent trials would have left a confidence of 95 %."""
    deflated = probabilistic_sharpe(PUBLISHED, expected_maximum(46, 0.5 / 250))
    assert deflated == pytest.approx(0.9505, abs=5e-5)


def test_probabilistic_sharpe_of_normal_returns() -> None:
    """Phi(SR sqrt(n - 1) / sqrt(1 + SR^2 / 2))."""
    seen = Moments(sharpe=0.1, periods=401, skew=0.0, kurtosis=3.0)
    expected = norm.cdf(0.1 * 20 / math.sqrt(1 + 0.005))
    assert probabilistic_sharpe(seen) == pytest.approx(expected, abs=1e-12)


def test_the_minimum_track_record_is_where_the_probability_reaches_95_percent() -> None:
    """One definition in terms of the other, with skew and tails."""
    needed = minimum_track_record(PUBLISHED)
    longer = Moments(sharpe=PUBLISHED.sharpe, periods=1000, skew=-3.0, kurtosis=10.0)
    z = norm.ppf(probabilistic_sharpe(longer)) / math.sqrt(999)  # of one more session
    assert needed == pytest.approx(1 + (norm.ppf(0.95) / z) ** 2, rel=1e-9)


def test_a_sharpe_ratio_below_zero_is_never_proven() -> None:
    """No length is enough."""
    with pytest.raises(UndefinedFigure, match="not above zero"):
        minimum_track_record(Moments(sharpe=-0.1, periods=100, skew=0.0, kurtosis=3.0))


def test_a_single_trial_is_not_deflated() -> None:
    """The best of one is that one."""
    assert expected_maximum(1, 0.5) == 0.0


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e6))
def test_more_trials_never_lower_the_bar(few: float, more: float) -> None:
    """The expected maximum grows with the trials, and is never below zero."""
    few, more = sorted((few, more))
    assert 0.0 <= expected_maximum(few, 0.01) <= expected_maximum(more, 0.01)


def test_expected_maximum_is_that_of_simulated_trials() -> None:
    """The best of 50 standard normals, over 20,000 draws."""
    best = np.random.default_rng(37).normal(size=(20_000, 50)).max(axis=1).mean()
    assert expected_maximum(50, 1.0) == pytest.approx(best, rel=0.02)


@pytest.mark.parametrize(
    ("correlation", "independent"), [(0.0, 100.0), (1.0, 1.0), (0.5, 50.5), (-0.2, 100.0)]
)
def test_correlated_trials_count_as_fewer(correlation: float, independent: float) -> None:
    """r + (1 - r) M."""
    assert independent_trials(100, correlation) == pytest.approx(independent)


def test_moments_are_those_of_the_returns() -> None:
    """Returns of 3 % and -1 % in turn: no skew, and the least kurtosis there is."""
    seen = moments(np.tile([0.03, -0.01], 50))
    assert seen.sharpe == pytest.approx(0.01 / (0.02 * math.sqrt(100 / 99)))
    assert seen.periods == 100
    assert seen.skew == pytest.approx(0.0)
    assert seen.kurtosis == pytest.approx(1.0)
