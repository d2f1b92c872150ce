"""What a decision rests on, as a SHA-256 that changes where any of it is corrected or comes late.

That is the bars it may look at; where its model reads news, the items of that time, too; and where
it reads all symbols of a time together, the bars of each of them.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.bars import NUMBERS, CheckedBars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.news.known import known_items
from quantsig.data.news.table import NewsItems
from quantsig.data.samples.index import SampleRule
from quantsig.data.samples.parts import symbol_runs
from quantsig.data.sequences.edges import window_edges
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.storage import documents

Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """Where decisions look.

    Attributes:
        bars: all that there are.
        rule: how far a decision looks back.
        news: that go with the bars, where the model reads some.
        windows: of each model that reads news, and the chart that they go by.
        universe: symbols whose bars each decision sees, too.
    """

    bars: CheckedBars
    rule: SampleRule
    news: NewsItems | None = None
    windows: tuple[tuple[SequenceSpec, ChartSpec], ...] = ()
    universe: tuple[str, ...] = ()
    _of_members: dict[int, bytes] = field(default_factory=dict, init=False, repr=False)

    @property
    def alone(self) -> bool:
        """Whether the bars of its own symbol are all that a decision sees."""
        return self.news is None and not self.universe

    @cached_property
    def by_symbol(self) -> dict[str, pl.DataFrame]:
        """The bars of each symbol."""
        return symbol_runs(self.bars.bars)

    def hashes(self, symbol: str, places: Integers) -> list[str]:
        """SHA-256 of what each decision of a symbol rests on.

        Args:
            symbol: whose decisions they are.
            places: (n,) number of each one's bar.
        """
        own = self.by_symbol[symbol]
        digests = window_digests(own, places, self.rule)
        if self.alone:
            return [digest.hex() for digest in digests]
        times = _times(own)
        lasts = times[places]
        news = self._news_of(symbol, self._begins(times, places), lasts)
        members = self._members_at(lasts)
        pieces = zip(digests, news, members, strict=True)
        return [hashlib.sha256(b"".join(three)).hexdigest() for three in pieces]

    def _begins(self, times: Integers, places: Integers) -> Integers:
        """When the oldest bar began within which a model reads news."""
        found, step_us = times[places], self.bars.interval // timedelta(microseconds=1)
        there = places >= self.rule.history_bars - 1  # others lost bars since
        for spec, chart in self.windows:
            edges = window_edges(times, places[there], spec, chart, step_us)
            found[there] = np.minimum(found[there], edges[:, 0])
        return found

    def _news_of(self, symbol: str, firsts: Integers, lasts: Integers) -> list[bytes]:
        """What was known after each first moment, and by the last."""
        if self.news is None:
            return [b""] * len(lasts)
        rows = self.news.items.with_row_index("row").filter(
            pl.col("symbol").is_null() | (pl.col("symbol") == symbol)
        )
        known = _times(rows, "known")
        said = rows.select("symbol", "text").rows()
        vectors = self.news.vectors
        spans = zip(known_items(known, firsts), known_items(known, lasts), strict=True)
        found = []
        for begin, end in spans:
            digest = hashlib.sha256(known[begin:end].tobytes())
            digest.update(documents.to_json(said[begin:end]).encode())
            if vectors is not None:
                digest.update(vectors[rows["row"][begin:end].to_numpy()].tobytes())
            found.append(digest.digest())
        return found

    def _members_at(self, times_us: Integers) -> list[bytes]:
        """The newest bars of every symbol of the universe at some times."""
        new = np.array([time for time in times_us.tolist() if time not in self._of_members], int)
        digests = [hashlib.sha256() for _ in new]
        for name in self.universe if len(new) else ():
            bars = self.by_symbol.get(name)
            if bars is None:
                continue
            newest = known_items(_times(bars), new) - 1
            there = np.flatnonzero(newest >= 0)
            seen, which = np.unique(newest[there], return_inverse=True)
            known = window_digests(bars, seen, self.rule)
            for place, number in zip(there.tolist(), which.tolist(), strict=True):
                digests[place].update(name.encode() + known[number])
        found = [digest.digest() for digest in digests]
        self._of_members.update(zip(new.tolist(), found, strict=True))
        return [self._of_members[time] for time in times_us.tolist()]


def window_digests(bars: pl.DataFrame, decisions: Integers, rule: SampleRule) -> list[bytes]:
    """SHA-256 of the bars that each decision may look at: their times, prices and volumes.

    Args:
        bars: all of one symbol, oldest first.
        decisions: (n,) number of each decision's bar.
        rule: how far a decision looks back.
    """
    times = _times(bars)
    numbers = np.ascontiguousarray(bars.select(NUMBERS).to_numpy())  # (N, 6)
    found = []
    for end in (decisions + 1).tolist():
        seen = slice(max(end - 1 - rule.bars_before, 0), end)
        digest = hashlib.sha256(times[seen].tobytes())
        digest.update(numbers[seen].tobytes())
        found.append(digest.digest())
    return found


def _times(rows: pl.DataFrame, column: str = "timestamp") -> Integers:
    return np.ascontiguousarray(rows[column].dt.epoch("us").to_numpy())
