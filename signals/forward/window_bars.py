"""Which bars a decision rests on: their SHA-256, which a correction by their vendor changes."""

import hashlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.bars import NUMBERS
from quantsig.data.samples.index import SampleRule


def window_hashes(bars: pl.DataFrame, decisions: NDArray[np.int64], rule: SampleRule) -> list[str]:
    """SHA-256 of the bars that each decision may look at: their times, prices and volumes.

    Args:
        bars: all of one symbol, oldest first.
        decisions: (n,) number of each decision's bar.
        rule: how far a decision looks back.
    """
    times = np.ascontiguousarray(bars["timestamp"].dt.epoch("us").to_numpy())
    numbers = np.ascontiguousarray(bars.select(NUMBERS).to_numpy())  # (N, 6)
    found = []
    for end in (decisions + 1).tolist():
        seen = slice(max(end - 1 - rule.bars_before, 0), end)
        digest = hashlib.sha256(times[seen].tobytes())
        digest.update(numbers[seen].tobytes())
        found.append(digest.hexdigest())
    return found


def symbol_rows(bars: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The bars of each symbol, of bars that are sorted by symbol."""
    rows, parts = 0, {}
    for run in bars["symbol"].rle().to_list():
        parts[run["value"]] = bars.slice(rows, run["len"])
        rows += run["len"]
    return parts
