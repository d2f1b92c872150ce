"""The folds of a walk in rows."""

from dataclasses import replace

import pytest

from quantsig.backtest.walk.fold_table import fold_row, refuse_idle
from quantsig.data.errors import CheckFailed
from quantsig.signals.walk_record import (
    FoldChoice,
    FoldSpan,
    WalkedFold,
    read_walk_record,
)
from tests.golden.opened import STORED


def fold(number: int, threshold: float | None) -> WalkedFold:
    """As walk.json has it."""
    spans = {
        part: FoldSpan(samples=rows, start=f"{year}-01-01", end=f"{year}-12-31", label_end="")
        for part, rows, year in (("train", 60, 2001), ("calibration", 20, 2002), ("test", 9, 2003))
    }
    return WalkedFold(
        number=number,
        tested=(number, number + 2),
        path="",
        parts=spans,
        calibrator={},
        choice=FoldChoice(threshold=threshold, reason=None if threshold else "too few"),
        test={"samples": 9, "return": 0.1},
    )


def test_a_fold_is_one_row_counted_from_one() -> None:
    """Its parts, its threshold and what came of it."""
    row = fold_row(fold(1, 0.7))
    assert (row["fold"], row["tested"], row["threshold"]) == (2, "2, 4", 0.7)
    assert (row["train"], row["calibration"], row["samples"]) == (60, 20, 9)
    assert (row["start"], row["end"], row["return"]) == ("2003-01-01", "2003-12-31", 0.1)
    assert (row["train_start"], row["calibration_end"]) == ("2001-01-01", "2002-12-31")


def test_a_walk_without_any_threshold_is_refused() -> None:
    """With the reason of its first fold; one threshold is enough."""
    walk = read_walk_record(next(STORED.glob("runs/walk-*/walk.json")))
    counts = {"folds": 2, "folds_without_threshold": 2}
    idle = replace(walk, figures=counts, folds=(fold(0, None), fold(1, None)))
    with pytest.raises(CheckFailed) as caught:
        refuse_idle(idle, "w")
    assert caught.value.remedy.startswith("In the first fold: too few.")
    assert caught.value.where == "w"
    refuse_idle(replace(idle, figures=counts | {"folds_without_threshold": 1}), "w")
