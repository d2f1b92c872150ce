"""What random entries of the same count, holding, size and costs earn."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from quantsig.backtest import random_equity as module
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, SymbolBars, SymbolSignals
from quantsig.backtest.outcome import trade
from quantsig.backtest.portfolio import Accounts
from quantsig.backtest.random_equity import RandomEquity, random_equity
from tests.backtest.conftest import BarsMaker, SignalsMaker

FREE = Execution(fee_bps=0, slippage_bps=0)
COSTLY = Execution(fee_bps=10, slippage_bps=20)
FLAT = (100, 101, 99, 100)

Market = Mapping[str, SymbolBars]


@pytest.fixture(scope="module")
def walk_bars(make_bars: BarsMaker) -> SymbolBars:
    """Two hundred bars of a random walk."""
    random = np.random.default_rng(37)
    opens = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 200)))
    return make_bars(*[(price, price * 1.02, price * 0.98, price) for price in opens])


def drawn(
    market: Market,
    signals: Mapping[str, SymbolSignals],
    execution: Execution = FREE,
    *,
    seed: int = 1,
    draws: int = 200,
) -> RandomEquity:
    accounts = trade(market, signals, execution).accounts
    return random_equity(accounts, market, execution, seed=seed, draws=draws)


def shared(accounts: Accounts) -> Accounts:
    """The same accounts, told as one that all symbols share."""
    total: Floats = accounts.equity[:, None]
    return replace(accounts, values=total)


def test_random_entries_pay_the_same_costs(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """On prices that never move each of two trades loses exactly its costs."""
    random = drawn({"A": make_bars(*[FLAT] * 20)}, {"A": make_signals(0, 8)}, COSTLY)
    bought, sold = 100.2 * 1.001, 99.8 * 0.999
    expected = (sold / bought) ** 2 - 1
    assert random.returns == pytest.approx(np.full(200, expected), abs=1e-12)


def test_random_entries_take_the_same_part_of_the_account(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """With a quarter of the account at stake a quarter of the costs is lost."""
    quarter = replace(COSTLY, size_fraction=0.25)
    random = drawn({"A": make_bars(*[FLAT] * 20)}, {"A": make_signals(0, 8)}, quarter)
    bought, sold = 100.2 * 1.001, 99.8 * 0.999
    expected = (1 + 0.25 * (sold / bought - 1)) ** 2 - 1
    assert random.returns == pytest.approx(np.full(200, expected), abs=1e-12)


def test_a_strategy_without_room_meets_only_itself(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A trade that fills the whole period can be placed nowhere else."""
    market = {"A": make_bars(FLAT, FLAT, (100, 121, 99, 120))}
    random = drawn(market, {"A": make_signals(0, horizon=9)})
    assert random.returns == pytest.approx(np.full(200, 0.2), abs=1e-12)
    assert random.band == pytest.approx(np.tile([1.0, 1.0, 1.2], (3, 1)), abs=1e-12)


def test_the_band_follows_the_strategy_where_it_has_no_room(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """Marked at every close like the account itself, in and out of costs."""
    market, signals = {"A": walk_bars}, {"A": make_signals(0, horizon=500)}
    accounts = trade(market, signals, COSTLY).accounts
    random = random_equity(accounts, market, COSTLY, seed=1, draws=20)
    assert random.band[1] == pytest.approx(accounts.equity, abs=1e-12)


def test_the_band_ends_at_the_quantiles_of_the_returns(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """5, 50 and 95 % of the draws, in order at every time."""
    random = drawn({"A": walk_bars}, {"A": make_signals(3, 20, 50, 120)}, COSTLY)
    ends = 1 + np.quantile(random.returns, [0.05, 0.5, 0.95])
    assert random.band[:, -1] == pytest.approx(ends)
    assert (np.diff(random.band, axis=0) >= 0).all()
    assert random.band[:, 0] == pytest.approx([1, 1, 1])


def test_same_seed_same_draws(walk_bars: SymbolBars, make_signals: SignalsMaker) -> None:
    """Random entries are reproducible, and another seed gives others."""

    def returns(seed: int) -> list[float]:
        return list(drawn({"A": walk_bars}, {"A": make_signals(3, 50)}, seed=seed).returns)

    assert returns(1) == returns(1)
    assert returns(1) != returns(2)


def test_many_trades_are_drawn_less_often(
    walk_bars: SymbolBars, make_signals: SignalsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two trades with room for a thousand in all: 500 draws."""
    monkeypatch.setattr(module, "MOST_TRADES", 1000)
    market, signals = {"A": walk_bars}, {"A": make_signals(3, 50)}
    accounts = trade(market, signals, FREE).accounts
    assert len(random_equity(accounts, market, FREE, seed=1).returns) == 500


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
    assert coarse.band[1, -1] == pytest.approx(exact.band[1, -1])


def test_a_lost_account_stays_at_zero(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """A random short while the price quadruples loses all of its half, no more."""
    market = {
        "A": make_bars(FLAT, FLAT, (400, 401, 399, 400), FLAT),
        "B": make_bars(*[FLAT] * 4),
    }
    shorts = make_signals(1, direction=-1, horizon=1)
    quiet = {"A": make_bars(*[FLAT] * 4), "B": market["B"]}
    accounts = trade(quiet, {"A": shorts, "B": shorts}, FREE).accounts
    random = random_equity(accounts, market, FREE, seed=1)
    assert random.returns.min() == pytest.approx(-0.5)


def test_one_symbol_sharing_cash_with_none_is_the_same(
    walk_bars: SymbolBars, make_signals: SignalsMaker, make_bars: BarsMaker
) -> None:
    """Followed bar by bar in one account, the draws of one symbol earn what they earn alone."""
    market = {"A": walk_bars, "B": make_bars(*[FLAT] * 200)}
    alone = drawn({"A": walk_bars}, {"A": make_signals(3, 20, 50, 120, horizon=9)}, COSTLY)
    both = {"A": make_signals(3, 20, 50, 120, horizon=9), "B": make_signals()}
    accounts = trade({"A": walk_bars}, {"A": both["A"]}, COSTLY).accounts
    wide = replace(shared(accounts), symbols=("A", "B"))
    together = random_equity(wide, market, COSTLY, seed=1, draws=200)
    assert together.returns == pytest.approx(alone.returns, abs=1e-9)
    assert together.band == pytest.approx(alone.band, abs=1e-9)


def test_shared_cash_is_spent_once(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Two symbols that double at once cannot each take all of the cash: 2.0, not 3.0."""
    rows = [FLAT, FLAT, (200, 201, 199, 200)]
    market = {name: make_bars(*rows) for name in "AB"}
    signals = {name: make_signals(0, horizon=9) for name in "AB"}
    accounts = trade({"A": market["A"]}, {"A": signals["A"]}, FREE).accounts
    own = accounts.trades
    other = own.with_columns(symbol=own["symbol"].replace("A", "B"))
    both = replace(shared(accounts), symbols=("A", "B"), trades=own.vstack(other))
    random = random_equity(both, market, FREE, seed=1, draws=20)
    assert random.returns == pytest.approx(np.full(20, 1.0))


def test_without_trades_chance_keeps_the_capital(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """Nothing to imitate."""
    random = drawn({"A": walk_bars}, {"A": make_signals()})
    assert (random.band == 1.0).all()
    assert (random.returns == 0.0).all()
