"""Scores as qlib's strategies read them: a frame by datetime and instrument."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from quantsig.backtest.export.signals.target import (
    ExportedSignals,
    SignalFormat,
    refuse_shared,
    stamps_of_open,
)
from quantsig.backtest.market import SymbolBars, place_signals

EXCHANGE_LAST = re.compile(r"(\d{6})\.(SH|SZ|BJ)")  # 600519.SH, which qlib calls SH600519


def write(folder: Path, exported: ExportedSignals) -> dict[str, str]:
    """Write the frame; instruments by symbol."""
    named = _instruments(exported)
    parts = [
        _scores(rows, exported).with_columns(instrument=pl.lit(named[symbol]))
        for (symbol,), rows in exported.period.rows.group_by(["symbol"], maintain_order=True)
    ]
    rows = pl.concat(parts).sort("datetime", "instrument")
    index = pd.MultiIndex.from_arrays(
        [rows["datetime"].to_numpy(), rows["instrument"].to_list()],
        names=["datetime", "instrument"],
    )
    columns = {"score": rows["score"].to_numpy(), "take": rows["take"].to_numpy()}
    pd.DataFrame(columns, index=index).to_parquet(folder / "score.parquet")
    return named


def _instruments(exported: ExportedSignals) -> dict[str, str]:
    named: dict[str, str] = {}
    for symbol in exported.period.market:
        name = EXCHANGE_LAST.sub(r"\2\1", symbol).upper()
        named[symbol] = refuse_shared(named, symbol, name, exported.where)
    return named


def _scores(rows: pl.DataFrame, exported: ExportedSignals) -> pl.DataFrame:
    """Of one symbol: dated the bar before the one that its trade would begin at."""
    symbol = rows["symbol"][0]
    bars: SymbolBars = exported.period.market[symbol]
    ordered = rows.sort("decision_time")
    placed = place_signals(ordered, {symbol: bars}, where=exported.where)[symbol]
    dated = placed.bars + placed.delay_bars - 1
    known = dated < len(bars.times)
    times = bars.times[np.minimum(dated, len(bars.times) - 1)]
    return pl.DataFrame(
        {
            "datetime": _on_the_clock(stamps_of_open(times, exported), exported),
            "score": placed.probabilities * placed.directions,
            "take": ordered["take"],
        }
    ).filter(pl.Series(known))


def _on_the_clock(stamps: pl.Series, exported: ExportedSignals) -> pl.Series:
    """UTC as the source's clock shows it; a day is that of the session already."""
    zone = exported.calendar.timezone
    if exported.daily or zone is None:
        return stamps
    return stamps.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)


QLIB = SignalFormat(write=write, script="example.py")
