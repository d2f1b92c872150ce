"""How restless the market was when a decision was made, from bars up to that decision."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.tables.bar_pieces import pieces

Floats = NDArray[np.float64]

WINDOW_BARS = 20
REGIMES = ("calm", "usual", "restless")
MOST_VOLATILITY = 1.5  # times that of training, or under one by it: labels happen otherwise


def realised(bars: pl.DataFrame) -> pl.DataFrame:
    """Standard deviation (ddof 1) of each symbol's last 20 log returns, close to close.

    Args:
        bars: stored bars, sorted by symbol and time.

    Returns:
        Columns symbol, timestamp, volatility; a row for every bar with enough before it.
    """
    price = pl.col("close") * pl.col("adjustment")
    volatility = price.log().diff().rolling_std(WINDOW_BARS).over("symbol")
    return bars.select("symbol", "timestamp", volatility=volatility).drop_nulls()


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
    times = decisions["decision_time"]
    judged, thirds = [], []
    for piece in pieces(bars):
        every = realised(piece)
        judged.append(every.filter(pl.col("timestamp").is_between(times.min(), times.max())))
        thirds.append(_thirds(every.filter(pl.col("timestamp") < before)))
    known, edges = pl.concat(judged), pl.concat(thirds)
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


def _thirds(known: pl.DataFrame) -> pl.DataFrame:
    return known.group_by("symbol").agg(
        lower=pl.col("volatility").quantile(1 / 3, "linear"),
        upper=pl.col("volatility").quantile(2 / 3, "linear"),
    )


def realised_at(bars: pl.DataFrame, decisions: pl.DataFrame) -> Floats:
    """(m,) the 20-bar volatility at those decisions whose bars before are enough."""
    asked = decisions.select("symbol", timestamp="decision_time")
    found = [asked.join(realised(piece), on=["symbol", "timestamp"]) for piece in pieces(bars)]
    return pl.concat(found)["volatility"].to_numpy()


def volatility_ratio(before: Iterable[pl.DataFrame], now: Iterable[pl.DataFrame]) -> float | None:
    """How many times as volatile as before bars are now.

    Of each symbol the root mean square of log returns, adjusted close to close; the median of
    the ratios over the symbols of both.

    Args:
        before: pieces of whole symbols; columns symbol, close, adjustment, by symbol and time.
        now: likewise.

    Returns:
        The ratio; None where no symbol is in both, or one never moved.
    """
    squares = [pl.concat(map(_mean_square, bars)) for bars in (before, now)]
    both = squares[0].join(squares[1], on="symbol", suffix="_now")
    ratios = np.sqrt((both["square_now"] / both["square"]).to_numpy())
    return float(np.median(ratios)) if len(ratios) else None


def _mean_square(bars: pl.DataFrame) -> pl.DataFrame:
    """Of the log returns of each symbol that ever moved."""
    move = (pl.col("close") * pl.col("adjustment")).log().diff().over("symbol")
    return (
        bars.select("symbol", square=move**2)
        .group_by("symbol")
        .agg(pl.col("square").mean())
        .filter(pl.col("square") > 0.0)
    )


def volatility_warning(ratio: float | None) -> str | None:
    """That a market is much more or less volatile than in training; None where it is not."""
    if ratio is None or 1 / MOST_VOLATILITY < ratio < MOST_VOLATILITY:
        return None
    return (
        f"the market is {ratio:.2f} times as volatile as in training: charts do not show it, and "
        f"a move of a fixed size happens {'more' if ratio > 1.0 else 'less'} often than the "
        "probabilities say."
    )
