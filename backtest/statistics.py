"""What a backtest says in numbers; each figure states its formula and convention.

Trade returns are simple and after costs: profit over the value of the entry. Session returns are
simple returns between the last equities of the calendar days (UTC) that have bars. Yearly figures
use as many sessions a year as the data itself shows, and no risk-free rate. A figure that does
not exist raises `Undefined` with the reason.
"""

from collections.abc import Callable

import polars as pl

from quantsig.backtest.bootstrap import bootstrap_interval
from quantsig.backtest.drawdowns import drawdowns
from quantsig.backtest.figures import Figures, collect
from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.returns_statistics import (
    annual_return,
    sharpe,
    sortino,
    total_return,
    volatility,
)
from quantsig.backtest.sessions import sessions
from quantsig.backtest.trade_statistics import mean, profit_factor, win_rate


def figures(
    trades: pl.DataFrame, times: Integers, equity: Floats, exposure: Floats, *, seed: int
) -> tuple[Figures, dict[str, str]]:
    """All figures of stats.json, and why some are missing.

    Args:
        trades: rows of trades.parquet in the order of entry.
        times: (T,) microseconds since 1970 UTC.
        equity: (T,) starts at 1.0.
        exposure: (T,) invested share.
        seed: of the bootstrap.
    """
    returns, profits = trades["return"].to_numpy(), trades["profit"].to_numpy()
    days = sessions(times, equity)

    def yearly_sharpe(sample: Floats) -> float:
        return sharpe(sample, days.per_year)

    return collect(
        {
            "trades": lambda: trades.height,
            "win_rate": lambda: win_rate(returns),
            "profit_factor": lambda: profit_factor(profits),
            "expectancy": lambda: mean(returns),
            **_interval("expectancy", returns, mean, seed),
            "total_return": lambda: total_return(equity),
            "annual_return": lambda: annual_return(equity, days.years),
            "volatility": lambda: volatility(days.returns, days.per_year),
            "sharpe": lambda: yearly_sharpe(days.returns),
            **_interval("sharpe", days.returns, yearly_sharpe, seed),
            "sortino": lambda: sortino(days.returns, days.per_year),
            "max_drawdown": lambda: float(drawdowns(equity).min()),
            "exposure": lambda: float(exposure.mean()),
            "average_holding_bars": lambda: mean(trades["holding_bars"].to_numpy()),
            "fees": lambda: float(trades["fees"].sum()),
            "periods_per_year": lambda: days.per_year,
        }
    )


def _interval(
    name: str, values: Floats, statistic: Callable[[Floats], float], seed: int
) -> dict[str, Callable[[], float]]:
    """The two figures `name`_low and `name`_high, from one bootstrap."""
    ends: list[tuple[float, float]] = []

    def end(side: int) -> float:
        if not ends:
            ends.append(bootstrap_interval(values, statistic, seed=seed))
        return ends[0][side]

    return {f"{name}_low": lambda: end(0), f"{name}_high": lambda: end(1)}
