"""Bars and signals of one symbol, written down by hand."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.trading.fills import Fills, trade_signals
from quantsig.data.labels import Prices

HERE = Path(__file__).parent

BarsMaker = Callable[..., SymbolBars]
SignalsMaker = Callable[..., SymbolSignals]


def fills(bars: SymbolBars, signals: SymbolSignals, execution: Execution) -> Fills:
    """The trades of one symbol alone."""
    return trade_signals({"A": bars}, {"A": signals}, execution).fills["A"]


@pytest.fixture(scope="session")
def make_bars() -> BarsMaker:
    """Bars from rows of open, high, low, close; a day apart unless times are given."""

    def make(*rows: Sequence[float], times: Sequence[int] | None = None) -> SymbolBars:
        columns = np.array(rows, dtype=np.float64).T.copy()
        days = np.arange(1, len(rows) + 1) * 86_400_000_000
        return SymbolBars(
            times=days if times is None else np.array(times, np.int64),
            prices=Prices(open=columns[0], high=columns[1], low=columns[2], close=columns[3]),
        )

    return make


@pytest.fixture(scope="session")
def make_signals() -> SignalsMaker:
    """Signals decided at the given bars; one direction, delay, horizon, stop and target for all."""

    def make(
        *bars: int,
        direction: int = 1,
        delay: int = 1,
        horizon: int = 2,
        stop: float = np.nan,
        target: float = np.nan,
    ) -> SymbolSignals:
        count = len(bars)
        return SymbolSignals(
            bars=np.array(bars, np.int64),
            directions=np.full(count, direction, np.int64),
            delay_bars=np.full(count, delay, np.int64),
            horizon_bars=np.full(count, horizon, np.int64),
            stops=np.full(count, stop),
            targets=np.full(count, target),
            probabilities=np.full(count, 0.8),
        )

    return make


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs these tests: each that did would compile the same kernels."""
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("backtest"))
