"""All trades moved through time together, against plain loops over the same bars."""

from dataclasses import replace

import numpy as np
import pytest

from quantsig.backtest.comparisons.joint_rotation import (
    LandedTrades,
    Signals,
    Turning,
    land,
    turning,
)
from quantsig.backtest.execution import Execution, FillPrice
from quantsig.backtest.market import Market, SymbolBars, SymbolSignals
from quantsig.backtest.outcome import trade
from quantsig.data.labels import Prices
from tests.backtest.conftest import BarsMaker, SignalsMaker

FREE = Execution(fee_bps=0, slippage_bps=0)
COSTLY = Execution(fee_bps=10, slippage_bps=20)
DAY = 86_400_000_000
HOUR = DAY // 24


def walk(seed: int, bars: int = 60, times: np.ndarray | None = None) -> SymbolBars:
    """A random walk with gaps between its bars."""
    random = np.random.default_rng(seed)
    opens, closes = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 2 * bars))).reshape(bars, 2).T
    stamps = np.arange(1, bars + 1) * DAY if times is None else times
    return SymbolBars(
        times=stamps.astype(np.int64),
        prices=Prices(
            open=opens,
            high=np.maximum(opens, closes) * 1.01,
            low=np.minimum(opens, closes) * 0.99,
            close=closes,
        ),
    )


def turned(market: Market, signals: Signals, execution: Execution = FREE) -> Turning:
    accounts = trade(market, signals, execution).accounts
    return turning(accounts.trades, market, signals, execution, accounts.times)


def moved(
    market: Market, signals: Signals, shift: int, execution: Execution = FREE
) -> LandedTrades:
    found = turned(market, signals, execution)
    return land(found.circle, found.moved, found.conditions, shift)


@pytest.mark.parametrize("fill_price", ["open", "close", "typical"])
def test_not_moved_at_all_the_trades_are_those_that_were_made(
    make_signals: SignalsMaker, fill_price: FillPrice
) -> None:
    """With costs, a stop and a target, long and short: the returns of trades.parquet."""
    market = {"A": walk(1), "B": walk(2)}
    signals = {
        "A": make_signals(3, 20, 41, horizon=6, stop=0.03, target=0.05),
        "B": make_signals(3, 30, horizon=4, direction=-1),
    }
    execution = replace(COSTLY, fill_price=fill_price)
    trades = trade(market, signals, execution).accounts.trades
    landed = moved(market, signals, 0, execution)
    rows = turned(market, signals, execution).moved.rows
    assert landed.returns == pytest.approx(trades["return"].to_numpy()[rows], abs=1e-12)


def test_all_symbols_move_by_the_same_sessions(make_signals: SignalsMaker) -> None:
    """Seven days on, each earns the ratio of the opens there, whatever the other does."""
    market = {"A": walk(1), "B": walk(2)}
    signals = {"A": make_signals(3, 20, horizon=5), "B": make_signals(3, horizon=5)}
    opens = [market[name].prices.open for name in "AB"]
    expected = [
        opens[0][16] / opens[0][11],
        opens[0][33] / opens[0][28],
        opens[1][16] / opens[1][11],
    ]
    assert moved(market, signals, 7).returns + 1 == pytest.approx(expected, abs=1e-12)


def test_a_trade_goes_on_at_the_first_bar_after_the_last(make_signals: SignalsMaker) -> None:
    """Entered at bar 58 of 60 for five bars: to the last close, and on from the first open."""
    market, signals = {"A": walk(1)}, {"A": make_signals(3, horizon=5)}
    prices = market["A"].prices
    around = prices.close[59] / prices.open[58] * prices.open[3] / prices.open[0]
    assert moved(market, signals, 54).returns[0] + 1 == pytest.approx(around, abs=1e-12)


def test_a_session_keeps_its_time_of_day(make_signals: SignalsMaker) -> None:
    """The third bar of a session becomes the third of another, also where one is short."""
    full = [day * DAY + hour * HOUR for day in range(1, 9) for hour in range(10, 16)]
    times = np.array([time for time in full if time // DAY != 4 or time % DAY < 12 * HOUR])
    market, signals = {"A": walk(1, len(times), times)}, {"A": make_signals(1, horizon=2)}
    opens = market["A"].prices.open
    assert moved(market, signals, 1).returns[0] + 1 == pytest.approx(opens[10] / opens[8])
    short = moved(market, signals, 3)  # day 4 has two bars: its last
    assert short.returns[0] + 1 == pytest.approx(opens[21] / opens[19])


def test_a_symbol_without_bars_in_a_session_has_no_trade_there(
    make_signals: SignalsMaker,
) -> None:
    """B is listed from day 31 on: its trade has no place on day 11, that of A has."""
    market = {"A": walk(1), "B": walk(2, 30, np.arange(31, 61) * DAY)}
    signals = {"A": make_signals(40, horizon=3), "B": make_signals(10, horizon=3)}
    assert np.isnan(moved(market, signals, 30).returns).tolist() == [False, True]


def test_a_stop_is_met_where_the_trade_is_moved_to(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Flat where it was, a fall of a tenth where it goes: out at 95."""
    flat = (100, 100, 100, 100)
    market = {"A": make_bars(*[flat] * 10, (100, 100, 90, 90), *[(90, 90, 90, 90)] * 9)}
    signals = {"A": make_signals(1, horizon=4, stop=0.05)}
    assert moved(market, signals, 0).returns[0] == pytest.approx(0.0)
    assert moved(market, signals, 8).returns[0] == pytest.approx(-0.05)


def test_what_the_other_symbols_explain_is_taken_off(make_signals: SignalsMaker) -> None:
    """Two symbols that move alike but for a little: little of a trade is left, wherever it is."""
    first = walk(1, 200)
    random = np.random.default_rng(5)
    wobble = np.exp(random.normal(0, 1e-3, 200))
    prices = {
        name: getattr(first.prices, name) * wobble for name in ("open", "high", "low", "close")
    }
    market = {"A": first, "B": SymbolBars(times=first.times, prices=Prices(**prices))}
    signals = {"A": make_signals(*range(3, 180, 9), horizon=5), "B": make_signals()}
    for shift in (0, 50):
        landed = moved(market, signals, shift)
        assert np.abs(landed.excess).max() < 0.2 * np.abs(landed.returns).max()


def test_a_symbol_alone_has_nothing_taken_off(make_signals: SignalsMaker) -> None:
    """There are no others."""
    landed = moved({"A": walk(1)}, {"A": make_signals(3, 20, horizon=5)}, 9)
    assert landed.excess.tolist() == landed.returns.tolist()


def test_two_signals_of_one_bar_keep_their_own_wishes() -> None:
    """Long for two bars and short for five, decided together: the one that is traded first."""
    market = {"A": walk(1)}
    both = SymbolSignals(
        bars=np.array([3, 3], np.int64),
        directions=np.array([1, -1], np.int64),
        delay_bars=np.array([1, 1], np.int64),
        horizon_bars=np.array([2, 5], np.int64),
        stops=np.full(2, np.nan),
        targets=np.full(2, np.nan),
        probabilities=np.array([0.6, 0.9]),
    )
    trades = trade(market, {"A": both}, FREE).accounts.trades
    landed = moved(market, {"A": both}, 0)
    assert landed.returns == pytest.approx(trades["return"].to_numpy(), abs=1e-12)
