"""Bars and signals as arrays per symbol, checked where they enter the backtest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.data.calendar.timestamps import rising
from quantsig.data.errors import DataError
from quantsig.data.labels import Prices
from quantsig.data.language.messages import phrase
from quantsig.data.samples.parts import BARS, symbol_runs
from quantsig.data.samples.store import SampleSet

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Closes:
    """The closes of the bars before the period, oldest first; what a size may look back at."""

    times: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    closes: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class SymbolBars:
    """The bars of one symbol within the period, oldest first."""

    times: Integers  # (N,) closes of the bars, microseconds since 1970 UTC
    prices: Prices  # (N,) each, adjusted
    volumes: Floats | None = None  # (N,); None where they are not known
    factors: Floats | None = None  # (N,) what raw prices were multiplied by; None: by nothing
    earlier: Closes = field(default_factory=Closes)
    calendar: SessionCalendar = UTC_DAYS  # which session each bar is of


@dataclass(frozen=True, kw_only=True, slots=True)
class SymbolSignals:
    """The signals of one symbol, oldest first; NaN where there is none."""

    bars: Integers  # (K,) the bar each was decided at, a row of `SymbolBars`
    directions: Integers  # (K,) +1 long, -1 short
    delay_bars: Integers  # (K,) from the decision bar to the bar whose open is the entry
    horizon_bars: Integers  # (K,) from the entry's open to the exit's open
    stops: Floats  # (K,) distance of the stop from the entry's open, a fraction of it
    targets: Floats  # (K,) distance of the target from the entry's open, a fraction of it
    probabilities: Floats  # (K,)
    sizes: Floats | None = None  # (K,) fractions of a full position; None: all are full


Market = Mapping[str, SymbolBars]


def calendar_in(market: Market) -> SessionCalendar:
    """Which session each bar of a market is of; its symbols share one calendar."""
    return next((bars.calendar for bars in market.values()), UTC_DAYS)


def market_of(
    samples: SampleSet,
    bars: pl.DataFrame,
    symbols: Sequence[str],
    *,
    start: datetime,
    end: datetime,
) -> dict[str, SymbolBars]:
    """The bars of a sample set, in the prices given, by its own calendar; see `cut_market`."""
    where = str(samples.path / BARS)
    return cut_market(bars, symbols, start=start, end=end, where=where, calendar=samples.calendar)


def cut_market(
    bars: pl.DataFrame,
    symbols: Sequence[str],
    *,
    start: datetime,
    end: datetime,
    where: str,
    calendar: SessionCalendar,
) -> dict[str, SymbolBars]:
    """The bars of `symbols` that close within `start`..`end`, both included.

    Args:
        bars: columns symbol, timestamp, open, high, low, close; adjusted prices. Volume, and
            adjustment, what raw prices were multiplied by, are kept where they are there.
        symbols: the symbols to trade; each must have bars.
        start, end: aware times.
        where: the file the bars come from, for messages.
        calendar: which session each bar is of.

    Raises:
        DataError: a symbol without bars, bars out of order or twice, a price that is missing,
            zero or not finite.
    """
    untraded = ~pl.col("symbol").is_in(list(symbols))
    traded = bars.filter(~untraded) if bars.select(untraded.any()).item() else bars
    _check_order(traded, where)
    _check_prices(traded, where)
    begins, ends = _microseconds(pl.Series([start, end], dtype=pl.Datetime("us", "UTC")))
    runs, market = _by_symbol(traded), {}
    for symbol in sorted(symbols):
        run = runs.get(symbol, traded.clear())
        times = _microseconds(run["timestamp"])
        first = int(np.searchsorted(times, begins, "left"))
        after = int(np.searchsorted(times, ends, "right"))
        if first == after:
            raise DataError(
                phrase(
                    "{symbol} has signals but no bars between {start} and {end}.",
                    symbol=symbol,
                    start=start,
                    end=end,
                ),
                where=where,
                remedy="Backtest on the sample set that the run was trained on.",
            )
        market[symbol] = _symbol_bars(run[first:after], run[:first], calendar)
    return market


def place_signals(signals: pl.DataFrame, market: Market, *, where: str) -> dict[str, SymbolSignals]:
    """The signals of each symbol of `market`, on the bars they were decided at.

    Args:
        signals: columns symbol, decision_time, direction, delay_bars, horizon_bars, stop, target,
            probability, and size where each has its own.
        market: the bars of every symbol.
        where: the file the signals come from, for messages.

    Raises:
        DataError: a signal for a symbol without bars, or decided when no bar closed.
    """
    ordered = signals.sort("symbol", "decision_time")
    stray = ordered.filter(~pl.col("symbol").is_in(list(market)))
    if stray.height:
        raise DataError(
            phrase("{symbol} has signals but no bars.", symbol=stray["symbol"][0]),
            where=where,
            remedy="Backtest on the sample set that the run was trained on.",
        )
    parts, none = _by_symbol(ordered), ordered.clear()
    return {
        symbol: _symbol_signals(symbol, parts.get(symbol, none), bars, where)
        for symbol, bars in market.items()
    }


def to_times(microseconds: Integers) -> pl.Series:
    """Microseconds since 1970 as the UTC times that the artefacts hold."""
    return pl.Series(microseconds, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def _check_order(bars: pl.DataFrame, where: str) -> None:
    if rising(bars):
        return
    step = pl.col("timestamp").diff().over("symbol")
    bad = bars.filter(step <= pl.duration())
    if bad.height:
        raise DataError(
            "a bar is not later than the one before it.",
            where=f"{where}, {bad['symbol'][0]} at {bad['timestamp'][0]}",
            remedy="Sort the bars by time, remove duplicates, and build the samples again.",
        )


def _check_prices(bars: pl.DataFrame, where: str) -> None:
    columns = [pl.col(name) for name in ("open", "high", "low", "close")]
    good = [(column.is_finite() & (column > 0)).fill_null(False) for column in columns]
    bad = bars.filter(~pl.all_horizontal(good))
    if bad.height:
        raise DataError(
            "a price is missing, zero, negative or not finite.",
            where=f"{where}, {bad['symbol'][0]} at {bad['timestamp'][0]}",
            remedy="Repair the source or set the bar aside, and build the samples again.",
        )


def _by_symbol(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of each symbol; not copied where they stand together, as stored bars do."""
    if rows["symbol"].rle().struct.field("value").is_unique().all():
        return symbol_runs(rows)
    parts = rows.partition_by("symbol", as_dict=True, maintain_order=True)
    return {str(key[0]): part for key, part in parts.items()}


def _symbol_bars(
    part: pl.DataFrame, earlier: pl.DataFrame, calendar: SessionCalendar
) -> SymbolBars:
    prices = {name: _floats(part[name]) for name in ("open", "high", "low", "close")}
    return SymbolBars(
        times=_microseconds(part["timestamp"]),
        prices=Prices(**prices),
        volumes=_floats(part["volume"]) if "volume" in part.columns else None,
        factors=_floats(part["adjustment"]) if "adjustment" in part.columns else None,
        earlier=Closes(times=_microseconds(earlier["timestamp"]), closes=_floats(earlier["close"])),
        calendar=calendar,
    )


def _symbol_signals(symbol: str, rows: pl.DataFrame, bars: SymbolBars, where: str) -> SymbolSignals:
    times = _microseconds(rows["decision_time"])
    places = np.searchsorted(bars.times, times)
    found = bars.times[np.minimum(places, len(bars.times) - 1)] == times
    if not found.all():
        late = times[~found][0] > bars.times[-1]
        raise DataError(
            phrase("{symbol}: the bars end before the signals.", symbol=symbol)
            if late
            else phrase("{symbol}: a signal was decided when no bar closed.", symbol=symbol),
            where=f"{where}, signal of {to_times(times[~found])[0]}",
            remedy="Backtest on the sample set that the run was trained on.",
        )
    return SymbolSignals(
        bars=places.astype(np.int64),
        directions=rows["direction"].cast(pl.Int64).to_numpy(),
        delay_bars=rows["delay_bars"].cast(pl.Int64).to_numpy(),
        horizon_bars=rows["horizon_bars"].cast(pl.Int64).to_numpy(),
        stops=_floats(rows["stop"]),
        targets=_floats(rows["target"]),
        probabilities=_floats(rows["probability"]),
        sizes=_floats(rows["size"]) if "size" in rows.columns else None,
    )


def _floats(column: pl.Series) -> Floats:
    """A writable-independent float array; null becomes NaN."""
    if column.dtype != pl.Float64:
        column = column.cast(pl.Float64)
    if column.null_count():  # most have none, and of many symbols each step counts
        column = column.fill_null(np.nan)
    return np.ascontiguousarray(column.to_numpy())


def _microseconds(column: pl.Series) -> Integers:
    return column.dt.epoch("us").to_numpy()
