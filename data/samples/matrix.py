"""The stored bars of a sample set: as a table, as arrays for drawing, and as a table again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantsig.data.samples.manifest import Manifest
from quantsig.data.samples.parts import BARS, read_parts, symbol_runs
from quantsig.data.storage import parquet

if TYPE_CHECKING:
    from quantsig.data.charts.draw import BarMatrix

MATRIX_COLUMNS = ("open", "high", "low", "close", "volume", "adjustment")


def read_stored_bars(
    path: Path,
    manifest: Manifest,
    columns: Sequence[str] | None = None,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """The stored bars in order of symbol and time; `columns` of them, or all.

    Args:
        path: of the sample set.
        manifest: of it.
        columns: names of those to read; None: all.
        where: a condition for the rows to keep; the others of a part are forgotten with it.

    Raises:
        IntegrityError: a part is not what was written.
    """
    parts = [
        part if where is None else part.filter(where)
        for part in read_parts(path, BARS, manifest.files, columns)
    ]
    parquet.release()
    found = any(map(len, parts))
    return _by_symbol(parts) if manifest.ancestors and found else pl.concat(parts)


def count_stored_bars(path: Path, manifest: Manifest) -> dict[str, int]:
    """How many bars of each symbol are stored, in the order of `read_stored_bars`."""
    counts: Counter[str] = Counter()
    for part in read_parts(path, BARS, manifest.files, ["symbol"]):
        counts.update({name: len(run) for name, run in symbol_runs(part).items()})
    return dict(sorted(counts.items()))


def first_rows(symbol_bars: Mapping[str, int]) -> dict[str, int]:
    """The row of each symbol's first bar, from how many bars each has."""
    return dict(zip(symbol_bars, [0, *accumulate(symbol_bars.values())], strict=False))


def read_matrix(path: Path, manifest: Manifest, symbol_bars: Mapping[str, int]) -> "BarMatrix":
    """The stored bars as arrays, filled part by part, so that they are in memory once."""
    matrix = empty_matrix(sum(symbol_bars.values()))
    free = first_rows(symbol_bars)
    for part in read_parts(path, BARS, manifest.files):
        for name, run in symbol_runs(part).items():
            fill_matrix(matrix, free[name], run)
            free[name] += len(run)
    parquet.release()
    return matrix


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


def _by_symbol(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Parts, each in order of symbol and time and each later than those before, as one table.

    Sorting the whole would take several times the memory, and one piece of memory twice as much.
    """
    runs = [symbol_runs(part) for part in parts]
    names = sorted(set().union(*runs))
    return pl.concat([run[name] for name in names for run in runs if name in run])
