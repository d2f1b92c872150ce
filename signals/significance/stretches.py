"""Stretches of time that depend on each other little, which the rows of a promise are counted by.

Nothing here looks at a label's value.
"""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.signals.significance.label_days import LabelDays, label_days

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

WANTED = 60  # stretches, where labels are short enough; the t quantile hardly falls beyond
LABEL_RUNS = 2  # a stretch lasts at least; neighbours then share few labels


def stretches(decided: Integers, ended: Integers, calendar: SessionCalendar = UTC_DAYS) -> Integers:
    """Cut time into about 60 stretches, none shorter than two runs of a label.

    Stretches are made of whole days, each the session that it is by the calendar. Where labels
    end within their day and there are fewer than 60 days, each day is cut into equal parts that
    begin at the same share of it; no stretch then reaches over the night.

    Args:
        decided: (n,) when each sample was decided, microseconds since 1970 in UTC.
        ended: (n,) when its label ended, at or after that.
        calendar: which day a moment is of.

    Returns:
        (n,) number of the stretch, from 0.
    """
    if not len(decided):
        return np.empty(0, dtype=np.int64)
    days = label_days(decided, ended, calendar)
    parts = _parts_of_a_day(days, decided, ended)
    if parts > 1:
        return days.of_row * parts + _part(days, decided, parts)
    runs = LABEL_RUNS * days.run if days.run > 1 else 1
    length = max(runs, -(-days.count // WANTED))
    whole: Integers = days.of_row // length
    return whole


def effective_stretches(signals: Floats) -> Floats:
    """How many stretches of equally many signals are as uneven as these: n^2 / sum_b n_b^2.

    Args:
        signals: (b, k) of each stretch, at k thresholds.

    Returns:
        (k,); 0 where there are no signals (Kish 1965, "Survey Sampling", section 11.7).
    """
    squares = (signals**2).sum(axis=0)
    found: Floats = signals.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1.0)
    return found


def _parts_of_a_day(days: LabelDays, decided: Integers, ended: Integers) -> int:
    """How many stretches a day is cut into; 1 where labels reach the next day."""
    if days.run > 1 or days.count >= WANTED:
        return 1
    first, last = _sessions(days, decided)
    run = max(float(np.median(ended - decided)), 1.0)
    longest = float(np.median(last - first)) + run
    return max(1, min(-(-WANTED // days.count), int(longest / (LABEL_RUNS * run))))


def _part(days: LabelDays, decided: Integers, parts: int) -> Integers:
    """(n,) which part of its day each row is decided in, from 0."""
    first, last = _sessions(days, decided)
    since = decided - first[days.of_row]
    part: Integers = since * parts // ((last - first)[days.of_row] + 1)
    return part


def _sessions(days: LabelDays, decided: Integers) -> tuple[Integers, Integers]:
    """(d,) the first and the last decision of each day."""
    first = np.full(days.count, np.iinfo(np.int64).max)
    np.minimum.at(first, days.of_row, decided)
    last = np.full(days.count, np.iinfo(np.int64).min)
    np.maximum.at(last, days.of_row, decided)
    return first, last
