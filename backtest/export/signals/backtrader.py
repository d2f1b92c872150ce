"""A feed a symbol for backtrader's GenericCSVData, with two lines of what is to be done."""

from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.export.signals.positions import Positions, before
from quantsig.backtest.export.signals.target import (
    ExportedSignals,
    SignalFormat,
    file_names,
    stamps_of_close,
)
from quantsig.data.storage import atomic

FEEDS = "feeds"


def write(folder: Path, exported: ExportedSignals) -> dict[str, str]:
    """Write the feeds; files by symbol."""
    named = file_names(exported.positions, exported.where)
    files = {symbol: f"{FEEDS}/{name}.csv" for symbol, name in named.items()}
    for symbol, own in exported.positions.items():
        content = _feed(own, exported).write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
        atomic.write_text(folder / files[symbol], content)
    return files


def _feed(own: Positions, exported: ExportedSignals) -> pl.DataFrame:
    bars, prices = own.bars, own.bars.prices
    count = len(bars.times)
    return pl.DataFrame(
        {
            "datetime": stamps_of_close(bars, exported),
            "open": prices.open,
            "high": prices.high,
            "low": prices.low,
            "close": prices.close,
            "volume": np.zeros(count) if bars.volumes is None else bars.volumes,
            "enter": before(own.entries, own.directions, count),
            "leave": before(own.exits, np.ones(len(own), np.int64), count),
        }
    )


BACKTRADER = SignalFormat(write=write, script="example.py")
