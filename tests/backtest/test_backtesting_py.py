"""Trades without stops against backtesting.py: the same fills and the same equity."""

import warnings

import numpy as np
import pandas as pd
import pytest

from quantsig.backtest.execution import Execution, FillPrice
from quantsig.backtest.portfolio import keep_accounts
from quantsig.backtest.trading.accounts import Accounts
from quantsig.backtest.trading.fills import trade_signals
from tests import simulator
from tests.generated import as_bars, as_signals

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for a notebook
    from backtesting import Backtest, Strategy  # type: ignore[import-untyped]

CASH = 10_000_000
SHARE = 0.5
HOLDING = 4
DAY = 86_400_000_000
PRICES = ("open", "high", "low", "close")


def walk_of_bars(seed: int, count: int = 150) -> list[simulator.Bar]:
    """A random walk, a bar a day."""
    random = np.random.default_rng(seed)
    opens = 50 * np.exp(np.cumsum(random.normal(0, 0.01, count)))
    closes = opens * np.exp(random.normal(0, 0.005, count))
    pairs = zip(opens.tolist(), closes.tolist(), strict=True)
    return [
        simulator.Bar(number * DAY, opened, max(opened, closed), min(opened, closed), closed)
        for number, (opened, closed) in enumerate(pairs)
    ]


def spaced_decisions(seed: int) -> dict[int, int]:
    """Bars and directions of decisions so far apart that every one is traded, some just so."""
    random = np.random.default_rng(seed)
    bars = np.cumsum(random.integers(HOLDING, HOLDING + 3, 22)).tolist()
    return dict(zip(bars, random.choice([1, -1], len(bars)).tolist(), strict=True))


def by_backtesting(
    bars: list[simulator.Bar], decisions: dict[int, int], *, at_close: bool, fee: float
) -> tuple[pd.DataFrame, list[float]]:
    """Its trades and equity. At closes it fills at that of the decision: it decides a bar later."""

    class Decided(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            pass

        def next(self) -> None:
            now = len(self.data) - 1
            for trade in self.trades:
                if now + (not at_close) == trade.entry_bar + HOLDING:
                    trade.close()
            direction = decisions.get(now - at_close)
            if direction:
                (self.buy if direction > 0 else self.sell)(size=SHARE)

    frame = pd.DataFrame(
        {name.capitalize(): [getattr(bar, name) for bar in bars] for name in PRICES},
        index=pd.to_datetime([bar.time for bar in bars], unit="us"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = Backtest(frame, Decided, cash=CASH, commission=fee, trade_on_close=at_close).run()
    return made["_trades"], made["_equity_curve"]["Equity"].tolist()


def by_quantsig(
    bars: list[simulator.Bar], decisions: dict[int, int], execution: Execution
) -> Accounts:
    signals = [simulator.Signal(bar, direction, HOLDING) for bar, direction in decisions.items()]
    market, placed = {"A": as_bars(bars)}, {"A": as_signals(signals)}
    return keep_accounts(market, placed, trade_signals(market, placed, execution))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("price", "fee"), [("open", 0.002), ("open", 0.0), ("close", 0.0)])
def test_fills_and_equity_are_those_of_backtesting_py(
    price: FillPrice, fee: float, seed: int
) -> None:
    """Whole shares for half of the account; at closes without fees, which it books a bar later."""
    bars, decisions = walk_of_bars(seed), spaced_decisions(seed)
    trades, equity = by_backtesting(bars, decisions, at_close=price == "close", fee=fee)
    execution = Execution(
        fill_price=price,
        fee_bps=fee * 1e4,
        slippage_bps=0,
        size_fraction=SHARE,
        lot_size=1,
        start_capital=CASH,
    )
    kept = by_quantsig(bars, decisions, execution)
    assert len(trades) == len(decisions) == kept.trades.height
    sizes = (kept.trades["size"] * kept.trades["direction"] * CASH).to_list()
    assert sizes == pytest.approx(trades["Size"].tolist(), rel=1e-12)
    for ours, theirs in {"entry": "Entry", "exit": "Exit"}.items():
        prices = trades[f"{theirs}Price"].tolist()
        assert kept.trades[f"{ours}_price"].to_list() == pytest.approx(prices, rel=1e-12)
        times = (trades[f"{theirs}Bar"] * DAY).tolist()
        assert kept.trades[f"{ours}_time"].dt.epoch("us").to_list() == times
    assert (kept.equity * CASH).tolist() == pytest.approx(equity, rel=1e-9)
