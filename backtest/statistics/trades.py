"""Figures of the trades: simple returns after costs, profit over the value of the entry."""

import numpy as np
import polars as pl

from quantsig.backtest.market import Floats
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.data.storage.records import Figures


def win_rate(returns: Floats) -> float:
    """Share of the trades that earned more than nothing after costs."""
    return float((_some(returns) > 0).mean())


def profit_factor(profits: Floats) -> float:
    """Sum of the gains over the sum of the losses, in money after costs."""
    lost = -float(np.minimum(_some(profits), 0.0).sum())
    if lost == 0:
        raise UndefinedFigure(BacktestSentence.NO_TRADE_LOST())
    return float(np.maximum(profits, 0.0).sum()) / lost


def profit_loss_ratio(returns: Floats) -> float:
    """Mean gain of the trades that won over the mean loss of those that lost, both as returns."""
    won, lost = returns[_some(returns) > 0], returns[returns < 0]
    if not len(won):
        raise UndefinedFigure(BacktestSentence.NO_TRADE_WON())
    if not len(lost):
        raise UndefinedFigure(BacktestSentence.NO_TRADE_LOST())
    return float(won.mean()) / -float(lost.mean())


def cost_share(profits: Floats, costs: Floats) -> float:
    """Fees and slippage over what all trades together earned before them.

    Args:
        profits: (K,) money after costs.
        costs: (K,) money, fees and slippage.
    """
    earned = float((_some(profits) + costs).sum())
    if earned <= 0:
        raise UndefinedFigure(BacktestSentence.NOTHING_BEFORE_COSTS())
    return float(costs.sum()) / earned


def mean(values: Floats) -> float:
    """Arithmetic mean over the trades."""
    return float(_some(values).mean())


def per_symbol(
    trades: pl.DataFrame, symbols: tuple[str, ...], values: Floats
) -> tuple[Figures, ...]:
    """A row a symbol: return of its account, and the figures of its trades.

    Args:
        trades: rows of trades.parquet.
        symbols: S names.
        values: (T, S) value of each account; (T, 1) where all symbols share one, and then no
            symbol has a return of its own.
    """
    own = values[-1] / values[0] - 1.0 if values.shape[1] == len(symbols) else None
    accounts = pl.DataFrame({"symbol": symbols}).with_columns(
        pl.Series("total_return", own, dtype=pl.Float64, strict=False)
        if own is not None
        else pl.lit(None, dtype=pl.Float64).alias("total_return")
    )
    returns, lost = pl.col("return"), -pl.col("profit").clip(upper_bound=0.0).sum()
    earned = trades.group_by("symbol").agg(
        pl.len().alias("trades"),
        (returns > 0).mean().alias("win_rate"),
        returns.mean().alias("expectancy"),
        pl.when(lost > 0).then(pl.col("profit").clip(0.0).sum() / lost).alias("profit_factor"),
        pl.col("holding_bars").mean().alias("average_holding_bars"),
        pl.col("profit", "fees", "slippage").sum(),
    )
    rows = accounts.join(earned, on="symbol", how="left", maintain_order="left")
    known = rows.with_columns(pl.col("trades", "profit", "fees", "slippage").fill_null(0))
    return tuple(known.iter_rows(named=True))


def _some(values: Floats) -> Floats:
    if not len(values):
        raise UndefinedFigure(BacktestSentence.NO_TRADES())
    return values
