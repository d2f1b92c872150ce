"""Cross-validation in time: folds that share no label and whose charts see no tested stretch.

A row is tested by a model that learnt from other rows. Of those, what touches a tested stretch
goes (López de Prado 2018, "Advances in Financial Machine Learning", chapters 7 and 12):

- purged: rows before it whose label ends at or after its first decision, and rows after it that
  are decided until its last label has ended, whatever their symbol;
- embargoed: rows after it whose chart still shows a bar of it, plus any time that is added.

What is left is cut once more at calendar times, purged again: the model learns from the oldest
part, its epoch is chosen on the next, and its probabilities are calibrated on the newest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import Field, dataclass, field
from datetime import timedelta
from itertools import combinations
from typing import Any, ClassVar, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import ConfigError, DataError, refused
from quantsig.data.language.messages import phrase, term
from quantsig.data.split_spec import SPLITS, SplitSpec
from quantsig.data.splits import bounds, cut_times

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
PARTS = ("train", "validation", "calibration", "test")
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fold:
    """One training and the rows it is tested on: sample ids, each in the order of decisions."""

    number: int  # from 0
    tested: tuple[int, ...]  # numbers of the stretches of time that are tested, from 0
    train: Ids
    validation: Ids
    calibration: Ids
    test: Ids
    stretches: Ids  # the number of the stretch that each tested row lies in

    @property
    def ids(self) -> dict[str, Ids]:
        """The rows by the name of the split that they serve as."""
        return {name: getattr(self, name) for name in PARTS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Nesting:
    """What a fold keeps of its training part for other purposes, and how far it stays away."""

    validation: float = 0.10  # share of the rows that are not tested, before the calibration's
    calibration: float = 0.15  # share of them, the newest
    embargo: timedelta = timedelta(0)  # after a tested stretch, beyond what a chart looks back

    def __post_init__(self) -> None:
        if min(self.validation, self.calibration) <= 0 or self.validation + self.calibration >= 1:
            raise ConfigError(
                phrase(
                    "shares of {validation} and {calibration} leave no training rows.",
                    validation=self.validation,
                    calibration=self.calibration,
                ),
                where=term("the validation and calibration shares of a fold"),
                remedy="Give two positive shares that add up to less than 1.",
            )
        if self.embargo < timedelta(0):
            raise ConfigError(
                phrase("an embargo cannot last {embargo}.", embargo=self.embargo),
                where=term("the embargo of a fold"),
                remedy="Give a duration of zero or more.",
            )


class Folding(Protocol):
    """A way to cut an index into folds; the same index gives the same folds."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]  # its settings, which name the folds

    @property
    def name(self) -> str:
        """Kind and sizes, fit for a file name."""
        ...

    def split(self, index: pl.DataFrame) -> Iterator[Fold]:
        """The folds of an index: its labelled rows, of all symbols.

        Raises:
            DataError: there are too few rows, or times are not known.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class KFold:
    """Stretches of equally many rows, each tested once by a model of all the others."""

    blocks: int = 5
    nesting: Nesting = field(default_factory=Nesting)

    def __post_init__(self) -> None:
        _at_least("blocks", self.blocks, 2)

    @property
    def name(self) -> str:
        """Kind and sizes, fit for a file name."""
        return f"kfold-{self.blocks}"

    def split(self, index: pl.DataFrame) -> Iterator[Fold]:
        """One fold per stretch; every labelled row is tested exactly once."""
        return Combinatorial(blocks=self.blocks, tested=1, nesting=self.nesting).split(index)


@dataclass(frozen=True, kw_only=True, slots=True)
class Combinatorial:
    """Every choice of `tested` out of `blocks` stretches is tested by a model of the rest.

    That makes C(blocks, tested) folds, and each stretch is tested in C(blocks - 1, tested - 1) of
    them, which is the number of whole paths through time (López de Prado 2018, section 12.4).
    """

    blocks: int = 6
    tested: int = 2
    nesting: Nesting = field(default_factory=Nesting)

    def __post_init__(self) -> None:
        _at_least("blocks", self.blocks, 2)
        if not 1 <= self.tested < self.blocks:
            raise ConfigError(
                phrase(
                    "{tested} of {blocks} stretches cannot be tested.",
                    tested=self.tested,
                    blocks=self.blocks,
                ),
                where="folds.tested",
                remedy=phrase("Give a number from 1 to {most}.", most=self.blocks - 1),
            )

    @property
    def name(self) -> str:
        """Kind and sizes, fit for a file name."""
        return f"combinatorial-{self.blocks}-{self.tested}"

    def split(self, index: pl.DataFrame) -> Iterator[Fold]:
        """The folds in the lexical order of the stretches they test."""
        rows = _rows(index, self.nesting)
        block = rows.blocks(_even(0, len(rows.when), self.blocks)[1:])
        chosen = combinations(range(self.blocks), self.tested)
        return (
            rows.fold(number, tested, block, np.ones_like(block, bool), self.nesting)
            for number, tested in enumerate(chosen)
        )

    def paths(self) -> NDArray[np.int64]:
        """(paths, blocks): the number of the fold that tests each stretch on each path.

        A stretch's first fold belongs to the first path, its second to the second, and so on.
        """
        chosen = list(combinations(range(self.blocks), self.tested))
        testing = [
            [number for number, tested in enumerate(chosen) if block in tested]
            for block in range(self.blocks)
        ]
        return np.array(testing, np.int64).T


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkForward:
    """Stretches of equally many rows, each tested by a model of what came before.

    Anchored, a model learns from everything before; rolling, from as many rows as the first one.
    """

    folds: int = 5
    first: float = 0.5  # share of the rows before the first tested stretch
    anchored: bool = True
    gap: timedelta = timedelta(0)  # at least, from the end of a label learnt from to the first test
    nesting: Nesting = field(default_factory=Nesting)

    def __post_init__(self) -> None:
        _at_least("folds", self.folds, 1)
        if self.gap < timedelta(0):
            raise refused("folds.gap", self.gap, "Give a duration of zero or more.")
        if not 0.0 < self.first < 1.0:
            raise ConfigError(
                phrase(
                    "a share of {share} before the first test makes no sense.", share=self.first
                ),
                where="folds.first",
                remedy="Give a number between 0 and 1.",
            )

    @property
    def name(self) -> str:
        """Kind and sizes, fit for a file name."""
        return f"{'anchored' if self.anchored else 'rolling'}-{self.folds}"

    def split(self, index: pl.DataFrame) -> Iterator[Fold]:
        """The folds in the order of time."""
        rows = _rows(index, self.nesting, looks_back=False)
        window = round(self.first * len(rows.when))
        starts = _even(window, len(rows.when), self.folds)
        block = rows.blocks(starts) - 1  # -1 is before the first test
        return (
            rows.fold(number, (number,), block, self._before(rows, start, window), self.nesting)
            for number, start in enumerate(starts)
        )

    def _before(self, rows: "_Rows", start: int, window: int) -> Flags:
        first = rows.when[start]
        before: Flags = (rows.when < first) & (rows.end + self.gap // MICROSECOND < first)
        return before if self.anchored else before & (rows.when >= rows.when[start - window])


def ended_before(
    index: pl.DataFrame,
    splits: SplitSpec,
    split: str = "test",
    calendar: SessionCalendar | None = None,
) -> pl.DataFrame:
    """Rows whose label ended before a split begins: of the locked test's, those folds may use.

    Args:
        index: of the samples.
        splits: how the samples are split.
        split: no row of it or of later ones is used.
        calendar: of the bars; splits at dates are not understood without it.
    """
    cut = cut_times(index, splits, calendar)[SPLITS.index(split) - 1]
    first, _ = bounds(index, splits, calendar)
    begun = pl.lit(True) if first is None else pl.col("decision_time") >= first
    return index.filter(pl.col("label").is_not_null(), pl.col("label_end") < cut, begun)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """Labelled rows in the order of decisions, (n,) each; times in microseconds."""

    ids: Ids
    when: Ids  # of the decision
    end: Ids  # of the label
    seen: Ids  # where the chart begins

    def blocks(self, starts: Sequence[int]) -> Ids:
        """(n,) how many of the stretches, given by the rows they start at, have begun.

        A stretch starts with the first row of its time, so all symbols are cut alike.

        Raises:
            DataError: a stretch is empty.
        """
        inside = [start for start in starts if 0 < start < len(self.when)]
        cuts = self.when[inside]
        if len(inside) < len(starts) or (np.diff(cuts, prepend=self.when[:1]) <= 0).any():
            raise DataError(
                phrase(
                    "{samples} labelled samples are too few for {stretches} stretches of time.",
                    samples=len(self.when),
                    stretches=len(starts) + 1,
                ),
                where=term("the index of the sample set"),
                remedy="Use fewer folds, or more bars.",
            )
        return np.searchsorted(cuts, self.when, side="right").astype(np.int64)

    def fold(
        self, number: int, tested: tuple[int, ...], block: Ids, free: Flags, nesting: Nesting
    ) -> Fold:
        """Purge and embargo the rows that are free to learn from, and cut them once more.

        Raises:
            DataError: a part is empty.
        """
        test = np.isin(block, tested)
        kept = free & ~test
        for one in tested:
            kept &= ~self._touching(block == one, nesting.embargo)
        parts = {**self._nested(np.flatnonzero(kept), nesting), "test": np.flatnonzero(test)}
        for name, places in parts.items():
            if not len(places):
                raise DataError(
                    phrase(
                        "fold {number} has no {name} samples left once purged.",
                        number=number + 1,
                        name=term(name),
                    ),
                    where=term("the index of the sample set"),
                    remedy="Use fewer folds, more bars, a shorter window or a shorter horizon.",
                )
        ids = {name: self.ids[places] for name, places in parts.items()}
        return Fold(number=number, tested=tested, stretches=block[test], **ids)

    def _touching(self, test: Flags, embargo: timedelta) -> Flags:
        """Rows that share a label's time with a tested stretch, or look back into it."""
        first, last = self.when[test].min(), self.end[test].max()
        reaching = (self.when < first) & (self.end >= first)
        looking_back = (self.when >= first) & (self.seen <= last + embargo // MICROSECOND)
        touching: Flags = reaching | looking_back
        return touching

    def _nested(self, places: Ids, nesting: Nesting) -> dict[str, Ids]:
        """Cut rows at two times, each part purged of labels that reach the next."""
        count = len(places)
        if not count:
            return dict.fromkeys(PARTS[:-1], places)
        when, end = self.when[places], self.end[places]
        shares = (1.0 - nesting.validation - nesting.calibration, 1.0 - nesting.calibration)
        first, second = (when[min(round(share * count), count - 1)] for share in shares)
        return {
            "train": places[end < first],
            "validation": places[(when >= first) & (end < second)],
            "calibration": places[when >= second],
        }


def _rows(index: pl.DataFrame, nesting: Nesting, *, looks_back: bool = True) -> _Rows:
    """The labelled rows of an index.

    Args:
        index: of a sample set.
        nesting: whose embargo stands for a look-back that is not known.
        looks_back: whether rows after a test are learnt from, so that it matters what they see.

    Raises:
        DataError: it is not known when rows are decided or their labels end; or what a chart
            looks back on, and no embargo is given in its place.
    """
    known = index.filter(pl.col("label").is_not_null()).sort("decision_time", "sample_id")
    if nesting.embargo or not looks_back:  # imported charts do not say where they begin
        known = known.with_columns(window_start=pl.coalesce("window_start", "decision_time"))
    times = ("decision_time", "label_end", "window_start")
    for name in times:
        missing = known[name].null_count()
        if missing:
            raise DataError(
                phrase(
                    "{missing} of {samples} labelled samples have no {name}, so folds of them "
                    "cannot be purged.",
                    missing=missing,
                    samples=len(known),
                    name=name,
                ),
                where=term("the index of the sample set"),
                remedy="Give the embargo that stands for the look-back of a chart."
                if name == "window_start"
                else "Build the samples from bars, or import them again with `bars`.",
            )
    when, end, seen = (known[name].dt.epoch("us").to_numpy() for name in times)
    return _Rows(ids=known["sample_id"].cast(pl.Int64).to_numpy(), when=when, end=end, seen=seen)


def _even(first: int, end: int, parts: int) -> list[int]:
    """Where each of so many parts of the rows begins; sizes differ by at most one."""
    size, larger = divmod(end - first, parts)
    return [first + part * size + min(part, larger) for part in range(parts)]


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise refused(
            f"folds.{name}", value, phrase("Give a number of at least {least}.", least=least)
        )
