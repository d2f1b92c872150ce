"""What a tracker is: it is told of every epoch, and at last of figures and files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.signals.run_record import FIRST_EPOCH
from quantsig.signals.training.tracking.callbacks import Rows

NOT_FIGURES = ("epoch", "split")


class Tracker(Protocol):
    """The page of one run in a tracker."""

    def epoch(self, rows: Rows) -> None:
        """The rows of metrics.parquet of an epoch that has ended."""
        ...

    def finished(self, figures: Mapping[str, float], files: Sequence[Path]) -> None:
        """What came of the training, or later of a backtest, and files to keep; then close."""
        ...


Opener = Callable[[Path, Mapping[str, Any]], Tracker]  # a run folder and its settings, flat


def home_of(run: Path, tracker: str) -> Path:
    """The folder of a tracker, beside the runs; it holds nothing that a run is sealed with."""
    return run.absolute().parent / tracker


def curve_points(rows: Rows) -> Iterator[tuple[str, float, int]]:
    """`figure/split`, its value and the epoch, counted from 1 as people do; no undefined ones."""
    for row in rows:
        for name, value in row.items():
            if name not in NOT_FIGURES and value is not None:
                yield f"{name}/{row['split']}", float(value), row["epoch"] + FIRST_EPOCH


def not_installed(library: str, extra: str, error: ImportError) -> ConfigError:
    """The error for a tracker whose library is not there."""
    return ConfigError(
        phrase("{library} is not installed.", library=library),
        where=str(error),
        remedy=phrase(
            'Install the extra: pip install "quantsig[{extra}]". Or train without it: '
            "`train.track`.",
            extra=extra,
        ),
    )
