"""What is to be learnt: rows, targets and splits of a sample set, checked before anything runs."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import CALIBRATION, SPLITS, SplitSpec
from quantsig.signals.events import check_splits, long_event
from quantsig.signals.losses import TargetCounts, target_counts

Ids = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Problem:
    """Targets by sample_id, and the sample ids of each split.

    Attributes:
        samples: where the inputs come from.
        targets: (n,) class numbers, -1 where unknown; or returns, NaN where unknown.
        happened: (n,) whether the event happened, False where unknown.
        returns: (n,) forward returns, NaN where unknown.
        ids: the rows of each split that there is.
    """

    samples: SampleSet
    targets: NDArray[np.int64] | NDArray[np.float32]
    happened: NDArray[np.bool_]
    returns: NDArray[np.float64]
    ids: dict[str, Ids] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """How many classes there are; 0 where returns are foreseen."""
        return len(self.samples.classes)

    @property
    def counts(self) -> TargetCounts:
        """What a loss must know of the training rows."""
        rows = self.ids["train"]
        classes = self.targets[rows].astype(np.int64) if self.classes else np.empty(0, np.int64)
        return target_counts(classes, self.classes, self.returns[rows])


def thinned(ids: Ids, most: int) -> Ids:
    """So many rows at most, evenly over those there are."""
    if len(ids) <= most:
        return ids
    return ids[np.linspace(0, len(ids) - 1, most).round().astype(np.int64)]


def find_problem(samples: SampleSet, splits: SplitSpec) -> Problem:
    """The problem that a sample set poses.

    Raises:
        DataError: there are too few samples to split.
    """
    split = samples.assigned(splits)
    kept = [name for name in SPLITS if splits.calibrates or name != CALIBRATION]
    return pose(
        samples,
        {name: np.flatnonzero((split == name).fill_null(False).to_numpy()) for name in kept},
    )


def pose(samples: SampleSet, ids: dict[str, Ids]) -> Problem:
    """The problem of learning from some rows, by the name of the split they serve as."""
    labels = samples.index["label"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    targets: NDArray[np.int64] | NDArray[np.float32]
    if samples.classes:
        targets = np.where(np.isnan(labels), -1, labels).astype(np.int64)
    else:
        targets = labels.astype(np.float32)
    return Problem(
        samples=samples,
        targets=targets,
        happened=long_event(samples.classes).happened(labels),
        returns=samples.index["forward_return"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        ids=ids,
    )


def check_problem(problem: Problem) -> None:
    """Whether each split holds what it is for.

    Raises:
        DataError: a split is too small, or the event never or always happens where it is learnt,
            judged or calibrated.
    """
    happened = {name: problem.happened[rows] for name, rows in problem.ids.items()}
    check_splits(happened, str(problem.samples.path))
