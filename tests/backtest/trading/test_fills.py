"""Which signals are traded and how much of each, on accounts reckoned by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.trading.fills import TradedSignals, trade_signals
from quantsig.data.barriers import ExitReason
from tests.backtest.conftest import BarsMaker, SignalsMaker, fills
from tests.generated import Parts, as_bars, as_signals, executions, markets

FREE = Execution(fee_bps=0, slippage_bps=0)
SHARED = replace(FREE, shared_cash=True)
FLAT = (100, 101, 99, 100)


def likely(signals: SymbolSignals, probability: float) -> SymbolSignals:
    return replace(signals, probabilities=np.full(len(signals.bars), probability))


def sizes(traded: TradedSignals) -> dict[str, list[float]]:
    return {name: own.sizes.tolist() for name, own in traded.fills.items()}


@pytest.fixture
def pair(make_bars: BarsMaker) -> dict[str, SymbolBars]:
    """Two symbols whose price stays 100."""
    return {name: make_bars(*[FLAT] * 6) for name in "AB"}


def test_shared_cash_goes_to_the_likelier_signal_first(
    pair: dict[str, SymbolBars], make_signals: SignalsMaker
) -> None:
    """B takes all of it at 70 %, nothing is left for A at 60 %."""
    signals = {"A": likely(make_signals(0), 0.6), "B": likely(make_signals(0), 0.7)}
    traded = trade_signals(pair, signals, SHARED)
    assert sizes(traded) == {"A": [], "B": pytest.approx([0.01])}
    assert traded.fills["A"].ignored["no cash"] == 1


def test_an_order_is_cut_to_the_free_cash(
    pair: dict[str, SymbolBars], make_signals: SignalsMaker
) -> None:
    """Seven tenths for the first, the three that are left for the second."""
    signals = {name: make_signals(0) for name in "AB"}
    traded = trade_signals(pair, signals, replace(SHARED, size_fraction=0.7))
    assert sizes(traded) == {"A": pytest.approx([0.007]), "B": pytest.approx([0.003])}


def test_equal_weight_divides_by_the_open_signals(
    pair: dict[str, SymbolBars], make_signals: SignalsMaker
) -> None:
    """Two at once take half each; one after them is alone again."""
    signals = {"A": make_signals(0, 3, horizon=1), "B": make_signals(0, horizon=1)}
    traded = trade_signals(pair, signals, replace(SHARED, sizing="equal_weight"))
    assert sizes(traded) == {"A": pytest.approx([0.005, 0.01]), "B": pytest.approx([0.005])}


def test_a_short_keeps_its_collateral(
    pair: dict[str, SymbolBars], make_signals: SignalsMaker
) -> None:
    """What a short brought in buys nothing."""
    signals = {"A": make_signals(0, direction=-1, horizon=4), "B": make_signals(1)}
    traded = trade_signals(pair, signals, SHARED)
    assert traded.fills["B"].ignored["no cash"] == 1


def test_lots_are_whole_at_raw_prices(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """10,000 buy 100 shares at 100, or 200 raw ones at 50: two lots of 35, or five of them."""
    lots = replace(FREE, start_capital=10_000, lot_size=35)
    bars = make_bars(*[FLAT] * 4)
    assert fills(bars, make_signals(0), lots).sizes.tolist() == pytest.approx([70 / 1e4])
    raw = replace(bars, factors=np.full(4, 2.0))
    assert fills(raw, make_signals(0), lots).sizes.tolist() == pytest.approx([87.5 / 1e4])
    none = fills(bars, make_signals(0), replace(lots, lot_size=101))
    assert none.ignored["below one lot"] == 1


def test_a_minimum_fee_is_paid_on_both_sides(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Of 1,000, 995 are invested: 5 to enter, 5 to leave, for 1 % would be more than that."""
    minimum = replace(FREE, start_capital=1_000, minimum_fee=5)
    made = fills(make_bars(*[FLAT] * 4), make_signals(0), minimum)
    assert made.sizes.tolist() == pytest.approx([0.00995])
    assert (made.entry_fees[0], made.exit_fees[0]) == pytest.approx((0.005, 0.005))


def test_fees_that_eat_everything_leave_no_cash(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A minimum fee of 600 on 1,000: one trade of 400, whose sale brings nothing."""
    eaten = replace(FREE, start_capital=1_000, minimum_fee=600)
    traded = trade_signals({"A": make_bars(*[FLAT] * 8)}, {"A": make_signals(0, 4)}, eaten)
    assert traded.equity.tolist() == pytest.approx([1, 0.4, 0.4, 0, 0, 0, 0, 0], abs=1e-12)
    assert traded.fills["A"].ignored["account bankrupt"] == 1
    assert traded.bankrupt == {"A": 4 * 86_400_000_000}


def test_a_margin_call_closes_a_short(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Sold at 100 with 25 % of maintenance: called at 200 / 1.25."""
    bars = make_bars(FLAT, FLAT, (150, 170, 149, 165), FLAT)
    called = replace(FREE, maintenance_margin=0.25)
    made = fills(bars, make_signals(0, direction=-1, horizon=9), called)
    assert (made.exit_prices.tolist(), ExitReason(made.reasons[0]).text) == ([160.0], "margin call")


def test_other_directions_are_counted(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """A short where only longs are traded."""
    made = fills(
        make_bars(*[FLAT] * 4), make_signals(0, direction=-1), replace(FREE, directions="long")
    )
    assert made.ignored["other direction"] == 1


def test_slippage_is_told_in_money(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """One percent of 100 on each of the 1 / 101 shares, in and out."""
    made = fills(make_bars(*[FLAT] * 4), make_signals(0), replace(FREE, slippage_bps=100))
    assert made.slippages.tolist() == pytest.approx([2 / 101])


def test_a_close_that_nothing_follows_is_no_entry(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """The last close could only be left where it was entered."""
    made = fills(make_bars(*[FLAT] * 3), make_signals(1), replace(FREE, fill_price="close"))
    assert made.ignored["no bar to fill"] == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(parts=markets, execution=executions)
def test_later_bars_change_nothing_before_them(parts: Parts, execution: Execution) -> None:
    """With all bars after the middle ten times as dear, the equity up to there is the same."""
    market = {name: as_bars(bars) for name, (bars, _) in parts.items()}
    signals = {name: as_signals(own) for name, (_, own) in parts.items()}
    known = trade_signals(market, signals, execution)
    middle = known.times[len(known.times) // 2]
    changed = {name: dearer_after(bars, middle) for name, bars in market.items()}
    again = trade_signals(changed, signals, execution)
    seen = known.times <= middle
    assert again.equity[seen].tolist() == known.equity[seen].tolist()


def dearer_after(bars: SymbolBars, time: int) -> SymbolBars:
    factor = np.where(bars.times > time, 10.0, 1.0)
    prices = bars.prices
    return replace(
        bars,
        prices=replace(
            prices,
            open=prices.open * factor,
            high=prices.high * factor,
            low=prices.low * factor,
            close=prices.close * factor,
        ),
    )
