"""The trades against themselves at other times."""

from dataclasses import replace

import numpy as np
import pytest

from quantsig.backtest.comparisons import random_entries as module
from quantsig.backtest.comparisons.joint_rotation import Signals
from quantsig.backtest.comparisons.random_entries import (
    RandomEntries,
    p_value,
    random_entries,
    studentised,
)
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Market, SymbolBars
from quantsig.backtest.outcome import trade
from quantsig.backtest.significance.newey_west import trades_t
from tests.backtest.conftest import BarsMaker, SignalsMaker

FREE = Execution(fee_bps=0, slippage_bps=0)
COSTLY = Execution(fee_bps=10, slippage_bps=20)
FLAT = (100, 101, 99, 100)


@pytest.fixture(scope="module")
def walk_bars(make_bars: BarsMaker) -> SymbolBars:
    """Two hundred bars of a random walk."""
    random = np.random.default_rng(37)
    opens = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 200)))
    return make_bars(*[(price, price * 1.02, price * 0.98, price) for price in opens])


def drawn(market: Market, signals: Signals, execution: Execution = FREE) -> RandomEntries:
    accounts = trade(market, signals, execution).accounts
    return random_entries(accounts, market, signals, execution, seed=1)


def test_every_other_session_is_a_draw(walk_bars: SymbolBars, make_signals: SignalsMaker) -> None:
    """Two hundred sessions leave 199 shifts."""
    found = drawn({"A": walk_bars}, {"A": make_signals(3, 20, 50, 120, horizon=9)})
    assert found.drawn.shape == found.returns.shape == (199,)


def test_each_draw_earns_what_its_opens_say(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """Two trades of all the money, moved: the product of their ratios, by hand."""
    found = drawn({"A": walk_bars}, {"A": make_signals(3, 50, horizon=5)})
    opens, closes = walk_bars.prices.open, walk_bars.prices.close
    for shift in (1, 100):
        first, second = (opens[row + shift + 5] / opens[row + shift] for row in (4, 51))
        assert found.returns[shift - 1] + 1 == pytest.approx(first * second, abs=1e-12)
    wrapped = closes[199] / opens[198] * opens[3] / opens[0]  # of the second, at shift 147
    assert found.returns[146] + 1 == pytest.approx(opens[156] / opens[151] * wrapped, abs=1e-12)


def test_random_entries_pay_the_same_costs(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """On prices that never move each of two trades loses exactly its costs."""
    found = drawn({"A": make_bars(*[FLAT] * 20)}, {"A": make_signals(0, 8)}, COSTLY)
    bought, sold = 100.2 * 1.001, 99.8 * 0.999
    assert found.returns == pytest.approx(np.full(19, (sold / bought) ** 2 - 1), abs=1e-12)


def test_random_entries_take_the_same_part_of_the_account(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """With a quarter of the account at stake a quarter of the costs is lost."""
    quarter = replace(COSTLY, size_fraction=0.25)
    found = drawn({"A": make_bars(*[FLAT] * 20)}, {"A": make_signals(0, 8)}, quarter)
    bought, sold = 100.2 * 1.001, 99.8 * 0.999
    expected = (1 + 0.25 * (sold / bought - 1)) ** 2 - 1
    assert found.returns == pytest.approx(np.full(19, expected), abs=1e-12)


def test_accounts_of_two_symbols_stand_side_by_side(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """Half the money each; shared, the whole of it half at a time."""
    market = {"A": walk_bars, "B": walk_bars}
    signals = {"A": make_signals(3, horizon=5), "B": make_signals(50, horizon=5)}
    opens = walk_bars.prices.open
    first, second = (opens[row + 15] / opens[row + 10] for row in (4, 51))
    apart = drawn(market, signals).returns[9] + 1
    assert apart == pytest.approx((first + second) / 2, abs=1e-12)
    shared = drawn(market, signals, replace(FREE, shared_cash=True)).returns[9] + 1
    assert shared == pytest.approx(first * second, abs=1e-12)


def test_the_band_ends_at_the_quantiles_of_the_returns(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """5, 50 and 95 % of the draws, in order at every time."""
    found = drawn({"A": walk_bars}, {"A": make_signals(3, 20, 50, 120)}, COSTLY)
    assert found.band[:, -1] == pytest.approx(1 + np.quantile(found.returns, [0.05, 0.5, 0.95]))
    assert (np.diff(found.band, axis=0) >= 0).all()
    assert found.band[:, 0] == pytest.approx([1, 1, 1])


def test_long_periods_are_read_at_fewer_times(
    walk_bars: SymbolBars, make_signals: SignalsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The returns are the same, and the band has a value at every bar all the same."""
    market, signals = {"A": walk_bars}, {"A": make_signals(3, 50)}
    exact = drawn(market, signals)
    monkeypatch.setattr(module, "MOST_MARKS", 20)
    coarse = drawn(market, signals)
    assert coarse.returns == pytest.approx(exact.returns, abs=1e-12)
    assert coarse.band.shape == (3, 200)


def test_many_trades_are_moved_less_often(
    walk_bars: SymbolBars, make_signals: SignalsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two trades with room for 100 in all: 50 draws, other ones for another seed."""
    monkeypatch.setattr(module, "MOST_TRADES", 100)
    monkeypatch.setattr(module, "FEWEST_DRAWS", 10)
    market, signals = {"A": walk_bars}, {"A": make_signals(3, 50)}
    accounts = trade(market, signals, FREE).accounts
    first, again, other = (
        random_entries(accounts, market, signals, FREE, seed=seed).drawn.tolist()
        for seed in (1, 1, 2)
    )
    assert len(first) == 50
    assert first == again != other


def test_a_lost_account_stays_at_zero(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """A short moved to where the price quadruples loses all there is, no more."""
    rows = [*[FLAT] * 6, (400, 401, 399, 400), *[FLAT] * 6]
    found = drawn({"A": make_bars(*rows)}, {"A": make_signals(0, direction=-1, horizon=1)})
    assert found.returns.min() == pytest.approx(-1.0)


def test_without_trades_chance_keeps_the_capital(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """Nothing to move, and no p-value."""
    found = drawn({"A": walk_bars}, {"A": make_signals()})
    assert (found.band == 1.0).all()
    assert found.p_value is None


def test_shifts_at_which_most_trades_have_no_bar_are_left_out(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """One trade of a symbol that is listed for 40 of 100 days: 39 draws."""
    day = 86_400_000_000
    late = make_bars(*[FLAT] * 40, times=[day * number for number in range(61, 101)])
    market = {"A": make_bars(*[FLAT] * 100), "B": late}
    found = drawn(market, {"A": make_signals(), "B": make_signals(10, horizon=1)})
    assert len(found.drawn) == 39


def test_the_error_is_that_of_newey_and_west_by_sessions() -> None:
    """Trades in the middle of a long period, where the circle does not close."""
    random = np.random.default_rng(1)
    returns, sessions = random.normal(0.1, 1, 80), np.sort(random.integers(20, 280, 80))
    ours = studentised(returns, sessions, 300, 4)
    assert ours == pytest.approx(trades_t(returns, sessions, 300, 4), abs=1e-12)


def test_the_error_goes_round_the_end() -> None:
    """Moved over it, the same trades have the same error."""
    random = np.random.default_rng(1)
    returns, sessions = random.normal(0.1, 1, 80), np.sort(random.integers(0, 300, 80))
    around = studentised(returns, (sessions + 123) % 300, 300, 4)
    assert around == pytest.approx(studentised(returns, sessions, 300, 4), abs=1e-12)


def test_p_value_counts_the_strategy_itself() -> None:
    """Of four draws one is as good: (1 + 1) / (1 + 4); never zero."""
    draws = np.array([0.1, 0.2, 0.3, 0.4])
    assert p_value(draws, 0.4) == pytest.approx(2 / 5)
    assert p_value(draws, 9.0) == pytest.approx(1 / 5)
