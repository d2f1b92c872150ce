"""Training told on stderr: a line an epoch, and every alarm."""

import time
from typing import TYPE_CHECKING, Any

from quantsig.cli.output import note, readable
from quantsig.data.language.messages import chained, phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsig.data.progress import Progress
    from quantsig.signals.training.tracking.callbacks import Callbacks, Rows

STOP_WITHIN_S = 8.0  # of a signal; the state saved last then stands


def run_callbacks(progress: "Progress", epochs: int) -> "Callbacks":
    """One training: its epochs out of all, and the time left.

    Args:
        progress: told about steps.
        epochs: at most so many, for the time left.
    """
    from quantsig.data.language.durations import duration
    from quantsig.signals.run_record import FIRST_EPOCH
    from quantsig.signals.training.tracking.callbacks import Callbacks

    started, seconds = time.monotonic(), list[float]()

    def epoch(rows: "Rows") -> None:
        by_split = {row["split"]: row for row in rows}
        done = by_split["validation"]["epoch"] + FIRST_EPOCH
        seconds.append(time.monotonic() - started)
        left = (epochs - done) * seconds[-1] / len(seconds)
        note(
            phrase(
                "epoch {done}/{epochs}: {line}, {left} left at most",
                done=done,
                epochs=epochs,
                line=_epoch_line(by_split),
                left=duration(left),
            )
        )

    return Callbacks(progress=progress, tell=note, epoch=epoch, stop_within_s=STOP_WITHIN_S)


def fold_callbacks(progress: "Progress") -> "Callbacks":
    """The trainings of folds: their epochs, where they learn by epochs."""
    from quantsig.signals.run_record import FIRST_EPOCH
    from quantsig.signals.training.tracking.callbacks import Callbacks

    def epoch(rows: "Rows") -> None:
        by_split = {row["split"]: row for row in rows}
        note(
            phrase(
                "  epoch {epoch}: {line}",
                epoch=by_split["validation"]["epoch"] + FIRST_EPOCH,
                line=_epoch_line(by_split),
            )
        )

    return Callbacks(progress=progress, tell=note, epoch=epoch, stop_within_s=STOP_WITHIN_S)


def search_callbacks(progress: "Progress") -> "Callbacks":
    """Many trainings, whose epochs are not told."""
    from quantsig.signals.training.tracking.callbacks import Callbacks

    return Callbacks(progress=progress, tell=note, stop_within_s=STOP_WITHIN_S)


def _epoch_line(rows: "Mapping[str, Mapping[str, Any]]") -> str:
    """An epoch in one line: losses, ranking, rate, GPU."""
    from quantsig.signals.scoring.device import gpu_state

    validation, train = rows["validation"], rows["train"]
    parts = [
        phrase(
            "loss {train:.4f} train {validation:.4f} validation",
            train=train["loss"],
            validation=validation["loss"],
        ),
        phrase(
            "average precision {value} (chance {chance})",
            value=readable("", validation["average_precision"]),
            chance=readable("", validation["base_rate"]),
        ),
        phrase("rate {rate:.1e}", rate=validation["learning_rate"]),
    ]
    return chained("{one}, {other}", [*parts, *gpu_state()])
