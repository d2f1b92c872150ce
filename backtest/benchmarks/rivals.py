"""What a sweep is compared with: vectorbt's own signals, and backtesting.py.

`python -m quantsig.backtest.benchmarks.rivals BARS THRESHOLDS BARRIERS` is vectorbt in a process of
its own, whose memory is measured.
"""

import json
import sys
from contextlib import redirect_stderr
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import vectorbt as vbt

from quantsig.backtest.benchmarks.load import alternating_bars, before_calm, grid_over
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, SymbolBars, SymbolSignals
from quantsig.backtest.portfolio import START_CASH
from quantsig.data.benchmarks.peak import peak_mb

RULES = Execution(slippage_bps=0)


def by_vectorbt(bars: SymbolBars, signals: SymbolSignals, cells: pl.DataFrame) -> pl.DataFrame:
    """What vectorbt's own `from_signals` makes of the cells, in one call with a column a cell.

    It checks no stop on the entry bar, knows no holding limit, and gives a target that slips no
    better price; so long positions only, without slippage, and what is left at the end is sold at
    the last close.

    Args:
        bars: of one symbol.
        signals: decided at its bars, filled at the next open.
        cells: threshold, stop_loss and take_profit of each.

    Returns:
        A row a cell: equity, trades, win_rate, expectancy, profit_factor, sharpe (a year of 365
        days), max_drawdown and exposure.
    """
    prices = bars.prices
    decided = decided_at(bars, signals)[:, None] >= cells["threshold"].to_numpy()[None, :]
    entries = np.roll(decided, 1, axis=0)
    entries[0] = entries[-1] = False
    exits = np.zeros((len(entries), 1), bool)
    exits[-1] = True
    book = vbt.Portfolio.from_signals(
        close=prices.close[:, None],
        entries=entries,
        exits=exits,
        price=np.append(prices.open[:-1], prices.close[-1])[:, None],
        open=prices.open[:, None],
        high=prices.high[:, None],
        low=prices.low[:, None],
        sl_stop=cells["stop_loss"].to_numpy(),
        tp_stop=cells["take_profit"].to_numpy(),
        stop_entry_price="fillprice",
        fees=RULES.fee,
        init_cash=START_CASH,
        freq="1D",
    )
    trades = book.trades
    figures = {
        "equity": book.final_value() / START_CASH,
        "trades": trades.count(),
        "win_rate": trades.win_rate(),
        "expectancy": trades.returns.mean(),
        "profit_factor": trades.profit_factor(),
        "sharpe": book.sharpe_ratio(),
        "max_drawdown": book.max_drawdown(),
        "exposure": book.gross_exposure().mean(),
    }
    return pl.DataFrame({name: np.asarray(column) for name, column in figures.items()})


def decided_at(bars: SymbolBars, signals: SymbolSignals) -> Floats:
    """(N,) the probability of the decision at each bar, -1 where there is none."""
    probabilities = np.full(len(bars.times), -1.0)
    probabilities[signals.bars] = signals.probabilities
    return probabilities


def has_backtesting() -> bool:
    """backtesting.py is an oracle of the tests, so it is installed for developers only."""
    return find_spec("backtesting") is not None


class ByBacktesting:
    """backtesting.py on the same bars and signals, one combination a call.

    It measures stops from the close of the decision, so its trades are not quite the same ones.
    """

    def __init__(self, bars: SymbolBars, signals: SymbolSignals) -> None:
        library = import_module("backtesting")
        probabilities = decided_at(bars, signals)

        class Rule(library.Strategy):  # type: ignore[misc, name-defined]
            threshold = stop = target = 0.0

            def init(self) -> None:
                """Nothing is computed beforehand."""

            def next(self) -> None:
                if self.position or probabilities[len(self.data) - 1] < self.threshold:
                    return
                price = self.data.Close[-1]
                self.buy(sl=price * (1.0 - self.stop), tp=price * (1.0 + self.target))

        prices = bars.prices
        columns = {"Open": prices.open, "High": prices.high, "Low": prices.low}
        frame = pd.DataFrame(
            {**columns, "Close": prices.close}, index=pd.to_datetime(bars.times, unit="us")
        )
        self._backtest = library.Backtest(
            frame, Rule, cash=1e6, commission=RULES.fee, finalize_trades=True
        )

    def __call__(self, cell: dict[str, Any]) -> Any:
        """Its statistics of one cell."""
        with redirect_stderr(StringIO()):  # a bar of its own progress
            return self._backtest.run(
                threshold=cell["threshold"], stop=cell["stop_loss"], target=cell["take_profit"]
            )


def main(bars: int, thresholds: int, barriers: int) -> None:
    """Print cells and peak memory of vectorbt as JSON."""
    made, signals = alternating_bars(bars), before_calm(bars)
    grid = grid_over(signals, thresholds, barriers)
    cells = pl.DataFrame(
        [(a, b, c) for b, c, _, _ in grid.orders() for a in grid.thresholds],
        schema=["threshold", "stop_loss", "take_profit"],
        orient="row",
    )
    by_vectorbt(made, signals, cells)
    print(json.dumps({"cells": cells.height, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
