"""The same signals at other costs and delays: how much of the result hangs on them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Market, SymbolSignals
from quantsig.backtest.outcome import trade
from quantsig.backtest.record import Ladders
from quantsig.backtest.statistics.figures import Figures, collect
from quantsig.backtest.statistics.returns import sharpe, total_return
from quantsig.backtest.statistics.sessions import sessions
from quantsig.backtest.statistics.trades import mean
from quantsig.backtest.trading.accounts import Accounts
from quantsig.data.errors import ConfigError

COST_MULTIPLES = (0, 1, 2, 3)  # of fees and slippage
DELAYS = (1, 2, 5)  # bars, beside the unreachable 0
COSTS = ("fee_bps", "minimum_fee", "slippage_bps")
NAMES = ("total_return", "sharpe", "expectancy", "trades")

Signals = Mapping[str, SymbolSignals]


def ladders(market: Market, signals: Signals, execution: Execution, accounts: Accounts) -> Ladders:
    """The backtest again at other costs and other delays.

    Args:
        market: the bars of every symbol.
        signals: by symbol.
        execution: the settings that are varied.
        accounts: what they gave.
    """
    return Ladders(
        costs=tuple(
            {"multiple": multiple, **_at_costs(market, signals, execution, accounts, multiple)}
            for multiple in COST_MULTIPLES
        ),
        delays=(
            {"delay_bars": 0, "reachable": False, **_without_delay(market, signals, execution)},
            *(
                {
                    "delay_bars": bars,
                    "reachable": True,
                    **_delayed(market, signals, execution, bars),
                }
                for bars in DELAYS
            ),
        ),
    )


def _at_costs(
    market: Market, signals: Signals, execution: Execution, accounts: Accounts, multiple: int
) -> Figures:
    if multiple == 1:
        return _row(accounts)
    costs = {name: multiple * getattr(execution, name) for name in COSTS}
    try:
        costlier = replace(execution, **costs)
    except ConfigError:  # more than everything
        return dict.fromkeys(NAMES)
    return _row(trade(market, signals, costlier).accounts)


def _delayed(market: Market, signals: Signals, execution: Execution, bars: int) -> Figures:
    later = replace(execution, delay_bars=bars)
    return _row(trade(market, signals, later).accounts)


def _without_delay(market: Market, signals: Signals, execution: Execution) -> Figures:
    """Filled at the very close that the decision was made on, which nobody can reach."""
    at_close = replace(execution, delay_bars=None, fill_price="close")
    at_once = {
        symbol: replace(own, delay_bars=np.zeros_like(own.delay_bars))
        for symbol, own in signals.items()
    }
    return _row(trade(market, at_once, at_close).accounts)


def _row(accounts: Accounts) -> Figures:
    days = sessions(accounts.times, accounts.equity, accounts.calendar)
    return collect(
        {
            "total_return": lambda: total_return(accounts.equity),
            "sharpe": lambda: sharpe(days.returns, days.per_year),
            "expectancy": lambda: mean(accounts.trades["return"].to_numpy()),
            "trades": lambda: accounts.trades.height,
        }
    )[0]
