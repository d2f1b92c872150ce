"""Random trades of given lengths."""

import numpy as np
import pytest

from quantsig.backtest.random_entries import p_value, random_entries

LENGTHS = np.array([15, 1, 15, 7, 15, 4])


def test_every_trade_is_drawn_once_in_each_draw() -> None:
    """Each draw is an order of the same trades, each as long as the one it imitates."""
    drawn = random_entries(LENGTHS, 200, 1, 300, np.random.default_rng(1))
    assert (np.sort(drawn.trades, axis=1) == np.arange(6)).all()
    assert (drawn.exit_bars - drawn.entry_bars == LENGTHS[drawn.trades]).all()


def test_no_two_trades_overlap_and_all_lie_within_the_bars() -> None:
    """The next begins where the last ended, or later."""
    drawn = random_entries(LENGTHS, 200, 1, 300, np.random.default_rng(1))
    assert (drawn.entry_bars[:, 1:] >= drawn.exit_bars[:, :-1]).all()
    assert drawn.entry_bars.min() >= 1
    assert drawn.exit_bars.max() <= 200


def test_random_entries_reach_the_whole_period() -> None:
    """One trade of 15 bars begins anywhere from bar 1 to bar 185."""
    drawn = random_entries(LENGTHS[:1], 200, 1, 5000, np.random.default_rng(1))
    assert set(drawn.entry_bars[:, 0]) == set(range(1, 186))


def test_p_value_counts_the_strategy_itself() -> None:
    """Of four draws one is as good: (1 + 1) / (1 + 4); never zero."""
    draws = np.array([0.1, 0.2, 0.3, 0.4])
    assert p_value(draws, 0.4) == pytest.approx(2 / 5)
    assert p_value(draws, 9.0) == pytest.approx(1 / 5)
