"""How restless the market was when a decision was made, from bars up to that decision."""

from datetime import datetime

import polars as pl

WINDOW_BARS = 20
REGIMES = ("calm", "usual", "restless")


def regimes(bars: pl.DataFrame, decisions: pl.DataFrame, before: datetime) -> pl.Series:
    """The volatility regime of each decision.

    A decision is judged by the standard deviation (ddof 1) of the last 20 log returns of its
    symbol, close to close, the decision's bar the newest. The regimes are thirds of what the same
    symbol had before `before`, so neither side looks ahead.

    Args:
        bars: stored bars, sorted by symbol and time.
        decisions: `symbol` and `decision_time`.
        before: where the rows that are judged begin.

    Returns:
        (n,) calm, usual or restless; null where the bars before are too few to say.
    """
    price = pl.col("close") * pl.col("adjustment")
    volatility = price.log().diff().rolling_std(WINDOW_BARS).over("symbol")
    known = bars.select("symbol", "timestamp", volatility=volatility).drop_nulls()
    edges = (
        known.filter(pl.col("timestamp") < before)
        .group_by("symbol")
        .agg(
            lower=pl.col("volatility").quantile(1 / 3, "linear"),
            upper=pl.col("volatility").quantile(2 / 3, "linear"),
        )
    )
    calm, usual, restless = map(pl.lit, REGIMES)
    found = (
        decisions.join(
            known,
            left_on=["symbol", "decision_time"],
            right_on=["symbol", "timestamp"],
            how="left",
            maintain_order="left",
        )
        .join(edges, on="symbol", how="left", maintain_order="left")
        .select(
            regime=pl.when(pl.col("volatility") <= pl.col("lower"))
            .then(calm)
            .when(pl.col("volatility") <= pl.col("upper"))
            .then(usual)
            .when(pl.col("volatility") > pl.col("upper"))
            .then(restless)
        )
    )
    return found["regime"]
