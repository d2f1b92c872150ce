"""A cell of a sweep, traded again by the adapter for inspection."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Market, SymbolSignals
from quantsig.backtest.outcome import trade
from quantsig.backtest.portfolio import Accounts

SETTINGS = ("stop_loss", "take_profit", "holding_bars", "delay_bars")


def execution_of(cell: Mapping[str, Any], execution: Execution) -> Execution:
    """The settings of a backtest that trades as this cell does.

    Args:
        cell: a row of `Swept.cells`.
        execution: that was swept with.
    """
    return replace(execution, **{name: cell[name] for name in SETTINGS})


def signals_of(
    cell: Mapping[str, Any], signals: Mapping[str, SymbolSignals]
) -> dict[str, SymbolSignals]:
    """The signals that reach the cell's threshold."""
    return {
        symbol: _kept(rows, rows.probabilities >= cell["threshold"])
        for symbol, rows in signals.items()
    }


def accounts_of(
    cell: Mapping[str, Any],
    market: Market,
    signals: Mapping[str, SymbolSignals],
    execution: Execution,
) -> Accounts:
    """Trade one cell with accounts, trades and all; its figures are those of the sweep.

    Args:
        cell: a row of `Swept.cells`, by name.
        market: the bars that were swept, of every symbol.
        signals: that were swept, of every symbol.
        execution: that was swept with.
    """
    settings = execution_of(cell, execution)
    kept = signals_of(cell, signals)
    return trade(market, kept, settings).accounts


def _kept(rows: SymbolSignals, some: np.ndarray[Any, np.dtype[np.bool_]]) -> SymbolSignals:
    columns = {name: getattr(rows, name) for name in SymbolSignals.__dataclass_fields__}
    given = {name: column[some] for name, column in columns.items() if column is not None}
    return SymbolSignals(**given)
