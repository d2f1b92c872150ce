"""Which bars of each symbol there are, and where they have gaps."""

import polars as pl

DAY_SECONDS = 86_400


def coverage(bars: pl.DataFrame) -> pl.DataFrame:
    """Span and gaps of every symbol.

    A bar is missing where any other symbol has one at that time, between the first and the last
    bar of the symbol; with one symbol alone none can be known to be missing.

    Args:
        bars: symbol and timestamp, sorted.

    Returns:
        A row per symbol: `symbol`, `first`, `last`, `bars`, `missing` and `longest_days`, the
        longest time between two bars.
    """
    times = bars.select(pl.col("timestamp").unique().sort()).with_row_index("place")
    spans = bars.group_by("symbol", maintain_order=True).agg(
        first=pl.col("timestamp").first(),
        last=pl.col("timestamp").last(),
        bars=pl.len(),
        longest_days=pl.col("timestamp").diff().max().dt.total_seconds() / DAY_SECONDS,
    )
    places = times.rename({"timestamp": "first", "place": "from"})
    ends = times.rename({"timestamp": "last", "place": "to"})
    expected = pl.col("to").cast(pl.Int64) - pl.col("from").cast(pl.Int64) + 1
    return (
        spans.join(places, on="first")
        .join(ends, on="last")
        .with_columns(missing=expected - pl.col("bars").cast(pl.Int64))
        .drop("from", "to")
        .sort("symbol")
    )
