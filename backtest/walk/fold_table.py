"""The folds of a walk as a table: a row a fold, what it learnt from and what came of it."""

from typing import Any

from quantsig.data.errors import CheckFailed
from quantsig.data.language.messages import phrase
from quantsig.signals.walk_record import WalkedFold, WalkRecord


def fold_row(fold: WalkedFold) -> dict[str, Any]:
    """A fold in one row; folds, and the stretches that they test, are counted from 1.

    Returns:
        What the fold's test came to, its threshold, the rows of each part, and when those of
        training, calibration and test begin and end, as ISO text.
    """
    train, calibration, test = (fold.parts[name] for name in ("train", "calibration", "test"))
    return {
        "train_start": train.start,
        "train_end": train.end,
        "calibration_start": calibration.start,
        "calibration_end": calibration.end,
        **fold.test,
        "fold": fold.number + 1,
        "tested": ", ".join(str(number + 1) for number in fold.tested),
        "start": test.start,
        "end": test.end,
        "train": train.samples,
        "calibration": calibration.samples,
        "threshold": fold.choice.threshold,
    }


def refuse_idle(record: WalkRecord, where: str) -> None:
    """Say that a walk traded nothing.

    Args:
        record: of the walk.
        where: its folder.

    Raises:
        CheckFailed: no fold has a threshold.
    """
    if record.figures["folds_without_threshold"] == record.figures["folds"]:
        raise CheckFailed(
            "no fold has a threshold, so nothing was traded.",
            where=where,
            remedy=phrase(
                "In the first fold: {reason}. Ask for less, or use more bars.",
                reason=record.folds[0].choice.reason,
            ),
        )
