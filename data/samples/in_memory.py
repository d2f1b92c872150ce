"""Samples of bars that are looked at once: made piece by piece in memory, nothing is written."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase
from quantsig.data.news.known import KnownNews
from quantsig.data.samples.described import described
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.matrix import empty_matrix, fill_matrix
from quantsig.data.samples.store import SampleSet

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
    """

    checked: CheckedBars
    chart: ChartSpec
    rule: SampleRule
    newest: int | None = None
    news: KnownNews | None = None

    def __len__(self) -> int:
        """How many samples there are."""
        counts = map(self.rule.samples_before, self.symbol_bars.values())
        most = math.inf if self.newest is None else self.newest
        return int(sum(min(count, most) for count in counts))

    @cached_property
    def symbol_bars(self) -> dict[str, int]:
        """How many bars each symbol has."""
        return {run["value"]: run["len"] for run in self.checked.bars["symbol"].rle()}

    def left_out(self) -> dict[str, int]:
        """Bars of the symbols that have too few for one chart."""
        least = self.rule.history_bars
        return {name: bars for name, bars in self.symbol_bars.items() if bars < least}

    def pieces(self, piece_bars: int = PIECE_BARS) -> Iterator[SampleSet]:
        """The samples as small sets, one after the other, in order of symbol and time.

        What a sample shows and foresees does not depend on the size of the pieces. Ids count
        from 0 in each.

        Args:
            piece_bars: bars a piece holds, about; at least the history of one chart is held.
        """
        waiting: list[_Range] = []
        for found in self._ranges(piece_bars):
            if waiting and sum(map(len, waiting)) + len(found) > piece_bars:
                yield from self._piece(waiting)
                waiting = []
            waiting.append(found)
        if waiting:
            yield from self._piece(waiting)

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
        indexes, decision_rows, filled = [], [], 0
        for one in ranges:
            symbol = self.checked.bars.slice(one.row, one.bars)
            rows = index_rows(symbol, self.rule, first=one.first, end=one.end, first_id=0)
            fill_matrix(matrix, filled, symbol.slice(one.oldest, len(one)))
            decision_rows.append(rows["bar"].to_numpy() - one.oldest + filled)
            indexes.append(rows)
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

    @property
    def oldest(self) -> int:
        """The first bar that a chart of these shows."""
        return self.first - self.history + 1

    def __len__(self) -> int:
        """Bars that are held for it."""
        return self.end - self.oldest


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
