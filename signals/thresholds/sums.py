"""Sums over the rows at or above each threshold, for each group of rows, in one pass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.thresholds.scored_rows import ScoredRows

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """Sums over the selected rows, (g, k) each: of g groups at k thresholds.

    Returns that are not known are left out of the sums of returns and of `known`.
    """

    signals: Floats
    hits: Floats
    known: Floats  # selected rows whose return is known
    known_hits: Floats
    returns: Floats
    hit_returns: Floats
    squares: Floats  # of returns
    rows: Floats  # (g,) all rows, selected or not
    positives: Floats  # (g,) all events

    def total(self) -> "Sums":
        """All groups as one."""
        return Sums(
            **{
                name: getattr(self, name).sum(axis=0, keepdims=True)
                for name in self.__dataclass_fields__
            }
        )

    def group(self, number: int) -> "Sums":
        """One group alone."""
        return Sums(
            **{name: getattr(self, name)[number : number + 1] for name in self.__dataclass_fields__}
        )


def threshold_sums(rows: ScoredRows, thresholds: Floats, group: Integers, groups: int) -> Sums:
    """Sum up rows by group and threshold.

    Args:
        rows: scored rows, no NaN among the probabilities.
        thresholds: (k,) ascending.
        group: (n,) number of each row's group.
        groups: how many groups there are.
    """
    reached = np.searchsorted(thresholds, rows.probability, side="right")  # (n,) of k thresholds
    width = len(thresholds) + 1
    cell = group * width + reached
    hits = np.flatnonzero(rows.happened)
    known = ~np.isnan(rows.forward_return)
    all_known = bool(known.all())
    returns = rows.forward_return if all_known else np.where(known, rows.forward_return, 0.0)

    def cells(of: Integers | slice, weights: Floats | None = None) -> Floats:
        """(g, k + 1): how many rows of each group reach exactly so many thresholds."""
        counted = np.bincount(cell[of], weights=weights, minlength=groups * width)
        return counted.reshape(groups, width).astype(np.float64)

    every, only_hits = cells(slice(None)), cells(hits)
    signals, positive = _above(every), _above(only_hits)
    return Sums(
        signals=signals,
        hits=positive,
        known=signals if all_known else _above(cells(np.flatnonzero(known))),
        known_hits=positive if all_known else _above(cells(hits[known[hits]])),
        returns=_above(cells(slice(None), returns)),
        hit_returns=_above(cells(hits, returns[hits])),
        squares=_above(cells(slice(None), returns**2)),
        rows=every.sum(axis=1),
        positives=only_hits.sum(axis=1),
    )


def _above(cells: Floats) -> Floats:
    """(g, k) sums of the rows that reach each threshold."""
    sums: Floats = np.cumsum(cells[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return sums
