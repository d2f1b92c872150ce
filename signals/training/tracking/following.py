"""Telling trackers of a training, and later of what came of its run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase, term
from quantsig.data.progress import Note
from quantsig.data.storage.resuming import flat
from quantsig.signals.runs import Run
from quantsig.signals.training.tracking.callbacks import Callbacks, Rows
from quantsig.signals.training.tracking.trackers import TRACKERS
from quantsig.signals.training.tracking.trackers.tracker import Tracker


@dataclass(kw_only=True, eq=False)
class Following:
    """The trackers that follow one run. One that fails is told of once and left: no run waits."""

    trackers: dict[str, Tracker]
    tell: Note

    def epoch(self, rows: Rows) -> None:
        """The rows of metrics.parquet of an epoch that has ended."""
        self._each(lambda tracker: tracker.epoch(rows))

    def finished(self, figures: Mapping[str, Any], files: Sequence[Path] = ()) -> None:
        """Those of the figures that are numbers, and the files that there are."""
        numbers = {
            name: float(value)
            for name, value in figures.items()
            if isinstance(value, (int, float)) and isfinite(value)
        }
        there = [file for file in files if file.is_file()]
        self._each(lambda tracker: tracker.finished(numbers, there))

    def _each(self, act: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self.trackers.items()):
            try:
                act(tracker)
            except Exception as error:
                del self.trackers[name]
                said = " ".join(str(error).split()) or type(error).__name__
                self.tell(
                    phrase(
                        "warning: {name} follows this run no more: {why}", name=name, why=term(said)
                    )
                )


def follow(names: Sequence[str], run: Path, config: Mapping[str, Any], tell: Note) -> Following:
    """Trackers of a run, opened before anything is trained.

    Args:
        names: of TRACKERS.
        run: its folder, which need not be there yet.
        config: its settings, in sections.
        tell: told of a tracker that fails later.

    Raises:
        ConfigError: a tracker is not installed.
    """
    settings = flat(config)
    opened = {name: TRACKERS[name](run, settings) for name in dict.fromkeys(names)}
    return Following(trackers=opened, tell=tell)


def heard_by(callbacks: Callbacks, following: Following) -> Callbacks:
    """The same callbacks, with trackers that hear every epoch, too."""

    def epoch(rows: Rows) -> None:
        callbacks.epoch(rows)
        following.epoch(rows)

    return replace(callbacks, epoch=epoch) if following.trackers else callbacks


def follow_up(run: Run, figures: Mapping[str, Any], files: Sequence[Path], tell: Note) -> None:
    """Tell the trackers of a run what came of it; one that is not installed any more is named.

    Args:
        run: whose settings name them.
        figures: by name; only numbers are told.
        files: to keep beside it, such as its report.
        tell: told what fails.
    """
    config = {} if run.record.judged is not None else run.config()
    for name in config.get("train", {}).get("track", ()):
        try:
            following = follow([name], run.path, config, tell)
        except ConfigError as error:
            tell(phrase("warning: {name} is not told: {what}", name=name, what=term(error.what)))
        else:
            following.finished(figures, files)
