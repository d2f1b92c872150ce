"""The days on which samples were decided, and how far their labels reach."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.calendar.sessions import DAY_US, UTC_DAYS, SessionCalendar

Integers = NDArray[np.int64]
DAY = DAY_US


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """When rows were decided and their labels ended, (n,) microseconds since 1970 in UTC."""

    decided: Integers
    ended: Integers
    calendar: SessionCalendar = UTC_DAYS  # which day a moment is of


def times_of(rows: pl.DataFrame, calendar: SessionCalendar) -> Times | None:
    """Times of predictions; None where either is not known of every row."""
    decided, ended = (microseconds(rows[name]) for name in ("decision_time", "label_end"))
    if decided is None or ended is None:
        return None
    return Times(decided=decided, ended=ended, calendar=calendar)


def microseconds(times: pl.Series) -> Integers | None:
    """(n,) since 1970 in UTC; None where one is null."""
    return None if times.null_count() else times.dt.epoch("us").to_numpy()


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelDays:
    """Decision days in their order, all symbols together.

    Attributes:
        of_row: (n,) number of the decision day of each row, from 0.
        after: (d,) number of the first day whose decisions no label of this day reaches.
        run: how many decision days a label runs, the median of all rows; 1 where most end before
            the next day, as short labels do also where trading goes on at midnight.
    """

    of_row: Integers
    after: Integers
    run: int

    @property
    def count(self) -> int:
        """How many days there are."""
        return len(self.after)


def label_days(
    decided: Integers, ended: Integers, calendar: SessionCalendar = UTC_DAYS
) -> LabelDays:
    """Number the decision days: the sessions of the bars at whose close was decided.

    Args:
        decided: (n,) when each sample was decided, microseconds since 1970, n > 0.
        ended: (n,) when its label ended, at or after that.
        calendar: which day a moment is of.
    """
    day = calendar.days(decided)
    day -= day.min()
    occurs = np.bincount(day) > 0
    of_row = (np.cumsum(occurs) - 1)[day]
    count = int(occurs.sum())
    opens = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(opens, of_row, decided)
    closes = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(closes, of_row, ended)
    after = np.searchsorted(opens, closes, side="left")
    run = max(1, int(np.median(np.searchsorted(opens, ended, side="left") - of_row)))
    return LabelDays(of_row=of_row, after=after, run=run)


def time_blocks(days: LabelDays) -> Integers:
    """Cut the days into stretches that barely depend on each other.

    A stretch has as many days as a label runs, or the cube root of all days where that is more:
    the growth that serves a block bootstrap best (Hall, Horowitz and Jing 1995, "On blocking
    rules for the bootstrap with dependent data").

    Returns:
        (n,) number of each row's stretch, from 0.
    """
    length = max(days.run, round(days.count ** (1 / 3)))
    blocks: Integers = days.of_row // length
    return blocks
