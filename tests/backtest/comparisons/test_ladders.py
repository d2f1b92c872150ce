"""The same signals at other costs and delays."""

import numpy as np
import pytest

from quantsig.backtest.comparisons.ladders import ladders
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.outcome import trade
from quantsig.backtest.record import Ladders
from tests.backtest.conftest import BarsMaker, SignalsMaker

COSTLY = Execution(fee_bps=10, slippage_bps=20)
FLAT = (100, 101, 99, 100)


def climbed(bars: SymbolBars, signals: SymbolSignals, execution: Execution) -> Ladders:
    market, given = {"A": bars}, {"A": signals}
    return ladders(market, given, execution, trade(market, given, execution).accounts)


def test_costs_are_multiplied(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """On prices that never move a trade loses its costs, of 0 to 3 times their size."""
    rows = climbed(make_bars(*[FLAT] * 8), make_signals(0), COSTLY).costs
    assert [row["multiple"] for row in rows] == [0, 1, 2, 3]
    expected = [
        (1 - 0.002 * m) * (1 - 0.001 * m) / (1 + 0.002 * m) / (1 + 0.001 * m) - 1 for m in range(4)
    ]
    assert [row["total_return"] for row in rows] == pytest.approx(expected, abs=1e-12)
    assert [row["trades"] for row in rows] == [1, 1, 1, 1]


def test_costs_beyond_everything_have_no_figures(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Three times a fee of 40 % of the value is more than the value."""
    rows = climbed(make_bars(*[FLAT] * 8), make_signals(0), Execution(fee_bps=4_000)).costs
    assert rows[2]["total_return"] is not None
    assert rows[3]["total_return"] is rows[3]["trades"] is None


def test_every_delay_fills_at_its_bar(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Decided at the close of 100; the price then rises by 1 a bar, 0.5 of it overnight."""
    rows = [(100 + n - 0.5, 100 + n, 100 + n - 0.5, 100 + n) for n in range(12)]
    free = Execution(fee_bps=0, slippage_bps=0)
    delays = climbed(make_bars(*rows), make_signals(0, horizon=3), free).delays
    assert [row["delay_bars"] for row in delays] == [0, 1, 2, 5]
    assert [row["total_return"] for row in delays] == pytest.approx(
        [3 / 100, 3 / 100.5, 3 / 101.5, 3 / 104.5]
    )


def test_only_the_fill_without_delay_is_unreachable(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """It is marked, and no setting asks for it."""
    delays = climbed(make_bars(*[FLAT] * 8), make_signals(0), COSTLY).delays
    assert [row["reachable"] for row in delays] == [False, True, True, True]


def test_the_first_step_of_both_ladders_is_the_backtest(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Once the costs, after one bar."""
    random = np.random.default_rng(1)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 60)))
    bars = make_bars(*[(price, price * 1.01, price * 0.99, price) for price in closes])
    signals = make_signals(3, 12, 20, 33, 41)
    kept = trade({"A": bars}, {"A": signals}, COSTLY).accounts
    found = climbed(bars, signals, COSTLY)
    own = {"total_return": pytest.approx(kept.equity[-1] - 1, abs=1e-12)}
    assert found.costs[1] == {**found.costs[1], **own}
    same = ("total_return", "sharpe", "expectancy", "trades")
    assert [found.costs[1][name] for name in same] == [found.delays[1][name] for name in same]


def test_without_trades_the_figures_are_null(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Nothing is NaN."""
    found = climbed(make_bars(*[FLAT] * 8), make_signals(), COSTLY)
    for row in (*found.costs, *found.delays):
        assert (row["trades"], row["total_return"]) == (0, 0.0)
        assert row["expectancy"] is row["sharpe"] is None
