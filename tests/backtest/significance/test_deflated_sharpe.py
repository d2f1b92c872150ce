"""A Sharpe ratio among all that was tried."""

import numpy as np
import pytest

from quantsig.backtest.significance.deflated_sharpe import deflated
from quantsig.backtest.significance.deflation import expected_maximum, moments, probabilistic_sharpe
from quantsig.backtest.significance.trials import SweepEntry, Trials

RETURNS = np.random.default_rng(37).normal(0.001, 0.01, 500)


def test_a_strategy_alone_is_not_deflated() -> None:
    """The deflated ratio is the probabilistic one against zero."""
    found = deflated(RETURNS, Trials(traded={"this": 0.1}))
    assert (found.trials, found.expected_maximum) == (1, 0.0)
    assert found.deflated_sharpe == found.probabilistic_sharpe
    assert found.how.startswith("Nothing else was tried")


def test_trials_and_their_correlation_enter() -> None:
    """A hundred cells of correlation .5 and this one: about 51 independent strategies."""
    sweep = SweepEntry(cells=100, sharpe_mean=0.0, sharpe_variance=0.002, average_correlation=0.5)
    trials = Trials(traded={"this": 0.0}, sweeps={"s": sweep})
    found = deflated(RETURNS, trials)
    shared = 0.5 * 100 * 99 / (101 * 100)
    independent = shared + (1 - shared) * 101
    highest = expected_maximum(independent, 0.002 * 99 / 100)
    assert found.independent_trials == pytest.approx(independent)
    assert found.expected_maximum == pytest.approx(highest)
    assert found.deflated_sharpe == pytest.approx(probabilistic_sharpe(moments(RETURNS), highest))


def test_unknown_sharpe_ratios_are_taken_as_those_without_skill() -> None:
    """Their variance over 500 sessions is 1 / 499, and it is said that it was assumed."""
    found = deflated(RETURNS, Trials(traded={"this": 0.1}, untraded=frozenset("abc")))
    assert found.sharpe_variance == pytest.approx(1 / 499)
    assert "as without skill" in found.how


def test_the_sentence_says_what_was_counted() -> None:
    """How many of which kind, and how many independent ones they amount to."""
    sweep = SweepEntry(cells=20, sharpe_mean=0.0, sharpe_variance=0.1, average_correlation=1.0)
    trials = Trials(traded={"a": 0.1, "b": 0.2}, untraded=frozenset("c"), sweeps={"s": sweep})
    how = deflated(RETURNS, trials).how
    assert "23 strategies were tried on these rows, this one included" in how
    assert "2 traded, 1 searched or chosen but not traded, 20 cells of sweeps" in how


def test_returns_that_do_not_vary_have_no_deflated_sharpe() -> None:
    """The reason stands beside."""
    found = deflated(np.zeros(50), Trials(traded={"this": None}))
    assert found.deflated_sharpe is None
    assert found.missing["deflated_sharpe"] == "the returns do not vary"
