"""Bars, signals and sessions of a sweep in flat memory: all symbols end to end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market, SymbolSignals
from quantsig.backtest.statistics.sessions import session_marks
from quantsig.backtest.sweep.kernel import Calendar, FlatBars, FlatRows, Space, Tally
from quantsig.backtest.trading.rules import rule_bars
from quantsig.data.barriers import Bars
from quantsig.data.calendar.sessions import SessionCalendar


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """Which wishes the signals bring themselves, so that theirs are kept."""

    stops: bool
    targets: bool
    horizon_bars: bool
    delay_bars: bool


def all_times(market: Market) -> Integers:
    """(T,) times at which any symbol has a bar."""
    return np.unique(np.concatenate([bars.times for bars in market.values()]))


def flat_bars(market: Market, times: Integers, execution: Execution) -> FlatBars:
    """The bars of every symbol with the rules of its market, in the order of the market."""
    symbols = list(market.values())
    parts = [rule_bars(bars, execution) for bars in symbols]
    return FlatBars(
        bars=Bars(*(_joined(list(column), column[0].dtype) for column in zip(*parts, strict=True))),
        moments=_joined([np.searchsorted(times, bars.times) for bars in symbols], np.int32),
        starts=_starts([len(bars.times) for bars in symbols]),
    )


def flat_rows(
    signals: list[SymbolSignals], thresholds: Floats, own: Own, directions: Sequence[int]
) -> FlatRows:
    """The signals that reach the lowest threshold, of these directions.

    Args:
        signals: of every symbol, in the order of the market.
        thresholds: (A,) ascending.
        own: wishes to keep.
        directions: that are traded.
    """
    levels = [
        np.searchsorted(thresholds, rows.probabilities, side="right").astype(np.int32)
        for rows in signals
    ]
    reached = [
        (level > 0) & np.isin(rows.directions, directions)
        for level, rows in zip(levels, signals, strict=True)
    ]

    def column(of: Callable[[SymbolSignals], NDArray[Any]], kind: type, keep: bool = True) -> Any:
        pairs = zip(signals, reached, strict=True) if keep else ()
        return _joined([of(rows)[some] for rows, some in pairs], kind)

    return FlatRows(
        bars=column(lambda rows: rows.bars, np.int32),
        directions=column(lambda rows: rows.directions, np.int8),
        levels=_joined(
            [level[some] for level, some in zip(levels, reached, strict=True)], np.int32
        ),
        stops=column(lambda rows: rows.stops, np.float64, own.stops),
        targets=column(lambda rows: rows.targets, np.float64, own.targets),
        holding_bars=column(lambda rows: rows.horizon_bars, np.int32, own.horizon_bars),
        delay_bars=column(lambda rows: rows.delay_bars, np.int32, own.delay_bars),
        starts=_starts([int(some.sum()) for some in reached]),
    )


def sessions_of(
    times: Integers, blocks: int, calendar: SessionCalendar, market: Floats
) -> Calendar:
    """Where sessions end, and blocks of as many sessions each as can be.

    A session is a trading day that has bars; the first return of intraday bars runs from
    the first bar, that of daily bars from the first day.

    Args:
        times: (T,) microseconds since 1970 UTC, increasing.
        blocks: at most so many, an even number of at least two sessions each; none below four.
        calendar: which session each bar is of.
        market: (T,) equity of holding all symbols with equal weights.
    """
    marks = session_marks(calendar.days(times))
    periods = len(marks) - 1
    fitting = min(blocks, periods // 4 * 2)
    fitting = fitting if fitting >= 4 else 0
    edges = np.rint(np.linspace(0, periods, fitting + 1)).astype(np.int64)
    return Calendar(
        marks=marks,
        edges=edges,
        market=np.diff(market[marks]) / market[marks][:-1],
    )


def new_space(rows: FlatRows, times: int, periods: int) -> Space:
    """Room for one thread to work in; see `space_bytes`."""
    signals = len(rows.bars)
    return Space(
        exit_bars=np.empty(signals, np.int32),
        entry_prices=np.empty(signals),
        exit_prices=np.empty(signals),
        free_from=np.empty(signals, np.int32),
        live=np.empty(signals, np.int32),
        counts=np.empty(len(rows.starts) - 1, np.int64),
        equity=np.empty(times),
        held=np.empty(times),
        returns=np.empty(periods),
    )


def space_bytes(rows: FlatRows, times: int, periods: int) -> int:
    """Bytes that one thread needs: 28 a signal, 16 a time and 8 a session."""
    return 28 * len(rows.bars) + 16 * times + 8 * (periods + len(rows.starts))


def new_tally(cells: int, blocks: int) -> Tally:
    """Room for the statistics of so many cells."""
    names = [name for name in Tally._fields if not name.startswith("block_")]
    return Tally(
        **{name: np.full(cells, np.nan) for name in names},
        block_sums=np.zeros((cells, blocks)),
        block_squares=np.zeros((cells, blocks)),
    )


def part_of(tally: Tally, first: int, last: int) -> Tally:
    """The statistics of some of the cells, not copied."""
    return Tally(*(column[first:last] for column in tally))


def _joined(parts: list[NDArray[Any]], kind: Any = np.float64) -> Any:
    """All parts end to end; one part alone is not copied where its type is right."""
    if len(parts) == 1:
        return np.ascontiguousarray(parts[0], kind)
    return np.concatenate([np.empty(0, kind), *parts], dtype=kind, casting="same_kind")


def _starts(counts: list[int]) -> Integers:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def signals_in_order(market: Market, signals: Mapping[str, SymbolSignals]) -> list[SymbolSignals]:
    """The signals of every symbol of the market, by time; none where a symbol has none.

    Of those decided at one bar the likelier comes first, as in the backtest.
    """
    nothing, none = np.empty(0, np.int64), np.empty(0)
    empty = SymbolSignals(
        bars=nothing,
        directions=nothing,
        delay_bars=nothing,
        horizon_bars=nothing,
        stops=none,
        targets=none,
        probabilities=none,
    )
    return [_by_time(signals.get(symbol, empty)) for symbol in market]


def rows_at(rows: SymbolSignals, places: NDArray[Any]) -> SymbolSignals:
    """Some of the signals, by a mask or by their numbers."""
    columns = {name: getattr(rows, name) for name in SymbolSignals.__dataclass_fields__}
    chosen: dict[str, Any] = {
        name: None if column is None else column[places] for name, column in columns.items()
    }
    return SymbolSignals(**chosen)


def _by_time(rows: SymbolSignals) -> SymbolSignals:
    if (np.diff(rows.bars) > 0).all():
        return rows
    return rows_at(rows, np.lexsort((-rows.probabilities, rows.bars)))
