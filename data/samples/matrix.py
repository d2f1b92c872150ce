"""The bars of a sample set as arrays for drawing, and as frames again."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from quantsig.data.charts.draw import BarMatrix

MATRIX_COLUMNS = ("open", "high", "low", "close", "volume", "adjustment")


def bar_matrix(bars: pl.DataFrame) -> "BarMatrix":
    """The bars of a frame as arrays for drawing."""
    matrix = empty_matrix(len(bars))
    fill_matrix(matrix, 0, bars)
    return matrix


def empty_matrix(rows: int) -> "BarMatrix":
    """Arrays for so many bars, not filled yet."""
    from quantsig.data.charts.draw import BarMatrix

    return BarMatrix(
        values=np.empty((rows, len(MATRIX_COLUMNS))), times_us=np.empty(rows, np.int64)
    )


def fill_matrix(matrix: "BarMatrix", first: int, bars: pl.DataFrame) -> None:
    """Copy the bars of a frame into arrays, from row `first` on."""
    after = first + len(bars)
    for column, name in enumerate(MATRIX_COLUMNS):
        matrix.values[first:after, column] = bars[name].to_numpy()
    matrix.times_us[first:after] = bars["timestamp"].to_physical().to_numpy()


def matrix_bars(matrix: "BarMatrix", first: int, after: int, *, symbol: str) -> pl.DataFrame:
    """Rows `first` to before `after` of the arrays as a frame again; all are of one symbol."""
    times = pl.from_epoch(pl.Series(matrix.times_us[first:after]), "us").dt.replace_time_zone("UTC")
    values = matrix.values[first:after]
    return pl.DataFrame(
        {
            "symbol": pl.repeat(symbol, len(times), eager=True),
            "timestamp": times,
            **{name: values[:, column] for column, name in enumerate(MATRIX_COLUMNS)},
        }
    )
