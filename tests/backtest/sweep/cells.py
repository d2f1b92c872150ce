"""A cell of a sweep, traded again by the adapter."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Market, SymbolSignals
from quantsig.backtest.portfolio import keep_accounts
from quantsig.backtest.sweep.arrays import rows_at
from quantsig.backtest.trading.accounts import Accounts
from quantsig.backtest.trading.fills import trade_signals

SETTINGS = ("stop_loss", "take_profit", "holding_bars", "delay_bars")


def accounts_of(
    cell: Mapping[str, Any],
    market: Market,
    signals: Mapping[str, SymbolSignals],
    execution: Execution,
) -> Accounts:
    """Trade one cell with accounts, trades and all; its figures are those of the sweep.

    Of a bankrupt cell, which has no figures, it tells when.

    Args:
        cell: a row of `Swept.cells`, by name.
        market: the bars that were swept, of every symbol.
        signals: that were swept, of every symbol.
        execution: that was swept with.
    """
    settings = replace(execution, **{name: cell[name] for name in SETTINGS})
    kept = {
        symbol: rows_at(rows, rows.probabilities >= cell["threshold"])
        for symbol, rows in signals.items()
    }
    return keep_accounts(market, kept, trade_signals(market, kept, settings))
