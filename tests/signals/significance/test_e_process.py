"""Bets against a promised mean, held against closed forms and brute force."""

import numpy as np
import pytest

from quantsig.signals.significance.e_process import LOSSES, SHARES, bets_against, log_capital

FAIR = np.ones(1)


def test_a_bet_is_the_ratio_of_two_likelihoods() -> None:
    """Of p - d and p, for a yes and for a no; the capital is their mean by share."""
    losses, shares = np.array(LOSSES), np.array(SHARES) / sum(SHARES)
    yes = float((shares * (0.6 - losses) / 0.6).sum())
    no = float((shares * (0.4 + losses) / 0.4).sum())
    assert np.exp(log_capital(np.ones(1), FAIR, 0.6)) == pytest.approx([yes])
    assert np.exp(log_capital(np.zeros(1), FAIR, 0.6)) == pytest.approx([no])


@pytest.mark.parametrize("mean", [0.02, 0.3, 0.6, 0.95])
def test_nobody_gains_where_the_promise_is_kept(mean: float) -> None:
    """The expected capital over all 2^8 outcomes of eight windows is 1 exactly."""
    outcomes = (np.arange(256)[:, None] >> np.arange(8)) & 1
    chance = np.prod(np.where(outcomes == 1, mean, 1.0 - mean), axis=1)
    capital = np.exp(log_capital(outcomes.astype(float), np.ones((256, 8)), mean))
    assert (chance[:, None] * capital).sum(axis=0) == pytest.approx(np.ones(8))


def test_capital_is_never_negative() -> None:
    """Whatever comes: no bet stakes more than there is."""
    for mean in (1e-6, 0.01, 0.5, 0.99):
        assert bets_against(mean).lambdas.max() * (1.0 - mean) <= 1.0
        assert np.isfinite(log_capital(np.array([1.0, 0.0]), np.ones(2), mean)).all()


def test_what_counts_for_nothing_changes_nothing() -> None:
    """A weight of 0 bets nothing."""
    found = log_capital(np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0.6)
    assert found[0] == pytest.approx(found[1])


def test_false_alarms_stay_below_the_stated_share() -> None:
    """Looked at after each of 300 windows; 400 times, and three standard errors."""
    seen = (np.random.default_rng(37).random((400, 300)) < 0.6).astype(float)
    alarms = (log_capital(seen, np.ones(seen.shape), 0.6) >= np.log(10.0)).any(axis=1).mean()
    assert alarms <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 400)
    lost = (np.random.default_rng(38).random((400, 300)) < 0.5).astype(float)
    reached = log_capital(lost, np.ones(lost.shape), 0.6) >= np.log(10.0)
    assert np.median(np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, 301)) <= 120


@pytest.mark.parametrize(
    ("mean", "capital"),
    [
        (0.6, [1.3177083333333335, 2.150940178687085, 20.67946889472287, 505.77817209156933]),
        (0.5, [1.2541666666666667, 1.224979029477947, 2.4002720104059274, 5.137642323354351]),
    ],
)
def test_the_capital_is_that_of_confseq(mean: float, capital: list[float]) -> None:
    """`betting.diversified_betting_mart` of confseq 0.0.11, given these bets and their shares.

    Its answers are stored, for its parts in C++ do not build here: m_trunc, theta 0.
    """
    seen = np.array([(7 * i * i + 3 * i) % 11 / 10 for i in range(60)])
    found = np.exp(log_capital(seen, np.ones(60), mean))
    assert found[[0, 9, 29, 59]] == pytest.approx(capital, rel=1e-13)
