"""Bars whose future is another, for what must not notice."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.tables.columns import PRICES

NOISE = 0.1  # of the log price and, tenfold, of the log volume


def changed_after(bars: pl.DataFrame, row: int, seed: int) -> pl.DataFrame:
    """Bars with every later one times noise; those up to `row` stay.

    A bar's four prices are multiplied alike, so that it stays a bar.

    Args:
        bars: of one symbol; open, high, low, close, and volume where it is known.
        row: the last that stays.
        seed: of the noise.
    """
    prices, volumes = _factors(len(bars) - row - 1, seed)
    stays = np.ones(row + 1)
    price = pl.Series(np.concatenate([stays, prices]))
    volume = pl.Series(np.concatenate([stays, volumes]))
    names = [name for name in PRICES if name in bars.columns]
    more = [pl.col("volume") * volume] if "volume" in bars.columns else []
    return bars.with_columns(*(pl.col(name) * price for name in names), *more)


def change(values: NDArray[np.float64], seed: int) -> None:
    """Multiply bars (N, 6) of a matrix by noise, in place; see `BarMatrix`."""
    prices, volumes = _factors(len(values), seed)
    values[:, :4] *= prices[:, None]
    values[:, 4] *= volumes


def _factors(bars: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    prices = np.exp(np.cumsum(random.normal(0.0, NOISE, bars)) + NOISE)
    return prices, np.exp(random.normal(1.0, 10 * NOISE, bars))
