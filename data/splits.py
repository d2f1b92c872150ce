"""Train, validation, calibration and test, cut at calendar times common to all symbols.

Samples that were imported without times are cut in their order instead, which is not known to be
the order of time; and where the end of a label is not known, no row can be purged.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from quantsig.data.errors import ConfigError, DataError

SPLITS = ("train", "validation", "calibration", "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitSpec:
    """Share of the labelled samples that each split gets, in the order of time."""

    train: float = 0.60
    validation: float = 0.10
    calibration: float = 0.15
    test: float = 0.15

    def __post_init__(self) -> None:
        shares = [getattr(self, name) for name in SPLITS]
        if min(shares) <= 0 or abs(sum(shares) - 1.0) > 1e-9:
            raise ConfigError(
                f"the shares {', '.join(map(str, shares))} do not make a whole.",
                where="splits",
                remedy="Give four positive shares that add up to 1.",
            )


def cut_times(index: pl.DataFrame, spec: SplitSpec) -> list[datetime | int]:
    """The first decision time of validation, calibration and test; without times the sample_id.

    Raises:
        DataError: there are too few distinct decision times to cut.
    """
    known = index.filter(pl.col("label").is_not_null())
    times = known.select(_when(index)).to_series().sort()
    shares = [spec.train, spec.train + spec.validation, 1.0 - spec.test]
    cuts = [times[min(round(share * len(times)), len(times) - 1)] for share in shares if len(times)]
    if len(set(cuts)) < 3 or cuts[0] == times[0]:
        raise DataError(
            f"{len(times)} labelled samples are too few to cut into four splits.",
            where="the index of the sample set",
            remedy="Use more bars, a shorter window or a shorter horizon.",
        )
    return cuts


def assign(index: pl.DataFrame, spec: SplitSpec) -> pl.Series:
    """The split of each row of an index; null where the label is unknown or the row is purged.

    A row belongs to the split its decision time falls into and is purged when its label ends
    at or after the next split begins, so no label is shared across a cut.

    Returns:
        (n,) strings, aligned with `index`.
    """
    cuts = cut_times(index, spec)
    when = _when(index)
    end = when if _timeless(index) else pl.coalesce("label_end", when)
    split = pl.lit("test")
    for name, cut in reversed(list(zip(SPLITS, cuts, strict=False))):
        kept = pl.when(end < pl.lit(cut)).then(pl.lit(name))
        split = pl.when(when < pl.lit(cut)).then(kept).otherwise(split)
    known = pl.when(pl.col("label").is_not_null()).then(split)
    return index.select(known.alias("split"))["split"]


def doubts(index: pl.DataFrame) -> list[str]:
    """What cannot be promised of splits of these samples, a sentence each."""
    if _timeless(index):
        return [
            "it is not known when the samples were decided, so they are split in the order of "
            "their files: a later split may hold earlier samples."
        ]
    if index["label_end"].null_count() == len(index):
        return [
            "it is not known when the labels end, so labels of one split may reach into the next."
        ]
    return []


def _timeless(index: pl.DataFrame) -> bool:
    return index["decision_time"].null_count() == len(index)


def _when(index: pl.DataFrame) -> pl.Expr:
    return pl.col("sample_id" if _timeless(index) else "decision_time")
