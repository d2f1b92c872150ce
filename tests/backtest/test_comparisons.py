"""Buy and hold, and random entries."""

import numpy as np
import pytest

from quantsig.backtest import comparisons
from quantsig.backtest.execution import TIME, Execution, fills
from quantsig.backtest.market import SymbolBars
from tests.backtest.conftest import BarsMaker, SignalsMaker

FREE = Execution(fee_bps=0, slippage_bps=0)
FLAT = (100, 101, 99, 100)


@pytest.fixture(scope="module")
def walk_bars(make_bars: BarsMaker) -> SymbolBars:
    """Two hundred bars of a random walk."""
    random = np.random.default_rng(37)
    opens = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 200)))
    return make_bars(*[(price, price * 1.02, price * 0.98, price) for price in opens])


def test_always_long_buys_the_first_open_that_can_be_filled(make_bars: BarsMaker) -> None:
    """Decided at the first bar, in at the second open, out at the last close."""
    market = {"A": make_bars(FLAT, (110, 111, 109, 110), FLAT, (120, 121, 119, 119))}
    made = fills(market["A"], comparisons.always_long(market)["A"], FREE)
    assert made.entry_prices.tolist() == [110.0]
    assert made.exit_prices.tolist() == [119.0]


def test_random_entries_keep_count_length_and_direction(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """Every draw is a reordering of the same lengths, without overlap, inside the bars."""
    made = fills(walk_bars, make_signals(3, 20, 21, 50, 120, 190, horizon=15, stop=0.05), FREE)
    drawn = comparisons.random_entries(walk_bars, made, 1, 300, np.random.default_rng(1))
    lengths = made.exit_bars - made.entry_bars + (made.reasons != TIME)
    taken = drawn.exit_bars - drawn.entry_bars
    assert drawn.entry_bars.shape == (300, len(made))
    assert (np.sort(taken, axis=1) == np.sort(lengths)).all()
    assert (drawn.entry_bars[:, 1:] >= drawn.exit_bars[:, :-1]).all()
    assert drawn.entry_bars.min() >= 1
    assert drawn.exit_bars.max() <= 200


def test_random_entries_reach_the_whole_period(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """One trade of 15 bars begins anywhere from bar 1 to bar 185."""
    made = fills(walk_bars, make_signals(3, horizon=15), FREE)
    drawn = comparisons.random_entries(walk_bars, made, 1, 5000, np.random.default_rng(1))
    assert set(drawn.entry_bars[:, 0]) == set(range(1, 186))


def test_random_entries_pay_the_same_costs(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """On prices that never move each of two trades loses exactly its costs."""
    costly = Execution(fee_bps=10, slippage_bps=20)
    market = {"A": make_bars(*[FLAT] * 20)}
    trades = {"A": fills(market["A"], make_signals(0, 8), costly)}
    returns = comparisons.random_returns(market, trades, costly, seed=37, draws=200)
    bought, sold = 100.2 * 1.001, 99.8 * 0.999
    assert returns == pytest.approx(np.full(200, (sold / bought) ** 2 - 1), abs=1e-12)


def test_a_strategy_without_room_meets_only_itself(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A trade that fills the whole period can be placed nowhere else."""
    bars = make_bars(FLAT, FLAT, (100, 121, 99, 120))
    trades = {"A": fills(bars, make_signals(0, horizon=9), FREE)}
    returns = comparisons.random_returns({"A": bars}, trades, FREE, seed=37, draws=200)
    assert returns == pytest.approx(np.full(200, 0.2), abs=1e-12)


def test_same_seed_same_draws(walk_bars: SymbolBars, make_signals: SignalsMaker) -> None:
    """Random entries are reproducible, and another seed gives others."""
    trades = {"A": fills(walk_bars, make_signals(3, 50), FREE)}

    def drawn(seed: int) -> list[float]:
        returns = comparisons.random_returns({"A": walk_bars}, trades, FREE, seed=seed)
        return list(returns)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_blocks_of_draws_are_all_filled(
    walk_bars: SymbolBars, make_signals: SignalsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawing in small blocks leaves no draw out."""
    monkeypatch.setattr(comparisons, "BLOCK", 7)
    trades = {"A": fills(walk_bars, make_signals(3, 50), FREE)}
    returns = comparisons.random_returns({"A": walk_bars}, trades, FREE, seed=1, draws=200)
    assert len(np.unique(returns)) > 150


def test_a_lost_account_stays_at_zero(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """A random short while the price quadruples loses all of its half, no more."""
    market = {
        "A": make_bars(FLAT, FLAT, (400, 401, 399, 400), FLAT),
        "B": make_bars(*[FLAT] * 4),
    }
    shorts = make_signals(1, direction=-1, horizon=1)
    trades = {name: fills(bars, shorts, FREE) for name, bars in market.items()}
    returns = comparisons.random_returns(market, trades, FREE, seed=1)
    assert returns.min() == pytest.approx(-0.5)


def test_p_value_counts_the_strategy_itself() -> None:
    """Of four draws one is as good: (1 + 1) / (1 + 4); never zero."""
    draws = np.array([0.1, 0.2, 0.3, 0.4])
    assert comparisons.p_value(draws, 0.4) == pytest.approx(2 / 5)
    assert comparisons.p_value(draws, 9.0) == pytest.approx(1 / 5)
