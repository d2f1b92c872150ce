"""Samples that barely depend on each other, out of many that do.

Labels that overlap in time, and symbols that move together, repeat one piece of luck in many
rows. An exact bound wants independent rows. Nothing here looks at a label.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.significance.label_days import label_days

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GAP = -1  # the window of a row that is in none


def windows(decided: Integers, ended: Integers) -> Integers:
    """Number the stretches of time whose labels do not reach into each other.

    With h the median number of decision days that a label runs, a window holds the decisions of
    h days of which every symbol is part; the days after it are left out until the last label of
    the window has ended. Where labels end before the next decision day, every day is a window.

    Args:
        decided: (n,) when each sample was decided, microseconds since 1970 in UTC.
        ended: (n,) when its label ended, at or after that.

    Returns:
        (n,) number of the window, from 0; -1 for the rows between windows.
    """
    if not len(decided):
        return np.empty(0, dtype=np.int64)
    days = label_days(decided, ended)
    numbers = np.full(days.count, GAP)
    start = number = 0
    while start < days.count:
        stop = min(start + days.run, days.count)
        numbers[start:stop] = number
        start = max(stop, int(days.after[start:stop].max()))
        number += 1
    return numbers[days.of_row]


@dataclass(frozen=True, kw_only=True, slots=True)
class ThinnedRows:
    """What is left of the rows at or above one threshold: `hits` of `kept` were events."""

    threshold: float
    kept: int
    hits: int


def thin(
    score: Floats, happened: NDArray[np.bool_], window: Integers, thresholds: Floats, seed: int = 0
) -> Iterator[ThinnedRows]:
    """Of the rows at or above each threshold keep at most one a window.

    A window with n such rows keeps one, each row as likely as the other, with probability n over
    the largest n of any window. So crowded windows count as much among the kept rows as among
    all rows, and each kept row is a hit with the very probability that is asked for: hits over
    signals, counted over all signals. One row of every window would judge the mean over windows
    instead, and flatter a model whose false alarms come in crowds.

    Args:
        score: (n,) the higher, the likelier.
        happened: (n,) counted, never used to keep or drop a row.
        window: (n,) as `windows` gives it.
        thresholds: (k,) descending.
        seed: of the draws; the same rows are drawn for every threshold as far as they can be.

    Yields:
        One result per threshold, in their order.
    """
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(window != GAP)
    rows = random.permutation(rows)
    turn = np.arange(len(rows))  # the row drawn first stands for its window
    order = np.argsort(-score[rows], kind="stable")
    rows, turn = rows[order], turn[order]
    ends = np.searchsorted(-score[rows], -thresholds, side="right")
    count = int(window.max(initial=GAP)) + 1
    luck = random.random(count)
    selected = np.zeros(count, dtype=np.int64)
    first = np.full(count, len(rows))
    hit = np.zeros(count, dtype=bool)
    start = 0
    for threshold, end in zip(thresholds, ends, strict=True):
        new = np.arange(start, end)
        new = new[np.argsort(-turn[new], kind="stable")]  # the earliest turn is written last
        new_rows = rows[new]
        selected += np.bincount(window[new_rows], minlength=count)
        better = turn[new] < first[window[new_rows]]
        hit[window[new_rows[better]]] = happened[new_rows[better]]
        np.minimum.at(first, window[new_rows], turn[new])
        kept = luck * selected.max(initial=0) < selected
        yield ThinnedRows(
            threshold=float(threshold), kept=int(kept.sum()), hits=int(hit[kept].sum())
        )
        start = end
