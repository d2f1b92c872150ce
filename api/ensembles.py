"""Averaging runs, in Python."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantsig.signals.runs import Run


def ensemble(runs: "Iterable[Run | str | Path]", out: str | Path, *, force: bool = False) -> "Run":
    """Make a run that is the mean of the calibrated probabilities of others, calibrated anew.

    Args:
        runs: opened or by their folders, two or more: of the same rows, label and splits.
        out: the run folder to make.
        force: replace a run that exists.

    Raises:
        UsageError: there is one member alone, or one twice; or `out` exists and `force` is not set.
        DataError: a member is not there, was made of scores or of other runs, or foresees another
            label, in other splits, of other rows or bars.
        CheckFailed: a member learnt from the test rows of another.
        IntegrityError: a file of a member is not what was written.
    """
    from quantsig.signals.ensembles.ensemble import ensemble as average

    paths = [Path(one) if isinstance(one, (str, Path)) else one.path for one in runs]
    return average(paths, Path(out), force=force)
