"""Run folders: one training and all that was made from it.

Runs are found and named by JSON alone; what reads their tables imports it when it is asked for.
"""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from quantsig.data.errors import DataError, QuantsigError
from quantsig.data.language.messages import phrase
from quantsig.data.portable_names import refuse_links
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import documents
from quantsig.data.storage.cached_files import CachedFiles
from quantsig.data.storage.leftovers import alone, recover, sweep
from quantsig.data.storage.resuming import Work, unfinished_folder, unfinished_work
from quantsig.data.storage.toml import stored_toml
from quantsig.data.tables.shown import as_html, in_a_line
from quantsig.signals.choice import Choice, read_choice
from quantsig.signals.layout import (
    BASELINES,
    CALIBRATION,
    CHOICES,
    CONFIG,
    ENVIRONMENT,
    METRICS,
    PREDICTIONS,
    RECALIBRATED,
    RECORD,
    SEAL,
    SHOWN,
    SIGNALS,
    THRESHOLDS,
    WALK,
)
from quantsig.signals.ledger import ENSEMBLE, open_ledger
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.run_record import FIRST_EPOCH, RunRecord, read_run_record
from quantsig.signals.seal import refuse_lost_seal, sealed, sealed_files
from quantsig.signals.shape import ModelRecord

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from quantsig.data.calendar.sessions import SessionCalendar
    from quantsig.data.samples.store import SampleSet
    from quantsig.signals.calibration.calibrators import Calibrator
    from quantsig.signals.calibration.recalibration import Recalibration
    from quantsig.signals.calibration.record import CalibrationRecord
    from quantsig.signals.events import Event

Found = TypeVar("Found")
Asked = ParamSpec("Asked")
MADE = ("training", ENSEMBLE)  # events of the ledger: a model that was not there before
TRAINING_WORK, WALK_WORK = "training", "walk"  # kinds of work that can be cut short


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """An opened run folder; its artefacts are read when asked for, once as they are."""

    path: Path
    record: RunRecord  # run.json
    kept: CachedFiles = field(
        default_factory=CachedFiles, repr=False, compare=False
    )  # what was read

    @property
    def run_id(self) -> str:
        """The run's own name, unique in its runs folder."""
        return self.record.run_id

    @property
    def is_sealed(self) -> bool:
        """Whether its files are held against what was written; those of before are not."""
        return (self.path / SEAL).is_file()

    @property
    def runs_folder(self) -> Path:
        """The folder that holds the run and the ledger."""
        return self.path.resolve().parent

    @property
    def is_trained(self) -> bool:
        """Whether a training made it; else it is judged, or the mean of other runs."""
        return self.record.judged is None and self.record.ensemble is None

    @property
    def model(self) -> ModelRecord:
        """What the weights belong to."""
        return self.record.model

    @property
    def splits(self) -> SplitSpec:
        """How the samples were split."""
        return self.record.splits

    @property
    def calibrates(self) -> bool:
        """Whether rows were kept for calibration, as all runs did that do not say."""
        return self.record.splits.calibrates

    @property
    def calendar(self) -> "SessionCalendar":
        """Which day a moment is of; runs made before it was kept go by UTC."""
        from quantsig.data.calendar.sessions import UTC_DAYS  # noqa: PLC0415

        return self.record.calendar or UTC_DAYS

    @property
    def event(self) -> "Event":
        """What a signal foresees."""
        from quantsig.signals.events import long_event  # noqa: PLC0415

        return long_event(self.record.classes, self.record.prediction_column)

    def _repr_html_(self) -> str:
        """What a notebook shows of the run: where it is, what it learnt and what it froze."""
        choice = self.choice()
        figures = (choice.test or choice.calibration) if choice else {}
        shown = {
            "run": self.run_id,
            "folder": self.path,
            "model": self.record.model.name,
            "label": self.record.label.name,
            "kept epoch": self.record.best_epoch + FIRST_EPOCH if self.is_trained else None,
            "threshold": choice.threshold if choice else None,
            **{name: figures.get(name) for name in ("signals", "precision", "recall")},
            "figures of": ("test" if choice.test else "calibration") if choice else None,
        }
        return as_html(shown)

    def __repr__(self) -> str:
        record = self.record
        told = {"model": record.model.name, "label": record.label.name, "folder": self.path}
        return in_a_line("Run", {"run": self.run_id, **told})

    def config(self) -> dict[str, Any]:
        """Every setting of the training as resolved."""
        return tomllib.loads(self.read(self.path / CONFIG, stored_toml))

    def environment(self) -> dict[str, Any]:
        """Versions, device, seed and machine of the training."""
        return self.read(self.path / ENVIRONMENT, documents.read_json)

    @property
    def has_baselines(self) -> bool:
        """Whether the simple models beside it were fitted."""
        return sealed(self.path / BASELINES).is_file()

    def metrics(self) -> "pl.DataFrame":
        """A row per epoch and split."""
        return self._table(METRICS)

    def predictions(self) -> "pl.DataFrame":
        """Scores and probabilities; test rows only once the test split was opened."""
        return self._table(PREDICTIONS)

    def calibration(self) -> "CalibrationRecord":
        """The calibrator and its quality."""
        if not sealed(self.path / CALIBRATION).is_file():
            raise DataError(
                "this run has no calibration.",
                where=str(self.path / CALIBRATION),
                remedy="Train it again.",
            )
        from quantsig.signals.calibration.record import read_calibration  # noqa: PLC0415

        return self.read(self.path / CALIBRATION, read_calibration)

    def calibrator(self) -> "Calibrator":
        """The map from raw scores to probabilities."""
        return self.calibration().calibrator

    def thresholds(self) -> "pl.DataFrame":
        """The trade-off table."""
        return self._table(THRESHOLDS)

    def signals(self) -> "pl.DataFrame":
        """The signals of the current choice."""
        if not sealed(self.path / SIGNALS).is_file():
            raise DataError(
                SignalsSentence.NO_SIGNALS_YET(),
                where=str(self.path),
                remedy="Write them first: quantsig signals `threshold` 0.7",
            )
        from quantsig.signals.signal_table import read_signals  # noqa: PLC0415

        return self.read(self.path / SIGNALS, read_signals)

    def choices(self) -> list[Choice]:
        """Every frozen threshold choice, oldest first."""
        files = sealed_files(self.path, CHOICES)
        choices = [self.read(file, read_choice) for file in files if file.suffix == ".json"]
        return sorted(choices, key=lambda one: (one.turn or 0, one.created, one.trial_id))

    def choice(self) -> Choice | None:
        """The newest frozen choice, None before the first."""
        choices = self.choices()
        return choices[-1] if choices else None

    def recalibrations(self) -> "list[Recalibration]":
        """Choices on probabilities that were calibrated again; forward tests alone use them."""
        from quantsig.signals.calibration.recalibration import read_recalibration  # noqa: PLC0415

        files = sealed_files(self.path, RECALIBRATED)
        return [self.read(file, read_recalibration) for file in sorted(files)]

    def newest_turn(self) -> int:
        """How many choices were frozen, of either kind; older ones do not count."""
        again = [made.choice for made in self.recalibrations()]
        return max((choice.turn or 0 for choice in (*self.choices(), *again)), default=0)

    def happened(self, rows: "pl.DataFrame") -> "NDArray[np.bool_]":
        """(n,) whether the event of each row happened."""
        return self.event.happened(rows["label"].to_numpy())

    def samples(self) -> "SampleSet":
        """The sample set the run was trained on, as it was then; of scores, what was scored.

        Where the set was extended since, the newer samples, labels and bars are not in it: they
        belong to no split of this run, and its splits stay where they were cut.

        Raises:
            DataError: it is not where it was, or is another one now.
        """
        from quantsig.data.samples.manifest import MANIFEST  # noqa: PLC0415
        from quantsig.data.samples.store import open_earlier  # noqa: PLC0415

        recorded = self.record.samples
        path = recorded.place(self.path)
        opened = self.kept.read(path / MANIFEST, lambda _: open_earlier(path, recorded.fingerprint))
        return replace(opened)  # whoever reads its bars keeps them, not the run

    def refuse_judged(self, what: str) -> None:
        """Raise a DataError where the run was made of scores, for what asks their model.

        Args:
            what: cannot be had, a clause.
        """
        if self.record.judged is not None:
            raise DataError(
                phrase("this run holds scores of a model that is not in it, so {what}.", what=what),
                where=str(self.path),
                remedy="Ask that model, and judge what it says: quantsig judge SCORES `bars` BARS "
                "`out` ANOTHER",
            )

    def refuse_untrained(self, what: str) -> None:
        """Raise a DataError where no one model is in the run, for what asks it.

        Args:
            what: cannot be had, a clause.
        """
        self.refuse_judged(what)
        if self.record.ensemble is not None:
            raise DataError(
                phrase("this run is the mean of several, so {what}.", what=what),
                where=str(self.path),
                remedy=phrase(
                    "Ask one of its members: {members}.",
                    members=", ".join(member.path for member in self.record.ensemble),
                ),
            )

    def _table(self, name: str) -> "pl.DataFrame":
        from quantsig.data.storage.parquet import read_parquet  # noqa: PLC0415

        return self.read(self.path / name, read_parquet)

    def read(self, source: Path, read: Callable[[Path], Found]) -> Found:
        """A file of the run, held against its seal and read once as it is.

        Raises:
            IntegrityError: it is not what was written.
        """
        return self.kept.read(sealed(source), read)


def open_run(path: Path) -> Run:
    """Open a run folder.

    Raises:
        DataError: the folder is not a run, is unfinished, is of another version, or a link in
            it leads out of it.
    """
    recover(path)
    if not (path / RECORD).is_file():
        raise _not_a_run(path)
    refuse_links(path)
    record = read_run_record(path / RECORD)
    refuse_lost_seal(path, record.run_id)
    return Run(path=path, record=record)


def exclusive(
    work: Callable[Concatenate[Run, Asked], Found],
) -> Callable[Concatenate[Run, Asked], Found]:
    """Have a function that writes into a run be alone in it meanwhile; see `alone`."""

    @wraps(work)
    def guarded(run: Run, /, *args: Asked.args, **named: Asked.kwargs) -> Found:
        with alone(run.path.resolve()):
            return work(run, *args, **named)

    return guarded


def unfinished(path: Path) -> bool:
    """Whether a training began in this folder and did not finish."""
    return (path / CONFIG).is_file() and not (path / RECORD).is_file()


def unfinished_runs(runs_folder: Path) -> dict[Path, Work]:
    """Runs whose training was cut short, each with what it is made from."""
    return {
        path: work for path, work in unfinished_work(runs_folder).items() if work.kind != WALK_WORK
    }


def find_walks(runs_folder: Path) -> list[Path]:
    """The finished walks of a folder, by name; they are no runs."""
    sweep(runs_folder)
    return sorted(record.parent for record in runs_folder.glob(f"{SHOWN}/{WALK}"))


def unfinished_walks(runs_folder: Path) -> list[Path]:
    """Walks that were cut short."""
    found = unfinished_work(runs_folder)
    return [path for path, work in found.items() if work.kind == WALK_WORK]


def unfinished_run(runs_folder: Path, work: Work) -> Path | None:
    """The run that this training goes on with, the same before one that was adjusted since."""
    found = unfinished_runs(runs_folder)
    same = [path for path, earlier in found.items() if not work.changes(earlier)]
    adjusted = [path for path, earlier in found.items() if work.goes_on_from(earlier)]
    return next(iter(same + adjusted), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRuns:
    """The finished runs of a folder, oldest first, and those that cannot be opened."""

    runs: list[Run]
    unreadable: list[QuantsigError]


def find_runs(runs_folder: Path) -> FoundRuns:
    """Every finished run in a folder; one that cannot be opened does not hide the others.

    They come as the ledger says they were trained, which a clock that jumps cannot change; before
    them those it does not know, by their own clocks.
    """
    sweep(runs_folder)
    runs, unreadable = [], []
    for record in sorted(runs_folder.glob(f"{SHOWN}/{RECORD}")):
        try:
            runs.append(open_run(record.parent))
        except QuantsigError as error:
            unreadable.append(error)
    turns = _turns(runs_folder)
    runs.sort(
        key=lambda run: (turns.get(run.run_id, 0), datetime.fromisoformat(run.record.created))
    )
    return FoundRuns(runs=runs, unreadable=unreadable)


def _turns(runs_folder: Path) -> dict[str, int]:
    """The ledger's line of the last training of each run, by its id."""
    lines = enumerate(open_ledger(runs_folder).lines, start=1)
    return {line["run_id"]: turn for turn, line in lines if _trains(line)}


def _trains(line: Mapping[str, Any]) -> bool:
    return line["event"] in MADE and isinstance(line.get("run_id"), str)


def latest_run(runs_folder: Path) -> Path:
    """The run that was trained last, of those that can be opened.

    Raises:
        DataError: there is none.
    """
    runs = find_runs(runs_folder).runs
    if not runs:
        raise DataError(
            "there is no finished run yet.",
            where=str(runs_folder),
            remedy="Train one first: quantsig train. Or name the run: it may lie elsewhere.",
        )
    return runs[-1].path


def _not_a_run(path: Path) -> DataError:
    if unfinished(path) or unfinished_folder(path.absolute()).exists():
        return DataError(
            "this training did not finish.",
            where=str(path),
            remedy="Run the same quantsig train again: it goes on where it was cut short.",
        )
    return DataError(
        "this is not a run folder." if path.exists() else "there is no such run.",
        where=str(path),
        remedy="Name a folder that quantsig train wrote; see: quantsig runs list",
    )


def trial_id(*parts: object) -> str:
    """Twelve hex digits that name what was tried; the same trial has the same name."""
    return hashlib.sha256(documents.to_json(parts).encode()).hexdigest()[:12]
