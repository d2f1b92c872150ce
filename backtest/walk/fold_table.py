"""The folds of walk.json as a table: a row a fold, what it learnt from and what came of it."""

from collections.abc import Mapping
from typing import Any

from quantsig.data.errors import CheckFailed


def fold_row(fold: Mapping[str, Any]) -> dict[str, Any]:
    """A fold in one row; folds, and the stretches that they test, are counted from 1.

    Args:
        fold: one of `folds` in walk.json.

    Returns:
        What the fold's test came to, its threshold, the rows of each part, and when those of
        training, calibration and test begin and end, as ISO text.
    """
    parts = fold["parts"]
    spans = {
        f"{part}_{end}": parts[part][end]
        for part in ("train", "calibration")
        for end in ("start", "end")
    }
    return {
        **spans,
        **fold["test"],
        "fold": fold["number"] + 1,
        "tested": ", ".join(str(number + 1) for number in fold["tested"]),
        "start": parts["test"]["start"],
        "end": parts["test"]["end"],
        "train": parts["train"]["samples"],
        "calibration": parts["calibration"]["samples"],
        "threshold": fold["choice"]["threshold"],
    }


def refuse_idle(record: Mapping[str, Any], where: str) -> None:
    """Say that a walk traded nothing.

    Args:
        record: the document of walk.json.
        where: its folder.

    Raises:
        CheckFailed: no fold has a threshold.
    """
    figures = record["figures"]
    if figures["folds_without_threshold"] == figures["folds"]:
        raise CheckFailed(
            "no fold has a threshold, so nothing was traded.",
            where=where,
            remedy=f"In the first fold: {record['folds'][0]['choice']['reason']}. Ask for less, "
            "or use more bars.",
        )
