"""Bars a few whole symbols at a time, so that what is made of them on the way stays small."""

from collections.abc import Iterator

import polars as pl

PIECE_ROWS = 1 << 20


def pieces_where(bars: pl.DataFrame, condition: pl.Expr) -> Iterator[pl.DataFrame]:
    """The rows of each of `pieces` that a condition holds for: one piece is copied at a time."""
    return (piece.filter(condition) for piece in pieces(bars))


def pieces(bars: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows of whole symbols, `PIECE_ROWS` or somewhat more, not copied; of no bars one piece.

    Args:
        bars: the rows of each symbol stand together.
    """
    first = row = 0
    for length in bars["symbol"].rle().struct.field("len"):
        row += length
        if row - first >= PIECE_ROWS:
            yield bars[first:row]
            first = row
    if first < len(bars) or first == 0:
        yield bars[first:]
