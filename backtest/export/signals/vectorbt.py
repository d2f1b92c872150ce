"""Frames for `vectorbt.Portfolio.from_signals`: a row a bar, a column a symbol."""

from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.export.signals.positions import Positions
from quantsig.backtest.export.signals.target import ExportedSignals, SignalFormat
from quantsig.backtest.market import Integers, to_times
from quantsig.data.storage.parquet import write_parquet

SECOND = "#2"  # a second column of a symbol, for positions that begin where the one before ends
PRICES = ("open", "close")
FLAGS = {  # frame by what is done, and to which side
    "entries": ("entries", 1),
    "exits": ("exits", 1),
    "short_entries": ("entries", -1),
    "short_exits": ("exits", -1),
}


def write(folder: Path, exported: ExportedSignals) -> dict[str, str]:
    """Write the frames; columns by symbol."""
    positions = exported.positions
    times = np.unique(np.concatenate([own.bars.times for own in positions.values()]))
    for name in PRICES:
        prices = {symbol: _prices(own, name, times) for symbol, own in positions.items()}
        _write(folder, name, times, positions, (prices, prices))
    for name, (moment, side) in FLAGS.items():
        lanes = tuple(
            {symbol: _flags(own, moment, side, lane, times) for symbol, own in positions.items()}
            for lane in (False, True)
        )
        _write(folder, name, times, positions, lanes)
    return {symbol: symbol for symbol in positions}


def second_lane(own: Positions) -> np.ndarray:
    """(K,) whether a position stands in the second column: not in that of the one before it."""
    lanes = np.zeros(len(own), bool)
    for place in np.flatnonzero(own.reentries):
        lanes[place] = not lanes[place - 1]
    return lanes


def _write(
    folder: Path,
    name: str,
    times: Integers,
    positions: dict[str, Positions],
    lanes: tuple[dict[str, pl.Series], ...],
) -> None:
    first, second = lanes
    columns = {"timestamp": to_times(times)}
    for symbol, own in positions.items():
        columns[symbol] = first[symbol]
        if own.reentries.any():
            columns[symbol + SECOND] = second[symbol]
    write_parquet(folder / f"{name}.parquet", pl.DataFrame(columns))


def _prices(own: Positions, name: str, times: Integers) -> pl.Series:
    """Of each row; a close goes on to hold where the symbol has no bar."""
    prices = np.full(len(times), np.nan)
    prices[np.searchsorted(times, own.bars.times)] = getattr(own.bars.prices, name)
    column = pl.Series(prices).fill_nan(None)
    return column.fill_null(strategy="forward") if name == "close" else column


def _flags(own: Positions, moment: str, side: int, lane: bool, times: Integers) -> pl.Series:
    chosen = (own.directions == side) & (second_lane(own) == lane)
    bars = getattr(own, moment)[chosen]
    flags = np.zeros(len(times), bool)
    flags[np.searchsorted(times, own.bars.times[bars[bars < len(own.bars.times)]])] = True
    return pl.Series(flags)


VECTORBT = SignalFormat(write=write, script="example.py")
