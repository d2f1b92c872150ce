"""Figures of the trades: simple returns after costs, profit over the value of the entry."""

import numpy as np
import polars as pl

from quantsig.backtest.figures import Undefined
from quantsig.backtest.market import Floats


def win_rate(returns: Floats) -> float:
    """Share of the trades that earned more than nothing after costs."""
    return float((_some(returns) > 0).mean())


def profit_factor(profits: Floats) -> float:
    """Sum of the gains over the sum of the losses, in money after costs."""
    lost = -float(np.minimum(_some(profits), 0.0).sum())
    if lost == 0:
        raise Undefined("no trade lost")
    return float(np.maximum(profits, 0.0).sum()) / lost


def mean(values: Floats) -> float:
    """Arithmetic mean over the trades."""
    return float(_some(values).mean())


def per_symbol(
    trades: pl.DataFrame, symbols: tuple[str, ...], values: Floats
) -> list[dict[str, float | str | None]]:
    """A row a symbol: return of its account, trades, win rate, expectancy, profit and fees.

    Args:
        trades: rows of trades.parquet.
        symbols: S names.
        values: (T, S) value of each account.
    """
    accounts = pl.DataFrame({"symbol": symbols, "total_return": values[-1] / values[0] - 1.0})
    earned = trades.group_by("symbol").agg(
        pl.len().alias("trades"),
        (pl.col("return") > 0).mean().alias("win_rate"),
        pl.col("return").mean().alias("expectancy"),
        pl.col("profit").sum(),
        pl.col("fees").sum(),
    )
    return (
        accounts.join(earned, on="symbol", how="left", maintain_order="left")
        .with_columns(pl.col("trades", "profit", "fees").fill_null(0))
        .to_dicts()
    )


def _some(values: Floats) -> Floats:
    if not len(values):
        raise Undefined("no trades")
    return values
