"""Candles and signals as freqtrade keeps them, and a strategy that merges the two."""

import io
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.export.signals.positions import Positions, before, held_on
from quantsig.backtest.export.signals.target import Exported, Target, file_names, stamps_of_open
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
ABOUT = """\
`signals/PAIR-TIMEFRAME.feather` has a row a candle: `date` (its open in UTC, as freqtrade labels
candles; of daily ones midnight of their session) and `enter_long`, `exit_long`, `enter_short`,
`exit_short` (1 or 0). `data/` has the candles they were decided on under the names that freqtrade
gives its own, `BTC_USDT-1h.feather` for BTC/USDT. `QuantsigSignals.py` merges signals by pair and
date; `config.json` names it and goes behind that of your exchange:

    freqtrade backtesting -c yours.json -c config.json -d data

A row's candle had closed when its signals were known. freqtrade moves them one candle on, so an
entry is filled at the open of the next candle; the row is the candle before that open. Do not
shift again. Pairs keep the names of the symbols; an exchange has to list them.

freqtrade takes no entry on a candle that also leaves the same side. Where a position would begin
at the open that another of its side ends at, it is held on instead; export.json counts these as
`held_on`. The strategy has neither stop nor take-profit, and lets only the signals end a trade."""
SCRIPT = '''"""Enters and leaves as quantsig said; goes with the files beside it."""

import json
from pathlib import Path

import pandas as pd
from freqtrade.strategy import IStrategy

HERE = Path(__file__).parent
ABOUT = json.loads((HERE / "export.json").read_text(encoding="utf-8"))


class QuantsigSignals(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = ABOUT["timeframe"]
    can_short = ABOUT["short"]
    startup_candle_count = 0
    minimal_roi = {"0": 1000.0}
    stoploss = -0.99
    use_exit_signal = True
    exit_profit_only = False

    def populate_indicators(self, dataframe, metadata):
        said = pd.read_feather(HERE / ABOUT["files"][metadata["pair"]]).set_index("date")
        return dataframe.join(said.add_prefix("said_"), on="date")

    def populate_entry_trend(self, dataframe, metadata):
        return self._marked(dataframe, "enter_long", "enter_short")

    def populate_exit_trend(self, dataframe, metadata):
        return self._marked(dataframe, "exit_long", "exit_short")

    def _marked(self, dataframe, *marks):
        for mark in marks:
            dataframe[mark] = dataframe[f"said_{mark}"].fillna(0).astype(int)
        return dataframe
'''


def write(folder: Path, exported: Exported) -> dict[str, str]:
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


FREQTRADE = Target(write=write, script=(f"{STRATEGY}.py", SCRIPT), about=ABOUT)
