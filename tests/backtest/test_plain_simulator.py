"""The accounts against the plain simulator, with every option."""

from dataclasses import fields
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from quantsig.backtest.execution import Execution
from quantsig.backtest.portfolio import keep_accounts
from quantsig.backtest.trading.fills import trade_signals
from tests import simulator
from tests.generated import Parts, as_bars, as_signals, executions, markets, random_symbol, rules_of


def compare(parts: Parts, execution: Execution) -> pl.DataFrame:
    """Both backtests of the same bars and signals; returns the trades."""
    market = {name: as_bars(bars) for name, (bars, _) in parts.items()}
    signals = {name: as_signals(own) for name, (_, own) in parts.items()}
    traded = trade_signals(market, signals, execution)
    kept = keep_accounts(market, signals, traded)
    plain = simulator.simulate(
        {name: bars for name, (bars, _) in parts.items()},
        {name: own for name, (_, own) in parts.items()},
        rules_of(execution),
    )
    capital = execution.start_capital
    assert kept.equity == pytest.approx(np.array(plain.equity) / capital, rel=1e-9, abs=1e-9)
    assert_same_trades(kept.trades, plain.trades, capital)
    assert kept.equity[-1] == pytest.approx(1 + kept.trades["profit"].sum(), rel=1e-9, abs=1e-9)
    for name, fills in traded.fills.items():
        assert {reason: n for reason, n in fills.ignored.items() if n} == plain.ignored[name]
    lost = {account.lost for account in plain.accounts.values()} - {None}
    assert set(traded.bankrupt.values()) == lost
    return kept.trades


def assert_same_trades(
    trades: pl.DataFrame, expected: list[simulator.Trade], capital: float
) -> None:
    """Trade for trade; prices to 1e-9 of themselves, money to 1e-9 of the capital."""
    expected = sorted(expected, key=lambda trade: (trade.entry_time, trade.symbol, trade.exit_time))
    for name in ("symbol", "direction", "reason"):
        assert trades[name].to_list() == [getattr(trade, name) for trade in expected]
    for name in ("entry_time", "exit_time"):
        times = trades[name].dt.epoch("us").to_list()
        assert times == [getattr(trade, name) for trade in expected]
    for name in ("entry_price", "exit_price"):
        prices = [getattr(trade, name) for trade in expected]
        assert trades[name].to_list() == pytest.approx(prices, rel=1e-9)
    for name in ("size", "fees", "slippage", "profit"):
        money = [getattr(trade, name) / capital for trade in expected]
        assert trades[name].to_list() == pytest.approx(money, rel=1e-9, abs=1e-9)


@settings(max_examples=150, deadline=None, derandomize=True)
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


OPTIONS: list[dict[str, Any]] = [
    {},
    {"delay_bars": 2, "fill_price": "close", "trailing_stop": 0.02},
    {"fill_price": "typical", "trailing_stop": 0.015, "sizing": "equal_weight"},
    {"sizing": "equal_weight", "shared_cash": True, "fill_price": "close"},
    {"sizing": "fraction", "size_fraction": 0.4, "shared_cash": True, "minimum_fee": 5},
    {"sizing": "fixed_cash", "fixed_cash": 40_000, "lot_size": 100, "shared_cash": True},
    {"sizing": "volatility_target", "target_volatility": 0.005, "maintenance_margin": 0.97},
    {"sizing": "kelly", "kelly_share": 1.0, "size_fraction": 0.9, "shared_cash": True},
    {
        "directions": "long",
        "same_session_sale": False,
        "price_limit": 0.02,
        "trade_without_volume": False,
        "lot_size": 100,
        "minimum_fee": 5,
    },
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_hundreds_of_random_trades_equal_the_plain_simulator(options: dict[str, Any]) -> None:
    """Long random markets, in which each reason to exit occurs many times."""
    random = np.random.default_rng(7)
    parts = {name: random_symbol(random) for name in "ABC"}
    trades = compare(parts, Execution(fee_bps=7, slippage_bps=30, **options))
    counts = trades.filter(trades["reason"].is_in(["time", "stop", "target"])).group_by("reason")
    assert counts.len().filter(pl.col("len") >= 5).height == 3


def test_every_setting_is_drawn() -> None:
    """What the simulator is not told of is what the signals bring themselves."""
    own = {"holding_bars", "stop_loss", "take_profit"}
    drawn = {field.name for field in fields(Execution)} - own
    assert drawn <= set(executions.wrapped_strategy.kwargs)  # type: ignore[attr-defined]
