"""Fewer points for a line, chosen so that it looks the same."""

import numpy as np
import polars as pl


def thin(frame: pl.DataFrame, column: str, points: int) -> pl.DataFrame:
    """At most about `points` rows: the lowest and highest of `column` in each stretch of rows.

    The first and last row are always kept, so a peak, a trough and the end stay where they are.
    """
    if frame.height <= points:
        return frame
    rows = pl.int_range(pl.len())
    extremes = (
        frame.lazy()
        .select(
            row=rows,
            stretch=rows * (points // 2) // pl.len(),
            value=pl.col(column),
        )
        .group_by("stretch")
        .agg(
            low=pl.col("row").gather(pl.col("value").arg_min()),
            high=pl.col("row").gather(pl.col("value").arg_max()),
        )
        .collect()
    )
    kept = extremes.select(pl.concat_list("low", "high").explode()).to_series().drop_nulls()
    return frame[np.unique([0, frame.height - 1, *kept.to_list()])]


def spread(rows: int, points: int) -> list[int]:
    """At most `points` positions spread evenly over `rows`, both ends included."""
    positions = np.linspace(0, rows - 1, min(rows, points)).round().astype(int)
    return [int(position) for position in np.unique(positions)]
