"""The symbols side by side at each decision time: how likely, and what they went on to earn."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.significance.newey_west import mean_t
from quantsig.backtest.statistics.figures import UndefinedFigure

VOLUME_BARS = 20  # up to the decision, whose mean dollar volume weighs a symbol
YEAR = 365.25 * 86_400e6  # microseconds
ROWS = ("symbol", "decision_time", "probability", "direction", "delay_bars", "horizon_bars")
BARS = ("symbol", "timestamp", "open", "close", "volume")
LARGEST_OVERLAP = 0.25  # of the times; longer ones leave too few that are independent


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossSection:
    """N decision times and S symbols; NaN where a symbol has no row or its trade is still open."""

    times: Integers  # (N,) of the decisions, microseconds since 1970 UTC, increasing
    symbols: tuple[str, ...]
    probabilities: Floats  # (N, S)
    returns: Floats  # (N, S) from the entry's open to the exit's open, as the signal's direction
    dollar_volumes: Floats  # (N, S) mean of `VOLUME_BARS` bars up to the decision
    entries: Integers  # (N,) times of the first entries; of none, the largest there is
    exits: Integers  # (N,) times of the last exits; of none, the least there is

    @property
    def overlap(self) -> int:
        """Decisions in a row that are held at the same time, at most."""
        past = np.searchsorted(np.maximum.accumulate(self.entries), self.exits)
        return max(1, int((past - np.arange(len(self.entries))).max(initial=1)))

    @property
    def holdings_a_year(self) -> float | None:
        """Holdings that follow each other in a year: decisions a year over the overlap.

        None where the decisions span no time.
        """
        if len(self.times) < 2:
            return None
        years = float(self.times[-1] - self.times[0]) / YEAR
        return (len(self.times) - 1) / years / self.overlap

    def at(self, kept: NDArray[np.bool_]) -> "CrossSection":
        """The decision times that are kept, a flag each."""
        return CrossSection(
            times=self.times[kept],
            symbols=self.symbols,
            probabilities=self.probabilities[kept],
            returns=self.returns[kept],
            dollar_volumes=self.dollar_volumes[kept],
            entries=self.entries[kept],
            exits=self.exits[kept],
        )


def cross_section(rows: pl.DataFrame, bars: pl.DataFrame, execution: Execution) -> CrossSection:
    """What each symbol went on to earn after each decision, without stops.

    Args:
        rows: columns symbol, decision_time, probability, direction, delay_bars, horizon_bars.
        bars: columns symbol, timestamp, open, close, volume; adjusted. Those before the first
            decision count for the dollar volume.
        execution: its delay and holding go over those of the rows.
    """
    times = rows["decision_time"].unique().sort().dt.epoch("us").to_numpy()
    symbols = tuple(rows["symbol"].unique().sort())
    shape = (len(times), len(symbols))
    likely, earned, volumes = np.full((3, *shape), np.nan)
    entries = np.full(len(times), np.iinfo(np.int64).max)
    exits = np.full(len(times), np.iinfo(np.int64).min)
    own = rows.select(ROWS).partition_by("symbol", as_dict=True)
    priced = bars.select(BARS).partition_by("symbol", as_dict=True)
    for column, symbol in enumerate(symbols):
        followed = _follow(own[symbol,], priced[symbol,], execution)
        places = np.searchsorted(times, followed.decided)
        likely[places, column] = followed.probabilities
        earned[places, column] = followed.returns
        volumes[places, column] = followed.dollar_volumes
        np.minimum.at(entries, places, followed.entries)
        np.maximum.at(exits, places, followed.exits)
    likely[np.isnan(earned)] = np.nan
    return CrossSection(
        times=times,
        symbols=symbols,
        probabilities=likely,
        returns=earned,
        dollar_volumes=volumes,
        entries=entries,
        exits=exits,
    )


def overlapping_t(values: Floats, overlap: int) -> float:
    """Mean over its Newey-West error, of values at decision times so many of which overlap."""
    if overlap > LARGEST_OVERLAP * len(values):
        raise UndefinedFigure(BacktestSentence.HOLDINGS_OVERLAP())
    return mean_t(values, overlap - 1)


def holding_sharpe(values: Floats, a_year: float | None) -> float:
    """Yearly Sharpe ratio of returns per holding: mean over deviation, times the root of a year's.

    Jiang, Kelly and Xiu (2023) annualise the returns of weekly, monthly and quarterly holdings
    so. Simple returns before costs, deviation with ddof 1, no interest taken off: a long-short
    portfolio pays for itself. Where holdings overlap each decision has its part of the money, and
    a year holds as many independent ones as follow each other.

    Args:
        values: (T,) returns per holding.
        a_year: how many holdings follow each other in a year.
    """
    if a_year is None or len(values) < 2:
        raise UndefinedFigure(BacktestSentence.FEW_VALUES())
    deviation = float(values.std(ddof=1))
    if deviation <= 1e-9 * max(1e-3, float(np.abs(values).max())):
        raise UndefinedFigure(BacktestSentence.RETURNS_DO_NOT_VARY())
    return float(values.mean()) / deviation * float(np.sqrt(a_year))


@dataclass(frozen=True, kw_only=True, slots=True)
class _TradeReturns:
    """The rows of one symbol whose trade ends within the bars, (K,) each."""

    decided: Integers  # times, microseconds since 1970 UTC, as below
    entries: Integers
    exits: Integers
    probabilities: Floats
    returns: Floats
    dollar_volumes: Floats


def _follow(rows: pl.DataFrame, bars: pl.DataFrame, execution: Execution) -> _TradeReturns:
    ordered = bars.sort("timestamp")
    times, opens = ordered["timestamp"].dt.epoch("us").to_numpy(), ordered["open"].to_numpy()
    decided = rows["decision_time"].dt.epoch("us").to_numpy()
    at = np.searchsorted(times, decided)
    entry = at + _setting(rows["delay_bars"], execution.delay_bars)
    end = entry + _setting(rows["horizon_bars"], execution.holding_bars)
    ended = end < len(times)
    at, entry, end = at[ended], entry[ended], end[ended]
    grown = opens[end] / opens[entry] - 1.0
    traded = ordered.select(pl.col("close") * pl.col("volume")).to_series()
    mean_traded = traded.rolling_mean(VOLUME_BARS, min_samples=1).to_numpy()
    return _TradeReturns(
        decided=decided[ended],
        entries=times[entry],
        exits=times[end],
        probabilities=rows["probability"].cast(pl.Float64).to_numpy()[ended],
        returns=rows["direction"].to_numpy()[ended] * grown,
        dollar_volumes=mean_traded[at],
    )


def _setting(own: pl.Series, setting: int | None) -> Integers:
    """The rows' own bars, or the setting for all of them."""
    bars = own.cast(pl.Int64).to_numpy()
    return bars if setting is None else np.full(len(bars), setting)
