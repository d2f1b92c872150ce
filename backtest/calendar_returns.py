"""Returns by calendar years."""

import polars as pl

from quantsig.backtest.drawdowns import drawdowns
from quantsig.backtest.market import Floats, Integers, to_times


def yearly(trades: pl.DataFrame, times: Integers, equity: Floats) -> list[dict[str, float]]:
    """A row a calendar year (UTC): return, worst drawdown so far, and trades entered in it."""
    curve = pl.DataFrame(
        {"year": to_times(times).dt.year(), "equity": equity, "drawdown": drawdowns(equity)}
    )
    rows = curve.group_by("year", maintain_order=True).agg(
        pl.col("equity").last(), pl.col("drawdown").min().alias("max_drawdown")
    )
    before = pl.col("equity").shift(1).fill_null(equity[0])
    entered = trades.group_by(pl.col("entry_time").dt.year().alias("year")).len("trades")
    return (
        rows.with_columns((pl.col("equity") / before - 1.0).alias("return"))
        .join(entered, on="year", how="left", maintain_order="left")
        .with_columns(pl.col("trades").fill_null(0))
        .select("year", "return", "max_drawdown", "trades")
        .to_dicts()
    )
