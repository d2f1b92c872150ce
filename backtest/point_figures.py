"""What a backtest says in numbers; each figure states its formula and convention.

Trade returns are simple and after costs: profit over the value of the entry. Session returns are
simple returns between the last equities of the trading days that have bars. Yearly figures
use as many sessions a year as the data itself shows, and no risk-free rate. A figure that does
not exist raises `UndefinedFigure` with the reason.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantsig.backtest.execution import FillPrice
from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.significance import deflation
from quantsig.backtest.significance.intervals import (
    check_enough,
    entry_blocks,
    mean_interval,
    sharpe_interval,
)
from quantsig.backtest.significance.newey_west import trades_t
from quantsig.backtest.statistics import returns as returns_statistics
from quantsig.backtest.statistics import trades as trade_statistics
from quantsig.backtest.statistics.drawdowns import drawdowns, max_drawdown_days
from quantsig.backtest.statistics.excursions import Excursions
from quantsig.backtest.statistics.figures import Figures, UndefinedFigure, collect
from quantsig.backtest.statistics.holdings import held_sessions
from quantsig.backtest.statistics.sessions import Sessions, sessions
from quantsig.data.calendar.sessions import SessionCalendar

if TYPE_CHECKING:
    from quantsig.backtest.trading.accounts import Accounts

LARGEST_LAG = 0.25  # of the bars; longer overlaps leave too few that are independent

Table = dict[str, Callable[[], float]]


def point_figures(accounts: "Accounts", lived: Excursions) -> tuple[Figures, dict[str, str]]:
    """All figures of stats.json but the intervals, and why some are missing.

    Args:
        accounts: what became of the money.
        lived: the excursions of its trades.
    """
    days = sessions(accounts.times, accounts.equity, accounts.calendar)
    return collect(
        {
            **_of_trades(accounts.trades),
            "expectancy_t": lambda: expectancy_t(accounts.trades, accounts.times),
            "average_mae": lambda: trade_statistics.mean(lived.adverse),
            "average_mfe": lambda: trade_statistics.mean(lived.favourable),
            **_of_equity(accounts, days),
            **_of_sessions(days),
        }
    )


def curve_figures(
    times: Integers, equity: Floats, calendar: SessionCalendar
) -> tuple[Figures, dict[str, str]]:
    """What an equity says alone, without trades and exposure, and why some of it is missing.

    Args:
        times: (T,) closes of bars, microseconds since 1970 UTC.
        equity: (T,) at these times.
        calendar: which session each bar is of.
    """
    days = sessions(times, equity, calendar)
    return collect(
        {
            **_of_curve(times, equity, days),
            "current_drawdown": lambda: float(drawdowns(equity)[-1]),
            **_of_sessions(days),
        }
    )


def intervals(accounts: "Accounts", fill_price: FillPrice) -> tuple[Figures, dict[str, str]]:
    """The ends of the 95 % intervals, by name; see `intervals`.

    Args:
        accounts: what became of the money.
        fill_price: that entries and timed exits filled at.
    """
    trades = accounts.trades
    days = sessions(accounts.times, accounts.equity, accounts.calendar)

    def of_trades() -> tuple[float, float]:
        check_enough(trades.height)
        blocks = entry_blocks(held_sessions(trades, accounts.times, accounts.calendar, fill_price))
        return mean_interval(trades["return"].to_numpy(), blocks)

    return collect(
        {
            **_ends("expectancy", of_trades),
            **_ends("sharpe", lambda: sharpe_interval(days.returns, days.per_year)),
        }
    )


def expectancy_t(trades: pl.DataFrame, times: Integers) -> float:
    """Mean return of the trades over its Newey-West error; see `newey_west.trades_t`.

    The lag is the longest holding of a trade, in bars: what began within it overlaps it.

    Args:
        trades: rows of trades.parquet.
        times: (T,) of all bars, microseconds since 1970 UTC.
    """
    if trades.height < 2:
        raise UndefinedFigure(BacktestSentence.FEW_TRADES())
    entries, exits = (
        np.searchsorted(times, trades[f"{side}_time"].dt.epoch("us").to_numpy())
        for side in ("entry", "exit")
    )
    at_open = (trades["reason"] == "time").to_numpy()  # such a bar belongs to the next trade
    lag = int(np.maximum(exits - entries - at_open, 0).max())
    if lag > LARGEST_LAG * len(times):
        raise UndefinedFigure(BacktestSentence.TRADE_LONGER_THAN_QUARTER_OF_BARS())
    return trades_t(trades["return"].to_numpy(), entries, len(times), lag)


def _of_trades(trades: pl.DataFrame) -> Table:
    returns, profits, fees, slippage, holding = (
        trades[name].to_numpy() for name in ("return", "profit", "fees", "slippage", "holding_bars")
    )
    return {
        "trades": lambda: trades.height,
        "win_rate": lambda: trade_statistics.win_rate(returns),
        "profit_loss_ratio": lambda: trade_statistics.profit_loss_ratio(returns),
        "profit_factor": lambda: trade_statistics.profit_factor(profits),
        "expectancy": lambda: trade_statistics.mean(returns),
        "average_holding_bars": lambda: trade_statistics.mean(holding),
        "fees": lambda: float(fees.sum()),
        "slippage": lambda: float(slippage.sum()),
        "cost_share": lambda: trade_statistics.cost_share(profits, fees + slippage),
    }


def _of_equity(accounts: "Accounts", days: Sessions) -> Table:
    return {
        **_of_curve(accounts.times, accounts.equity, days),
        "exposure": lambda: float(accounts.exposure.mean()),
        "time_in_market": lambda: float((accounts.exposure > 0).mean()),
        "turnover": lambda: returns_statistics.a_year(accounts.turnover, days.years),
    }


def _of_curve(times: Integers, equity: Floats, days: Sessions) -> Table:
    deepest = float(drawdowns(equity).min())

    def annual_return() -> float:
        return returns_statistics.annual_return(equity, days.years)

    return {
        "total_return": lambda: returns_statistics.total_return(equity),
        "annual_return": annual_return,
        "max_drawdown": lambda: deepest,
        "max_drawdown_days": lambda: max_drawdown_days(times, equity),
        "calmar": lambda: returns_statistics.calmar(annual_return(), deepest),
    }


def _of_sessions(days: Sessions) -> Table:
    returns = days.returns
    return {
        "periods_per_year": lambda: days.per_year,
        "volatility": lambda: returns_statistics.volatility(returns, days.per_year),
        "sharpe": lambda: returns_statistics.sharpe(returns, days.per_year),
        "sortino": lambda: returns_statistics.sortino(returns, days.per_year),
        "omega": lambda: returns_statistics.omega(returns),
        "skew": lambda: returns_statistics.skew(returns),
        "kurtosis": lambda: returns_statistics.kurtosis(returns),
        "tail_ratio": lambda: returns_statistics.tail_ratio(returns),
        "value_at_risk": lambda: returns_statistics.value_at_risk(returns),
        "conditional_value_at_risk": lambda: returns_statistics.conditional_value_at_risk(returns),
        "probabilistic_sharpe": lambda: deflation.probabilistic_sharpe(deflation.moments(returns)),
        "minimum_track_record_years": lambda: (
            deflation.minimum_track_record(deflation.moments(returns)) / days.per_year
        ),
    }


def _ends(name: str, interval: Callable[[], tuple[float, float]]) -> Table:
    """The two figures `name`_low and `name`_high, reckoned once."""
    once = functools.cache(interval)
    return {f"{name}_low": lambda: once()[0], f"{name}_high": lambda: once()[1]}
