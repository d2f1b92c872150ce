"""Random trades of given lengths."""

import numpy as np
import pytest
from numpy.typing import NDArray

from quantsig.backtest.random_entries import RandomEntries, p_value, random_entries

LENGTHS = np.array([15, 1, 15, 7, 15, 4])


def draws(lengths: NDArray[np.int64], count: int) -> list[RandomEntries]:
    """Trades of the given lengths on 200 bars, drawn so often."""
    random = np.random.default_rng(1)
    return [random_entries(lengths, 200, 1, random) for _ in range(count)]


def test_every_trade_is_drawn_once_in_each_draw() -> None:
    """Each draw is an order of the same trades, each as long as the one it imitates."""
    for drawn in draws(LENGTHS, 300):
        assert sorted(drawn.trades) == list(range(6))
        assert (drawn.exit_bars - drawn.entry_bars == LENGTHS[drawn.trades]).all()


def test_no_two_trades_overlap_and_all_lie_within_the_bars() -> None:
    """The next begins where the last ended, or later."""
    for drawn in draws(LENGTHS, 300):
        assert (drawn.entry_bars[1:] >= drawn.exit_bars[:-1]).all()
        assert drawn.entry_bars[0] >= 1
        assert drawn.exit_bars[-1] <= 200


def test_random_entries_reach_the_whole_period() -> None:
    """One trade of 15 bars begins anywhere from bar 1 to bar 185, everywhere as often."""
    entries = [int(drawn.entry_bars[0]) for drawn in draws(LENGTHS[:1], 5000)]
    assert set(entries) == set(range(1, 186))
    assert np.mean(entries) == pytest.approx(93, abs=3)


def test_every_order_of_the_trades_is_as_likely() -> None:
    """Six orders of three trades, each in about a sixth of 6,000 draws."""
    orders = [tuple(drawn.trades.tolist()) for drawn in draws(LENGTHS[:3], 6000)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert min(counts) > 880
    assert max(counts) < 1120


def test_p_value_counts_the_strategy_itself() -> None:
    """Of four draws one is as good: (1 + 1) / (1 + 4); never zero."""
    draws = np.array([0.1, 0.2, 0.3, 0.4])
    assert p_value(draws, 0.4) == pytest.approx(2 / 5)
    assert p_value(draws, 9.0) == pytest.approx(1 / 5)
