"""Whether what a model reads is distributed week by week as what it learnt from."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.bars import CheckedBars
from quantsig.data.news.table import NewsItems
from quantsig.signals.inference.drift import (
    FEWEST,
    WARNED,
    figures_of,
    spread_out,
    stability_index,
)
from quantsig.signals.inference.predict import passing_of
from quantsig.signals.runs import Run

Floats = NDArray[np.float64]

LOOKED_AT = 4  # newest weeks; to draw all of a long test anew would take minutes
SYMBOLS, SAMPLES = 32, 256  # that are looked at of a week, at even distances
WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class InputShift:
    """Population stability indices of planes or channels against the training rows.

    Attributes:
        median: of all of them.
        moved: how many are above `WARNED`.
        inputs: how many there are.
    """

    median: float
    moved: int
    inputs: int


class InputWeeks:
    """Looks at what a run reads in the newest weeks; each week that is over once.

    Args:
        run: whose model reads it.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._figures = run, figures_of(run)
        self._over: dict[str, InputShift | None] = {}
        self._learnt: Floats | None = None
        self._calibration: InputShift | None = None

    def week(
        self, name: str, bars: CheckedBars, since: datetime, news: NewsItems | None = None
    ) -> InputShift | None:
        """That of one week; None where there are too few decisions to tell.

        Args:
            name: as ISO has it, 2026-W03.
            bars: all that there are.
            since: nothing was decided before.
            news: that go with the bars, where the run reads some.
        """
        if name in self._over:
            return self._over[name]
        begins = _monday(name)
        found = self._shift(bars, news, max(begins, since), begins + WEEK)
        if bars.bars["timestamp"].max() >= begins + WEEK:  # type: ignore[operator]
            self._over[name] = found
            for old in sorted(self._over)[:-LOOKED_AT]:
                del self._over[old]
        return found

    @property
    def calibration(self) -> InputShift | None:
        """That of the calibration rows; None where there are too few of them."""
        if self._calibration is None:
            samples = self._run.samples()
            ids = self._ids("calibration")
            if len(ids) >= FEWEST:
                self._calibration = self._against(self._figures(samples, spread_out(ids)))
        return self._calibration

    def _shift(
        self, bars: CheckedBars, news: NewsItems | None, first: datetime, end: datetime
    ) -> InputShift | None:
        rows = bars.bars.filter(pl.col("timestamp").is_between(first, end, closed="left"))
        symbols = rows["symbol"].unique().sort()
        if symbols.is_empty():
            return None
        picked = symbols.gather(_even(len(symbols), SYMBOLS))
        newest = int(rows.group_by("symbol").len()["len"].max())  # type: ignore[arg-type]
        passing = passing_of(self._run, bars, newest=newest, news=news)
        own = pl.col("timestamp") < end
        if not passing.together:  # else the others are shown, too
            own &= pl.col("symbol").is_in(picked.to_list())
        needed = passing.rule.history_bars + newest
        kept = bars.bars.filter(own).group_by("symbol", maintain_order=True).tail(needed)
        passing = replace(passing, checked=replace(bars, bars=kept))
        found = []
        each = SAMPLES // len(picked) + 1
        for samples in passing.pieces():
            asked = pl.col("symbol").is_in(picked.to_list()) & (pl.col("decision_time") >= first)
            groups = samples.index.filter(asked).group_by("symbol", maintain_order=True)
            ids = [rows["sample_id"].to_numpy()[_even(len(rows), each)] for _, rows in groups]
            if ids:
                found.append(self._figures(samples, np.concatenate(ids)))
        drawn = np.concatenate(found) if found else np.empty((0, 0))
        return self._against(drawn) if len(drawn) >= FEWEST else None

    def _against(self, now: Floats) -> InputShift:
        if self._learnt is None:
            self._learnt = self._figures(self._run.samples(), spread_out(self._ids("train")))
        learnt = self._learnt
        indices = [stability_index(learnt[:, at], now[:, at]) for at in range(learnt.shape[1])]
        return InputShift(
            median=float(np.median(indices)),
            moved=sum(index > WARNED for index in indices),
            inputs=len(indices),
        )

    def _ids(self, split: str) -> NDArray[np.int64]:
        rows = self._run.samples().with_splits(self._run.splits)
        return rows.filter(pl.col("split") == split)["sample_id"].to_numpy()


def _monday(week: str) -> datetime:
    year, number = week.split("-W")
    return datetime.fromisocalendar(int(year), int(number), 1).replace(tzinfo=UTC)


def _even(count: int, most: int) -> NDArray[np.int64]:
    """At most so many places of a row, at even distances."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)
