"""The accounts that vectorbt keeps, against hand calculation."""

from datetime import UTC, datetime

import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.portfolio import keep_accounts
from quantsig.backtest.trading.accounts import Accounts
from quantsig.backtest.trading.fills import trade_signals
from tests.backtest.conftest import BarsMaker, SignalsMaker

FREE = Execution(fee_bps=0, slippage_bps=0)
FLAT = (100, 101, 99, 100)


def keep(
    market: dict[str, SymbolBars],
    signals: dict[str, SymbolSignals],
    execution: Execution = FREE,
) -> Accounts:
    return keep_accounts(market, signals, trade_signals(market, signals, execution))


def test_costs_are_exact(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Half of 1.0 at 1 % fee and 1 % slippage: 0.5 / 1.01 buys at 101, sold at 108.9."""
    bars = make_bars(FLAT, FLAT, FLAT, (110, 111, 109, 110))
    costly = Execution(fee_bps=100, slippage_bps=100, size_fraction=0.5)
    kept = keep({"A": bars}, {"A": make_signals(0)}, costly)
    trade = kept.trades.row(0, named=True)
    size = 0.5 / 1.01 / 101
    assert trade["size"] == pytest.approx(size, rel=1e-12)
    assert trade["fees"] == pytest.approx(size * (101 + 108.9) * 0.01, rel=1e-12)
    assert trade["profit"] == pytest.approx(size * 7.9 - trade["fees"], rel=1e-12)
    assert trade["return"] == pytest.approx(trade["profit"] / (size * 101), rel=1e-12)
    assert kept.equity[-1] == pytest.approx(1 + trade["profit"], abs=1e-12)


def test_equity_is_marked_at_each_close(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Bought at 100, the closes are 100, 102, 103 and the exit is at 104."""
    bars = make_bars(FLAT, FLAT, (101, 103, 100, 102), (102, 104, 101, 103), (104, 109, 103, 108))
    kept = keep({"A": bars}, {"A": make_signals(0, horizon=3)})
    assert kept.equity == pytest.approx([1, 1, 1.02, 1.03, 1.04], abs=1e-12)
    assert kept.exposure == pytest.approx([0, 1, 1, 1, 0], abs=1e-12)


def test_each_symbol_has_its_own_equal_part(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A doubles, B does nothing: one half becomes 1.0, the other stays."""
    market = {
        "A": make_bars(FLAT, FLAT, (150, 151, 149, 150), (200, 201, 199, 200)),
        "B": make_bars(FLAT, FLAT, FLAT, FLAT),
    }
    kept = keep(market, {"A": make_signals(0), "B": make_signals()})
    assert kept.symbols == ("A", "B")
    assert kept.values[-1] == pytest.approx([1.0, 0.5], abs=1e-12)
    assert kept.equity[-1] == pytest.approx(1.5, abs=1e-12)


def test_a_symbol_without_a_bar_keeps_its_last_close(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A has no bar at time 4; it is worth its close of time 3 then."""
    market = {
        "A": make_bars(FLAT, FLAT, (100, 111, 99, 110), (120, 121, 119, 120), times=[1, 2, 3, 5]),
        "B": make_bars(FLAT, FLAT, FLAT, times=[1, 4, 5]),
    }
    kept = keep(market, {"A": make_signals(0), "B": make_signals()})
    assert kept.times.tolist() == [1, 2, 3, 4, 5]
    assert kept.equity == pytest.approx([1, 1, 1.05, 1.05, 1.1], abs=1e-12)


def test_exit_and_entry_share_an_open(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """The second trade spends what the first one returned at the same open."""
    bars = make_bars(FLAT, FLAT, FLAT, (110, 111, 109, 110), FLAT, (121, 122, 120, 121))
    kept = keep({"A": bars}, {"A": make_signals(0, 2)})
    assert kept.trades["size"].to_list() == pytest.approx([0.01, 0.01], abs=1e-14)
    assert kept.equity[-1] == pytest.approx(1.21, abs=1e-12)


def test_trades_tell_when_and_why(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Decision, entry and exit carry the stamps of their bars."""
    bars = make_bars(FLAT, FLAT, (100, 101, 94, 100), FLAT)
    kept = keep({"A": bars}, {"A": make_signals(0, stop=0.05)})
    trade = kept.trades.row(0, named=True)
    days = [trade[name].day for name in ("decision_time", "entry_time", "exit_time")]
    assert days == [2, 3, 4]
    assert (trade["reason"], trade["holding_bars"], trade["probability"]) == ("stop", 1, 0.8)


def test_trades_are_numbered_by_entry(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """The trade of B that began first is number 0."""
    market = {name: make_bars(*[FLAT] * 6) for name in "AB"}
    kept = keep(market, {"A": make_signals(2), "B": make_signals(0)})
    assert kept.trades["symbol"].to_list() == ["B", "A"]
    assert kept.trades["trade_id"].to_list() == [0, 1]


def test_no_trades_keep_the_capital(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Equity stays at one; the empty table has every column."""
    kept = keep({"A": make_bars(FLAT, FLAT)}, {"A": make_signals()})
    assert kept.equity.tolist() == [1.0, 1.0]
    assert kept.trades.height == 0
    assert kept.trades.width == 16


def test_an_account_that_lost_everything_stops(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A short at 100 is worth -2 at the close of 400: bought back there, its debt stays."""
    bars = make_bars(FLAT, FLAT, (400, 401, 399, 400), FLAT, FLAT, FLAT)
    signals = make_signals(0, 2, direction=-1)
    traded = trade_signals({"A": bars}, {"A": signals}, FREE)
    kept = keep_accounts({"A": bars}, {"A": signals}, traded)
    assert kept.equity == pytest.approx([1, 1, -2, -2, -2, -2], abs=1e-12)
    assert kept.bankrupt == datetime(1970, 1, 4, tzinfo=UTC)
    assert kept.trades["reason"].to_list() == ["bankrupt"]
    assert traded.fills["A"].ignored["account bankrupt"] == 1


def test_what_fees_leave_of_dear_shares_is_still_traded(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """At 90 % fees a trade keeps 0.1 / 1.9 of the account; a share costs 20 million."""
    bars = make_bars(*[tuple(200_000 * price for price in FLAT)] * 9)
    fee = Execution(fee_bps=9000, slippage_bps=0)
    kept = keep({"A": bars}, {"A": make_signals(*range(7), horizon=1)}, fee)
    assert kept.trades.height == 7
    assert kept.equity[-1] == pytest.approx((0.1 / 1.9) ** 7, rel=1e-6)
