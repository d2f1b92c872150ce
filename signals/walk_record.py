"""walk.json: what was walked through, what became of every fold, and of all of them together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from quantsig.data.label_spec import LabelSpec
from quantsig.data.portable_names import refuse_links
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.records import (
    LEFT_OUT,
    Figures,
    check_moment,
    document_of,
    read_record,
    write_record,
)
from quantsig.signals.run_record import SampleSource
from quantsig.signals.seal import refuse_lost_seal, sealed

SCHEMA = "quantsig.walk/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldSpan:
    """The rows of one part of a fold."""

    samples: int
    start: str  # the first decision
    end: str  # the last
    label_end: str  # when the last label has ended


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldChoice:
    """What was chosen in a fold; without a threshold the fold gives no signal."""

    threshold: float | None
    reason: str | None = None  # there is no threshold
    remark: str = ""
    calibration: Figures = field(default_factory=dict)  # figures at it


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkedFold:
    """One fold: what it learnt from, what it was tested on, and what came of it."""

    number: int
    tested: tuple[int, ...]  # stretches of time
    path: str  # in the walk's folder
    parts: Mapping[str, FoldSpan]
    calibrator: Mapping[str, Any]  # as `calibrator_numbers` gives it
    choice: FoldChoice
    test: Figures  # of the tested rows, with trades and return where folds follow each other


@dataclass(frozen=True, kw_only=True, slots=True)
class PathFigures:
    """What one path of combinatorial cross-validation came to."""

    path: int
    folds: tuple[int, ...]  # which tests each stretch
    signals: int
    trades: int
    total_return: float | None
    annual_return: float | None
    sharpe: float | None
    max_drawdown: float | None
    win_rate: float | None
    expectancy: float | None
    exposure: float | None
    session_sharpe: float | None
    excess_sharpe: float | None
    sessions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkRecord:
    """All of walk.json.

    Attributes:
        walk_id: the walk's own name.
        trial_id: names samples, settings, folds, rule and execution.
        folds_key: the same for folds that were trained alike.
        created: when the walk was finished.
        command: that walked.
        scheme: anchored, rolling or combinatorial.
        folding: how the rows were cut.
        samples: that were walked through.
        label: what is foreseen.
        classes: of the label.
        test_split: whether the locked test split was walked through, too.
        rule: of the thresholds.
        cost_fraction: of a round trip.
        execution: how signals were traded.
        settings: of the training.
        splits: how the samples are split.
        environment: what it ran in.
        figures: of all tested rows, and of the account or the number of paths.
        verdict: that of stats.json, or whether all paths agree.
        folds: every one of them.
        paths: of combinatorial cross-validation, as the next two.
        distribution: over the paths, by figure.
        always_long: over the same bars.
        files: SHA-256 by name.
    """

    walk_id: str
    trial_id: str
    folds_key: str
    created: str
    command: str
    scheme: str
    folding: Mapping[str, Any]
    samples: SampleSource
    label: LabelSpec
    classes: tuple[str, ...]
    test_split: Literal["locked", "opened"]
    rule: Figures
    cost_fraction: float
    execution: Figures
    settings: Mapping[str, Any]
    splits: SplitSpec
    environment: Mapping[str, Any]
    figures: Figures
    verdict: Mapping[str, Any]
    folds: tuple[WalkedFold, ...]
    paths: tuple[PathFigures, ...] | None = field(default=None, metadata=LEFT_OUT)
    distribution: Mapping[str, Figures] | None = field(default=None, metadata=LEFT_OUT)
    always_long: Figures | None = field(default=None, metadata=LEFT_OUT)
    files: Mapping[str, str]

    def __post_init__(self) -> None:
        check_moment("created", self.created)

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it."""
        return document_of(self, SCHEMA)


def read_walk_record(source: Path) -> WalkRecord:
    """Read a walk.json.

    Raises:
        DataError: another version wrote it, or a link in its folder leads out of it.
        IntegrityError: it is damaged, or was sealed and its seal is gone.
    """
    remedy = "Use the version of quantsig that wrote it, or walk again with this one."
    if source.is_file():
        refuse_links(source.parent)
    record = read_record(sealed(source), WalkRecord, SCHEMA, remedy=remedy)
    refuse_lost_seal(source.parent, record.walk_id)
    return record


def write_walk_record(target: Path, record: WalkRecord) -> None:
    """Replace `target` by a walk.json, atomically."""
    write_record(target, record, SCHEMA)
