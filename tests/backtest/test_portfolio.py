"""The accounts that vectorbt keeps, against hand calculation and the plain simulator."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantsig.backtest.execution import Execution, fills
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.portfolio import Accounts, keep_accounts
from quantsig.data.errors import DataError
from quantsig.data.labels import Prices
from tests import simulator
from tests.backtest.conftest import BarsMaker, SignalsMaker

Part = tuple[list[simulator.Bar], list[simulator.Signal]]
Parts = dict[str, Part]

FREE = Execution(fee_bps=0, slippage_bps=0)
FLAT = (100, 101, 99, 100)


def keep(
    market: dict[str, SymbolBars],
    signals: dict[str, SymbolSignals],
    execution: Execution = FREE,
) -> Accounts:
    trades = {name: fills(bars, signals[name], execution) for name, bars in market.items()}
    return keep_accounts(market, signals, trades, execution)


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


@pytest.mark.parametrize("after", [(400, 401, 399, 400), (100, 101, 99, 100)])
def test_a_short_that_loses_more_than_the_account_is_refused(
    make_bars: BarsMaker, make_signals: SignalsMaker, after: tuple[float, ...]
) -> None:
    """A short without a stop while the price quadruples: no margin call can hide that."""
    bars = make_bars(FLAT, FLAT, (400, 401, 399, 400), after)
    with pytest.raises(DataError, match="A lost more than it held") as caught:
        keep({"A": bars}, {"A": make_signals(0, direction=-1)})
    assert "1970-01-0" in caught.value.where


# The plain simulator as oracle

steps = st.integers(-40, 40)  # thousandths
spans = st.integers(0, 40)
rows = st.tuples(steps, steps, spans, spans, st.integers(1, 3))
fractions = st.none() | st.integers(5, 40).map(lambda thousandths: thousandths / 1000)


@st.composite
def symbols(draw: st.DrawFn) -> Part:
    """Bars of one symbol and signals on them."""
    bars, price, time = [], 100.0, draw(st.integers(0, 3))
    for gap, body, above, below, pause in draw(st.lists(rows, min_size=2, max_size=25)):
        opened = price * (1 + gap / 1000)
        price = opened * (1 + body / 1000)
        high = max(opened, price) * (1 + above / 1000)
        low = min(opened, price) * (1 - below / 1000)
        bars.append(simulator.Bar(time, opened, high, low, price))
        time += pause
    decided = draw(st.lists(st.integers(0, len(bars) - 1), max_size=12))
    signals = [
        simulator.Signal(
            bar=bar,
            direction=draw(st.sampled_from([1, -1])),
            holding=draw(st.integers(1, 6)),
            stop=draw(fractions),
            target=draw(fractions),
        )
        for bar in sorted(decided)
    ]
    return bars, signals


executions = st.builds(
    Execution,
    delay_bars=st.none() | st.integers(1, 3),
    fee_bps=st.integers(0, 50),
    slippage_bps=st.integers(0, 50),
    size_fraction=st.integers(1, 10).map(lambda tenths: tenths / 10),
)
markets = st.lists(symbols(), min_size=1, max_size=3).map(
    lambda parts: dict(zip("ABC", parts, strict=False))
)


def as_arrays(
    bars: list[simulator.Bar], signals: list[simulator.Signal]
) -> tuple[SymbolBars, SymbolSignals]:
    columns = np.array([[b.open, b.high, b.low, b.close] for b in bars]).T.copy()
    names = ("open", "high", "low", "close")
    return (
        SymbolBars(
            times=np.array([bar.time for bar in bars], np.int64),
            prices=Prices(**dict(zip(names, columns, strict=True))),
        ),
        SymbolSignals(
            bars=np.array([s.bar for s in signals], np.int64),
            directions=np.array([s.direction for s in signals], np.int64),
            delay_bars=np.ones(len(signals), np.int64),
            horizon_bars=np.array([s.holding for s in signals], np.int64),
            stops=np.array([s.stop for s in signals], np.float64),
            targets=np.array([s.target for s in signals], np.float64),
            probabilities=np.full(len(signals), 0.5),
        ),
    )


def compare(parts: Parts, execution: Execution) -> pl.DataFrame:
    """Both backtests of the same bars and signals; returns the trades."""
    arrays = {name: as_arrays(*part) for name, part in parts.items()}
    market = {name: part[0] for name, part in arrays.items()}
    signals = {name: part[1] for name, part in arrays.items()}
    kept = keep(market, signals, execution)
    accounts, equity = simulator.simulate(
        {name: part[0] for name, part in parts.items()},
        {name: part[1] for name, part in parts.items()},
        simulator.Rules(
            delay=execution.delay_bars or 1,
            fee=execution.fee,
            slippage=execution.slippage,
            fraction=execution.size_fraction,
        ),
    )
    assert kept.equity == pytest.approx(equity, abs=1e-9)
    assert kept.equity[-1] == pytest.approx(1 + kept.trades["profit"].sum(), abs=1e-9)
    for name, account in accounts.items():
        ignored = fills(market[name], signals[name], execution).ignored
        assert list(ignored.values()) == [account.blocked, account.unfilled]
        assert_same_trades(kept.trades, account)
    return kept.trades


@settings(max_examples=100, deadline=None, derandomize=True)
@given(parts=markets, execution=executions)
def test_accounts_equal_those_of_the_plain_simulator(parts: Parts, execution: Execution) -> None:
    """Trade for trade, and equity to 1e-9; the profits explain all of the equity."""
    compare(parts, execution)


@pytest.mark.soak
@settings(max_examples=5_000, deadline=None)
@given(parts=markets, execution=executions)
def test_thousands_of_accounts_equal_those_of_the_plain_simulator(
    parts: Parts, execution: Execution
) -> None:
    """The same, over other examples every time."""
    compare(parts, execution)


@pytest.mark.parametrize("seed", range(4))
def test_hundreds_of_random_trades_equal_the_plain_simulator(seed: int) -> None:
    """Long random markets, in which each reason to exit occurs many times on both sides."""
    random = np.random.default_rng(seed)
    parts = {name: random_symbol(random) for name in "ABC"}
    execution = Execution(delay_bars=1 + seed % 2, fee_bps=7, slippage_bps=30)
    trades = compare(parts, execution)
    counts = trades.group_by("direction", "reason").len()
    frequent = counts.filter(counts["reason"] != "end")
    assert frequent.height == 6
    assert (frequent["len"] >= 5).all()


def random_symbol(random: np.random.Generator, bars: int = 400) -> Part:
    """Bars with gaps and wicks, and a signal on every second bar."""
    made, price = [], 100.0
    times = np.cumsum(random.integers(1, 4, bars)).tolist()
    for time in times:
        opened = price * float(np.exp(random.normal(0, 0.01)))
        price = opened * float(np.exp(random.normal(0, 0.01)))
        high = max(opened, price) * (1 + float(random.exponential(0.005)))
        low = min(opened, price) * (1 - float(random.exponential(0.005)))
        made.append(simulator.Bar(time, opened, high, low, price))
    signals = [
        simulator.Signal(
            bar=int(bar),
            direction=int(random.choice([1, -1])),
            holding=int(random.integers(1, 6)),
            stop=float(random.uniform(0.005, 0.04)) if random.random() < 0.7 else None,
            target=float(random.uniform(0.005, 0.04)) if random.random() < 0.7 else None,
        )
        for bar in np.flatnonzero(random.random(bars) < 0.5)
    ]
    return made, signals


def assert_same_trades(trades: pl.DataFrame, account: simulator.Account) -> None:
    own = trades.filter(trades["symbol"] == account.symbol)
    assert own["reason"].to_list() == [trade.reason for trade in account.trades]
    assert own["direction"].to_list() == [trade.direction for trade in account.trades]
    for name in ("entry_time", "exit_time"):
        times = own[name].dt.epoch("us").to_list()
        assert times == [getattr(trade, name) for trade in account.trades]
    for name in ("entry_price", "exit_price", "size", "fees", "profit"):
        expected = [getattr(trade, name) for trade in account.trades]
        assert own[name].to_list() == pytest.approx(expected, rel=1e-9, abs=1e-9)
