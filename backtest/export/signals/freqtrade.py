"""Candles and signals as freqtrade keeps them, and a strategy that merges the two."""

import io
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.export.signals.positions import Positions, before, held_on
from quantsig.backtest.export.signals.target import (
    ExportedSignals,
    SignalFormat,
    file_names,
    stamps_of_open,
)
from quantsig.backtest.market import Floats, Integers
from quantsig.data.calendar.intervals import interval_text
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.storage import atomic
from quantsig.data.storage.documents import write_json

CANDLES, SIGNALS = "data", "signals"
STRATEGY = "QuantsigSignals"
TIMEFRAMES = (
    *("1m", "3m", "5m", "15m", "30m"),
    *("1h", "2h", "4h", "6h", "8h", "12h"),
    "1d",
    "3d",
    "1w",
)  # of most exchanges


def write(folder: Path, exported: ExportedSignals) -> dict[str, str]:
    """Write candles, signals and configuration; files of signals by symbol."""
    timeframe = timeframe_of(exported.interval, exported.where)
    named = file_names(exported.positions, exported.where)
    for symbol, own in exported.positions.items():
        file = f"{named[symbol]}-{timeframe}.feather"
        dates = stamps_of_open(own.bars.times, exported)
        date = dates.dt.replace_time_zone("UTC").cast(pl.Datetime("ms", "UTC")).alias("date")
        _feather(folder / CANDLES / file, pl.DataFrame({"date": date, **_candles(own)}))
        _feather(folder / SIGNALS / file, pl.DataFrame({"date": date, **marks(own)}))
    write_json(
        folder / "config.json",
        {
            "user_data_dir": ".",
            "strategy": STRATEGY,
            "strategy_path": ".",
            "timeframe": timeframe,
            "exchange": {"pair_whitelist": list(exported.positions)},
            "pairlists": [{"method": "StaticPairList"}],
        },
    )
    return {symbol: f"{SIGNALS}/{name}-{timeframe}.feather" for symbol, name in named.items()}


def timeframe_of(interval: timedelta, where: str) -> str:
    """The name of an interval among candles.

    Raises:
        DataError: no exchange has such candles.
    """
    timeframe = interval_text(interval)
    if timeframe not in TIMEFRAMES:
        raise DataError(
            phrase("bars of {timeframe} are no candles of freqtrade.", timeframe=timeframe),
            where=where,
            remedy=phrase("It has {names}.", names=", ".join(TIMEFRAMES)),
        )
    return timeframe


def marks(own: Positions) -> dict[str, Integers]:
    """(N,) each column of signals: 1 at the candle after which freqtrade is to act."""
    goes_on = held_on(own)
    found = {}
    for side, name in ((1, "long"), (-1, "short")):
        same = own.directions == side
        begins, ends = same & ~goes_on, same & ~np.append(goes_on[1:], False)[: len(own)]
        for mark, bars in (("enter", own.entries[begins]), ("exit", own.exits[ends])):
            ones = np.ones(len(bars), np.int64)
            found[f"{mark}_{name}"] = before(bars, ones, len(own.bars.times))
    return found


def _candles(own: Positions) -> dict[str, Floats]:
    bars, prices = own.bars, own.bars.prices
    volume = np.zeros(len(bars.times)) if bars.volumes is None else bars.volumes
    names = ("open", "high", "low", "close")
    return {name: getattr(prices, name) for name in names} | {"volume": volume}


def _feather(target: Path, frame: pl.DataFrame) -> None:
    content = io.BytesIO()
    frame.write_ipc(content, compression="lz4")
    atomic.write_bytes(target, content.getbuffer())


FREQTRADE = SignalFormat(write=write, script=f"{STRATEGY}.py")
