"""Samples of bars that are looked at once: made piece by piece in memory, nothing is written."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.bars import CheckedBars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase
from quantsig.data.news.known import KnownNews
from quantsig.data.samples.description import described
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.matrix import empty_matrix, fill_matrix
from quantsig.data.samples.store import SampleSet

BEFORE = 2  # bars more of each symbol of a time: the one it is judged to be stale by
PIECE_BARS = 1 << 17  # drawn from at a time; 56 bytes each beside the bars themselves


@dataclass(frozen=True, kw_only=True)
class SamplesInMemory:
    """Which samples of which bars pass.

    Attributes:
        checked: the bars.
        chart: what the charts show.
        rule: which bars are decisions; its history is that of the chart.
        newest: how many of each symbol's decisions, the newest; None: all.
        news: that go with the bars, where a model reads some.
        together: whether each piece is of whole times, and holds the bars of all symbols for them.
    """

    checked: CheckedBars
    chart: ChartSpec
    rule: SampleRule
    newest: int | None = None
    news: KnownNews | None = None
    together: bool = False

    def __len__(self) -> int:
        """How many samples there are."""
        counts = map(self.rule.samples_before, self.symbol_bars.values())
        most = math.inf if self.newest is None else self.newest
        return int(sum(min(count, most) for count in counts))

    @cached_property
    def symbol_bars(self) -> dict[str, int]:
        """How many bars each symbol has."""
        return {run["value"]: run["len"] for run in self.checked.bars["symbol"].rle()}

    def newest_of_each(self) -> "SamplesInMemory":
        """Each symbol's newest decision alone."""
        return replace(self, newest=1)

    def left_out(self) -> dict[str, int]:
        """Bars of the symbols that have too few for one chart."""
        least = self.rule.history_bars
        return {name: bars for name, bars in self.symbol_bars.items() if bars < least}

    def pieces(self, piece_bars: int = PIECE_BARS) -> Iterator[SampleSet]:
        """The samples as small sets, one after the other, in order of symbol and time.

        Those of whole times come in order of time, and of symbol and time inside a piece. What a
        sample shows and foresees does not depend on the size of the pieces. Ids count
        from 0 in each.

        Args:
            piece_bars: bars a piece holds, about; at least the history of one chart is held.
        """
        if self.together:
            for ranges in self._spans(piece_bars):
                yield from self._piece(ranges)
            return
        waiting: list[_Range] = []
        for found in self._ranges(piece_bars):
            if waiting and sum(map(len, waiting)) + len(found) > piece_bars:
                yield from self._piece(waiting)
                waiting = []
            waiting.append(found)
        if waiting:
            yield from self._piece(waiting)

    def _spans(self, piece_bars: int) -> Iterator[list["_Range"]]:
        """Ranges of all symbols for stretches of time, none of which tears a time apart."""
        rows = 0
        symbols = []
        for bars in self.symbol_bars.values():
            times = self.checked.bars["timestamp"].slice(rows, bars).to_physical().to_numpy()
            numbers = self._decisions(bars)
            symbols.append(_TimedBars(row=rows, times=times, decisions=times[numbers]))
            rows += bars
        decided = np.unique(np.concatenate([one.decisions for one in symbols]))
        waiting = [decided] if len(decided) else []
        while waiting:
            times = waiting.pop()
            ranges = [one.range(times[0], times[-1], self.rule.history_bars) for one in symbols]
            held = [one for one in ranges if len(one)]
            if len(times) > 1 and sum(map(len, held)) > piece_bars:
                middle = len(times) // 2
                waiting += [times[middle:], times[:middle]]
                continue
            yield held

    def _decisions(self, bars: int) -> NDArray[np.int64]:
        """Numbers of a symbol's bars that are decisions."""
        stride = self.rule.stride_bars
        numbers = np.arange(stride - 1, bars, stride)
        found: NDArray[np.int64] = numbers[numbers >= self.rule.history_bars - 1]
        return found if self.newest is None else found[max(len(found) - self.newest, 0) :]

    def _ranges(self, piece_bars: int) -> Iterator["_Range"]:
        history, stride = self.rule.history_bars, self.rule.stride_bars
        step = max(piece_bars - history, piece_bars // 2, 1)
        row = 0
        for bars in self.symbol_bars.values():
            newest = bars // stride * stride - 1  # the newest decision, where there is one
            begin = history - 1
            if self.newest is not None:
                begin = max(begin, newest - (self.newest - 1) * stride)
            if newest >= history - 1:
                for first in range(begin, newest + 1, step):
                    end = min(first + step, newest + 1)
                    yield _Range(row=row, bars=bars, first=first, end=end, history=history)
            row += bars

    def _piece(self, ranges: list["_Range"]) -> Iterator[SampleSet]:
        matrix = empty_matrix(sum(map(len, ranges)))
        indexes, decision_rows, filled, held = [], [], 0, dict[str, int]()
        for one in ranges:
            symbol = self.checked.bars.slice(one.row, one.bars)
            rows = index_rows(symbol, self.rule, first=one.first, end=one.end, first_id=0)
            fill_matrix(matrix, filled, symbol.slice(one.oldest, len(one)))
            decision_rows.append(rows["bar"].to_numpy() - one.oldest + filled)
            indexes.append(rows)
            held[str(symbol["symbol"][0])] = len(one)
            filled += len(one)
        index = pl.concat(indexes)
        ids = pl.int_range(len(index), dtype=pl.Int64, eager=True)
        samples = SampleSet(
            path=Path(self.checked.sources[0]),  # named where something is wrong
            manifest=described(self.checked, self.chart, self.rule),
            index=index.with_columns(sample_id=ids),
        )
        piece = samples.seen_as(matrix, np.concatenate(decision_rows))
        if self.news is not None:
            piece.__dict__["news"] = self.news
        if self.together:  # else a piece may hold two stretches of one symbol
            piece.__dict__["symbol_bars"] = held
        yield piece
        piece.__dict__.pop("pictures", None)  # they refer back: the bars would not be let go


@dataclass(frozen=True, kw_only=True, slots=True)
class _Range:
    """Some neighbouring bars of one symbol that may be decisions."""

    row: int  # of the symbol's first bar in the table
    bars: int  # of the symbol
    first: int  # number of the first bar that may be a decision
    end: int  # of the bar after the last
    history: int
    beside: int = 0  # bars that are held before those that a chart of these shows

    @property
    def oldest(self) -> int:
        """The first bar that is held."""
        return max(self.first - self.history + 1 - self.beside, 0)

    def __len__(self) -> int:
        """Bars that are held for it."""
        return self.end - self.oldest


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _TimedBars:
    """A symbol's bars by time."""

    row: int  # of its first bar in the table
    times: NDArray[np.int64]  # microseconds
    decisions: NDArray[np.int64]

    def range(self, start: int, stop: int, history: int) -> _Range:
        """Its bars from one time to another, with what the bar before may show and one more.

        Its decisions of other times are none of the range; those of these times are neighbours.
        """
        inside = self.decisions[(self.decisions >= start) & (self.decisions <= stop)]
        end = int(np.searchsorted(self.times, stop, side="right"))
        earliest = min(int(np.searchsorted(self.times, start)), end)
        first = int(np.searchsorted(self.times, inside[0])) if len(inside) else end
        return _Range(
            row=self.row,
            bars=len(self.times),
            first=first,
            end=end,
            history=history,
            beside=first - earliest + BEFORE,
        )


def check_passing(passing: SamplesInMemory) -> None:
    """Refuse what gives no sample.

    Raises:
        ConfigError: a stride below 1, or a chart that goes by another clock than the bars.
        DataError: no symbol has the bars that one chart needs.
    """
    if passing.rule.stride_bars < 1:
        raise ConfigError(
            phrase("a stride of {bars} bars goes nowhere.", bars=passing.rule.stride_bars),
            where="stride_bars",
            remedy="Use 1 or more.",
        )
    passing.chart.check_interval(passing.checked.interval.total_seconds())
    if len(passing):
        return
    lengths = passing.symbol_bars
    longest = max(lengths, key=lambda name: lengths[name])
    raise DataError(
        phrase(
            "no symbol has a decision: one chart needs {bars} bars.", bars=passing.rule.history_bars
        ),
        where=phrase(
            "{sources}: the longest is {name} with {bars} bars",
            sources=", ".join(passing.checked.sources[:3]),
            name=longest,
            bars=lengths[longest],
        ),
        remedy="Give more bars of the past, up to the newest.",
    )
