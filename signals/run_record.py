"""run.json: what a run was made from, how its training went, and the hashes of its files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.label_spec import LabelSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.passing_on import relative_path
from quantsig.data.storage.records import (
    LEFT_OUT,
    Figures,
    check_moment,
    document_of,
    read_record,
    write_record,
)
from quantsig.signals.seal import sealed
from quantsig.signals.shape import ModelRecord

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet

SCHEMA = "quantsig.run/1"
FIRST_EPOCH = 1  # its number where people read; files count from 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleSource:
    """Which sample set."""

    path: str  # from the folder of the run or walk; whole in those made before, or on another drive
    fingerprint: str

    def place(self, home: Path) -> Path:
        """Where it lies, asked of the folder of the run or walk."""
        return Path(os.path.normpath(home.resolve() / self.path))


def sample_source(home: Path, samples: "SampleSet") -> SampleSource:
    """What the record of a run or walk that stands in a folder says of its sample set."""
    return SampleSource(
        path=relative_path(samples.path, home), fingerprint=samples.manifest.fingerprint
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class BestEpoch:
    """Where a figure of the validation rows was best."""

    value: float | None
    epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LaidScores:
    """How far the times of scores lie from the bars they were laid to; seconds, None of none."""

    stamped: str  # what the times were taken to name: open or close
    exact: int
    older: int  # laid to a bar that had closed before
    older_median_s: float | None
    older_most_s: float | None
    waiting: int  # known within a bar, whose close they wait for
    waiting_median_s: float | None
    waiting_most_s: float | None
    superseded: int  # gave way to a newer one of the same bar


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenLabels:
    """Labels that came with scores, beside those of the settings, which are used."""

    compared: int
    different: int
    first: str | None  # the first row where they differ


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedScores:
    """What is known of scores that a model of others gave; it is all that a run has of it.

    Attributes:
        source: the file, by its name.
        column: that the scores stood in.
        kind: score or probability.
        rows: that are used.
        set_aside: rows that are not, by the rule they break.
        laid: how they were laid to bars.
        splits_from: what named the splits: settings, column or trained_until.
        trained_until: the first and the last end of a training; None where it is not said.
        near_training: calibration and test rows that begin less than a label after that.
        labels: that came with the scores; None where none did.
    """

    source: str
    column: str
    kind: Literal["score", "probability"]
    rows: int
    set_aside: Mapping[str, int]
    laid: LaidScores
    splits_from: Literal["settings", "column", "trained_until"]
    trained_until: tuple[str, str] | None
    near_training: int
    labels: GivenLabels | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnsembleMember:
    """A run whose calibrated probabilities an ensemble averages with those of others.

    What it scores with lies in the ensemble, so that it may be moved or removed.

    Attributes:
        path: of its folder, from that of the ensemble.
        run_id: its own.
        trial_id: of its training.
        seal: `root` of its seal as it was taken in; None of runs that were made before there were
            seals.
        opened: whether its test split had been opened by then.
        figures: on the validation rows.
    """

    path: str
    run_id: str
    trial_id: str
    model: str
    seal: str | None
    opened: bool
    figures: Figures


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """All of run.json; what runs of before did not keep has a default.

    Attributes:
        run_id: the run's own name, unique in its runs folder.
        trial_id: names samples, settings and splits.
        created: when the training was finished.
        samples: that it was trained on.
        calendar: of their bars; None in runs made before it was kept.
        model: what the weights belong to.
        classes: of the label; empty where returns are foreseen.
        chart: what was drawn; None where pictures were imported.
        drawing_version: of the charts.
        features_version: of sequences that are not the scaled bars the chart shows.
        label: what is foreseen.
        splits: how the samples were split.
        cut_times: first decisions of validation, calibration and test; ids without times.
        loss: by name.
        epochs: at most, as asked for.
        seed: of the first model.
        members: of a training from several seeds, their figures on validation.
        spread: mean and standard deviation of these, by figure.
        command: that trained it.
        best_epoch: whose weights were kept.
        best: the best epoch by each figure that was asked for.
        baselines: what can be reached without learning.
        alarms: that rang, with kind, epoch and message.
        warnings: what else was noted, a sentence each.
        went_on: where a finished training went on for longer.
        prediction_column: of the outputs of a regression.
        prior_shift: numbers of the `PriorShift` of the training.
        sampling: which share of the rows was shown.
        scoring_precision: fp32, bf16 or fp16.
        scoring_device: kind of device; runs of before noted only its name.
        threads: that sums were computed in; None in runs made before it was kept.
        scoring_parity: how close the scores came to those in fp32, where they were compared.
        judged: of a run that was made of scores, what is known of these; there are no weights.
        ensemble: of a run that is the mean of others, these.
        checkpoints: of other epochs: file, SHA-256, epoch.
        files: SHA-256 by name.
    """

    run_id: str
    trial_id: str
    created: str
    samples: SampleSource
    calendar: SessionCalendar | None = field(default=None, metadata=LEFT_OUT)
    model: ModelRecord
    classes: tuple[str, ...]
    chart: ChartSpec | None
    drawing_version: int | None = None
    features_version: int | None = field(default=None, metadata=LEFT_OUT)
    label: LabelSpec
    splits: SplitSpec
    cut_times: tuple[str | int, ...]
    loss: str
    epochs: int
    seed: int
    members: tuple[Figures, ...] | None = field(default=None, metadata=LEFT_OUT)
    spread: Mapping[str, Figures] | None = field(default=None, metadata=LEFT_OUT)
    command: str | None = field(default=None, metadata=LEFT_OUT)
    best_epoch: int
    best: Mapping[str, BestEpoch] = field(default_factory=dict)
    baselines: Figures = field(default_factory=dict)
    alarms: tuple[Figures, ...] = ()
    warnings: tuple[str, ...] = ()
    went_on: tuple[Mapping[str, int], ...] = ()
    prediction_column: int = 0
    prior_shift: Figures | None = None
    sampling: Figures | None = None
    scoring_precision: str = "fp32"
    scoring_device: str | None = field(default=None, metadata=LEFT_OUT)
    threads: int | None = field(default=None, metadata=LEFT_OUT)
    scoring_parity: Figures | None = None
    judged: JudgedScores | None = field(default=None, metadata=LEFT_OUT)
    ensemble: tuple[EnsembleMember, ...] | None = field(default=None, metadata=LEFT_OUT)
    checkpoints: Mapping[str, Figures] = field(default_factory=dict)
    files: Mapping[str, str]

    def __post_init__(self) -> None:
        for moment in (self.created, *(cut for cut in self.cut_times if isinstance(cut, str))):
            check_moment("created or cut_times", moment)

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it."""
        return document_of(self, SCHEMA)


def read_run_record(source: Path) -> RunRecord:
    """Read a run.json.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    remedy = "Use the version of quantsig that wrote it, or train again."
    return read_record(sealed(source), RunRecord, SCHEMA, remedy=remedy)


def write_run_record(target: Path, record: RunRecord) -> None:
    """Replace `target` by a run.json, atomically."""
    write_record(target, record, SCHEMA)
