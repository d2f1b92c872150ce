"""Bars as candles, folded where there are more than a drawing can show."""

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from quantsig.reports.page import theme


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldedCandles:
    """Candles of `bars_each` bars; each is stamped with the close of its last bar."""

    bars: pl.DataFrame  # timestamp, open, high, low, close
    bars_each: int


def fold(bars: pl.DataFrame, limit: int) -> FoldedCandles:
    """At most `limit` candles: the first open, highest high, lowest low and last close of each."""
    each = max(1, math.ceil(bars.height / limit))
    if each == 1:
        return FoldedCandles(bars=bars, bars_each=1)
    folded = bars.group_by(pl.int_range(pl.len()) // each, maintain_order=True).agg(
        pl.col("timestamp").last(),
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
    )
    return FoldedCandles(bars=folded, bars_each=each)


def candles(bars: pl.DataFrame, name: str) -> dict[str, Any]:
    """The candles of one symbol, a trace as plotly takes it."""
    prices = {column: six_digits(bars[column]) for column in ("open", "high", "low", "close")}
    return {
        "type": "candlestick",
        "name": name,
        "x": milliseconds(bars["timestamp"]),
        **prices,
        "increasing": _body(theme.GAIN, inside=theme.CARD),  # hollow: seen without colours, too
        "decreasing": _body(theme.LOSS, inside=theme.LOSS),
        "showlegend": False,
    }


def milliseconds(times: pl.Series) -> list[int]:
    """Times as the number that a date axis takes: milliseconds since 1970."""
    return times.dt.epoch("ms").to_list()


def six_digits(prices: pl.Series) -> list[float]:
    """Prices of one symbol, the largest to six digits."""
    largest = float(prices.abs().max() or 1.0)  # type: ignore[arg-type]
    return prices.round(max(5 - math.floor(math.log10(largest)), 0)).to_list()


def breaks(times: pl.Series) -> list[dict[str, Any]]:
    """Weekends, left out of the axis where no bar falls on one."""
    return [] if (times.dt.weekday() > 5).any() else [{"bounds": ["sat", "mon"]}]


def _body(colour: str, inside: str) -> dict[str, Any]:
    return {"line": {"color": colour, "width": 1}, "fillcolor": inside}
