"""Buy and hold, and equal weights."""

import numpy as np
import pytest

from quantsig.backtest.comparisons import holding as comparisons
from quantsig.backtest.comparisons.holding import hold
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars
from quantsig.backtest.trading.fills import trade_signals
from tests.backtest.conftest import BarsMaker

FREE = Execution(fee_bps=0, slippage_bps=0)
COSTLY = Execution(fee_bps=10, slippage_bps=20)
FLAT = (100, 101, 99, 100)


def walk(make_bars: BarsMaker, seed: int, bars: int = 60) -> SymbolBars:
    random = np.random.default_rng(seed)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.03, bars)))
    opens = closes * np.exp(random.normal(0, 0.01, bars))
    rows = zip(opens, np.maximum(opens, closes), np.minimum(opens, closes), closes, strict=True)
    return make_bars(*rows)


def test_always_long_buys_the_first_open_that_can_be_filled(make_bars: BarsMaker) -> None:
    """Decided at the first bar, in at the second open, out at the last close."""
    market = {"A": make_bars(FLAT, (110, 111, 109, 110), FLAT, (120, 121, 119, 119))}
    made = trade_signals(market, comparisons.always_long(market), FREE).fills["A"]
    assert made.entry_prices.tolist() == [110.0]
    assert made.exit_prices.tolist() == [119.0]


def test_always_long_pays_the_fee_of_the_signals(make_bars: BarsMaker) -> None:
    """Of 1,000 in money, 5 to buy and 5 to sell on prices that never move."""
    least = Execution(minimum_fee=5, start_capital=1_000, fee_bps=0, slippage_bps=0)
    held = hold({"A": make_bars(FLAT, FLAT, FLAT)}, least)
    assert held.equity == pytest.approx([1.0, 0.995, 0.99], abs=1e-12)


def test_equal_weight_of_one_symbol_is_buy_and_hold(make_bars: BarsMaker) -> None:
    """There is nothing to rebalance; the costs of buying and selling are the same."""
    market = {"A": walk(make_bars, 1)}
    held = hold(market, COSTLY)
    equity = comparisons.equal_weight(market, held.times, COSTLY)
    assert equity == pytest.approx(held.equity, abs=1e-12)


def test_equal_weight_without_costs_earns_the_mean_of_the_returns(make_bars: BarsMaker) -> None:
    """From open to open the mean of both symbols' returns, compounded."""
    market = {"A": walk(make_bars, 1), "B": walk(make_bars, 2)}
    equity = comparisons.equal_weight(market, market["A"].times, FREE)
    opens = np.stack([bars.prices.open for bars in market.values()])
    closes = np.stack([bars.prices.close[-1] for bars in market.values()])
    grown = np.mean(opens[:, 2:] / opens[:, 1:-1], axis=0).prod()
    assert equity[-1] == pytest.approx(grown * np.mean(closes / opens[:, -1]), abs=1e-12)


def test_rebalancing_costs_what_is_traded(make_bars: BarsMaker) -> None:
    """A doubles, B stays: a quarter of 1.5 changes sides, and the costs are those of both."""
    market = {
        "A": make_bars(FLAT, FLAT, (200, 201, 199, 200)),
        "B": make_bars(FLAT, FLAT, FLAT),
    }
    fee = Execution(fee_bps=100, slippage_bps=0)
    equity = comparisons.equal_weight(market, market["A"].times, fee)
    part = 0.5 / 1.01  # in each after buying
    after = (3 * part - 0.01 * part) / 2  # 2 x + .01 (x - part) + .01 (2 part - x) = 3 part
    assert equity[1] == pytest.approx(2 * part, abs=1e-12)
    assert equity[2] == pytest.approx(2 * after * 0.99, abs=1e-12)


def test_costs_of_rebalancing_never_create_money(make_bars: BarsMaker) -> None:
    """The equal part solves its own equation: parts and costs add up to what there was."""
    random = np.random.default_rng(3)
    for _ in range(50):
        held, cash = random.uniform(0, 2, 7), random.uniform(0, 1)
        part = comparisons._equal_part(held, cash, 0.03, 0.02)
        costs = 0.03 * np.maximum(part - held, 0).sum() + 0.02 * np.maximum(held - part, 0).sum()
        assert 7 * part + costs == pytest.approx(cash + held.sum(), abs=1e-12)


def test_a_symbol_without_a_bar_keeps_its_units(make_bars: BarsMaker) -> None:
    """B has no bar on the third day: A alone cannot be rebalanced against it."""
    market = {
        "A": make_bars(*[FLAT] * 2, (200, 201, 199, 200), times=[1, 2 * 86_400_000_000, 10**12]),
        "B": make_bars(*[FLAT] * 2, times=[1, 2 * 86_400_000_000]),
    }
    equity = comparisons.equal_weight(market, market["A"].times, FREE)
    assert equity == pytest.approx([1.0, 1.0, 1.5], abs=1e-12)


def test_intraday_bars_are_rebalanced_once_a_session(make_bars: BarsMaker) -> None:
    """Within the day the units stay: A doubles, falls back, and nothing was lost."""
    hour = 3_600_000_000
    times = [hour * number for number in (1, 2, 3, 4)]
    market = {
        "A": make_bars(FLAT, FLAT, (200, 201, 199, 200), FLAT, times=times),
        "B": make_bars(*[FLAT] * 4, times=times),
    }
    equity = comparisons.equal_weight(market, np.array(times), FREE)
    assert equity == pytest.approx([1.0, 1.0, 1.5, 1.0], abs=1e-12)
