"""A frozen threshold as choices/<trial_id>.json keeps it: how it was chosen and what it gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.records import (
    LEFT_OUT,
    Figures,
    check_moment,
    document_of,
    read_record,
    write_record,
)
from quantsig.data.tables.shown import Shown, as_html, in_a_line
from quantsig.signals.seal import sealed

SCHEMA = "quantsig.choice/1"
REACHED = ("precision", "recall", "average_precision", "base_rate", "accuracy", "mcc")


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenRegimes:
    """Whether the base rate wanders in the rows that a threshold was promised on."""

    seen: float  # probability that it does, 0..1
    deviation: float | None  # its standard deviation in log-odds


@dataclass(frozen=True, kw_only=True, slots=True)
class PromisedPrecision:
    """What the tests of the precision rule saw; choices of before know less of it."""

    precision: float  # that was asked for, and is promised
    confidence: float
    windows: int | None = None  # stretches of time in the rows
    regimes: SeenRegimes | None = None  # None where none were looked for
    tested: tuple[Figures, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenWalk:
    """The walk on whose tested rows a threshold was chosen."""

    walk_id: str
    folds_key: str
    scheme: str
    folds: int
    samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenData:
    """What a choice was made on."""

    samples: str  # fingerprint of the sample set
    rows_sha256: str  # of the ids, labels and probabilities


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A frozen threshold.

    Attributes:
        trial_id: names the question and the rows it was answered on.
        rule: number, precision, recall, fbeta, expectancy or top_k.
        threshold: the probability from which a signal is given.
        asked: what the rule was asked for, by option.
        promise: of the precision rule.
        remark: what a reader should know of the choice, a sentence; may be empty.
        created: when it was made, or made again.
        split: whose rows it was made on: calibration or walk.
        on: the walk, where it was made on one.
        data: what it was made on; older choices do not say.
        openings_before: how often the test split had been opened.
        cost_fraction: of a round trip.
        calibration: figures of the threshold on the calibration rows.
        walk: the same on the rows of `on`.
        test: the same on the test rows, once they were opened, with `opening`.
        transfer: how far `test` is off `calibration`.
        turn: 1 for the run's first choice, and so on, made again included; older ones do not
            say. Clocks are set back, and runs move between machines.
    """

    trial_id: str
    rule: str
    threshold: float
    asked: Mapping[str, float]
    promise: PromisedPrecision | None
    remark: str
    created: str
    split: str = "calibration"
    on: ChosenWalk | None = None
    data: ChosenData | None = None
    openings_before: int = 0
    cost_fraction: float
    calibration: Figures
    walk: Figures | None = field(default=None, metadata=LEFT_OUT)
    test: Figures | None = field(default=None, metadata=LEFT_OUT)
    transfer: Figures | None = field(default=None, metadata=LEFT_OUT)
    turn: int | None = field(default=None, metadata=LEFT_OUT)

    def __post_init__(self) -> None:
        check_moment("created", self.created)

    @property
    def shown(self) -> Shown:
        """What it says of itself: the threshold, what was asked, and what it came to."""
        figures = self.test or self.calibration
        return {
            "threshold": self.threshold,
            "by": self.rule,
            "promised": self.target,
            "on": "test" if self.test else self.split,
            **{name: figures.get(name) for name in ("signals", "precision", "recall")},
        }

    def __repr__(self) -> str:
        return in_a_line("Choice", self.shown)

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        return as_html(self.shown)

    @property
    def reached(self) -> Figures:
        """Figures on the test rows; empty while these are locked."""
        return self.test or {}

    @property
    def target(self) -> float | None:
        """The precision that was promised, if one was."""
        return self.promise.precision if self.promise else None

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it."""
        return document_of(self, SCHEMA)


def reached_figures(choices: Sequence[Choice], choice_id: str | None = None) -> dict[str, Any]:
    """A threshold, and what it reached on the test split; null where that is locked.

    Args:
        choices: of a run, oldest first.
        choice_id: of one of them; None, or that of no choice: the newest.
    """
    named = [choice for choice in choices if choice.trial_id == choice_id]
    choice = next(iter([*named, *reversed(choices)]), None)
    reached = choice.reached if choice else {}
    return {
        "threshold": choice.threshold if choice else None,
        **{name: reached.get(name) for name in REACHED},
    }


def read_choice(source: Path) -> Choice:
    """Read one frozen choice.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged, or not named after its trial: files are named after that.
    """
    choice = read_record(
        sealed(source),
        Choice,
        SCHEMA,
        remedy="Use the version of quantsig that wrote it, or choose again without this file.",
    )
    if choice.trial_id != source.stem:
        raise damaged(source, "its trial_id is not the name of the file")
    return choice


def write_choice(target: Path, choice: Choice) -> None:
    """Replace `target` by a choice, atomically."""
    write_record(target, choice, SCHEMA)
