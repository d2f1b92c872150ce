"""calibration.json: a run's calibrator, and how well its probabilities come true."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from quantsig.data.storage.documents import read_document, write_json
from quantsig.data.storage.records import LEFT_OUT, Figures, plain, record_of
from quantsig.signals.calibration.calibrators import (
    CALIBRATORS,
    REMEDY,
    Calibrator,
    calibrator_numbers,
    method_of,
    stored_calibrator,
)
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.seal import sealed

SCHEMAS = ("quantsig.calibration/2", "quantsig.calibration/1")  # written, and read


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationFigures:
    """What a calibrator was taken for, and its worth on the rows it was fitted on.

    Scores are None where no rows were kept for calibration; their parts, too, in the first format.
    """

    reason: str = ""  # why the method was taken
    log_loss_cross_validated: Mapping[str, float] = field(default_factory=dict)  # by method
    samples: int
    positives: int
    brier_before: float | None = field(default=None, metadata=LEFT_OUT)
    brier_before_parts: Figures | None = field(default=None, metadata=LEFT_OUT)
    brier_after: float | None = field(default=None, metadata=LEFT_OUT)
    brier_after_parts: Figures | None = field(default=None, metadata=LEFT_OUT)
    log_loss_before: float | None = field(default=None, metadata=LEFT_OUT)
    log_loss_before_parts: Figures | None = field(default=None, metadata=LEFT_OUT)
    log_loss_after: float | None = field(default=None, metadata=LEFT_OUT)
    log_loss_after_parts: Figures | None = field(default=None, metadata=LEFT_OUT)
    reliability: tuple[Figures, ...]  # a row a bin, as `quality.reliability` gives them


NO_ROWS = CalibrationFigures(
    reason=SignalsSentence.NOT_CALIBRATED(), samples=0, positives=0, reliability=()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationRecord:
    """A calibrator with its figures."""

    calibrator: Calibrator
    figures: CalibrationFigures

    @property
    def method(self) -> str:
        """The name of the calibrator's kind."""
        return method_of(self.calibrator)

    @property
    def flat(self) -> bool:
        """Whether the scores said nothing, so that every probability is the base rate."""
        return isinstance(self.calibrator, Sigmoid) and self.calibrator.slope == 0

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it: the calibrator's numbers stand among the figures."""
        numbers = calibrator_numbers(self.calibrator)
        return {"schema": SCHEMAS[0], **numbers, **plain(self.figures)}


def read_calibration(source: Path) -> CalibrationRecord:
    """Read the calibrator of a run, of any version.

    Raises:
        ConfigError: its method is of a later version.
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    document = read_document(sealed(source), *SCHEMAS, remedy=REMEDY)
    numbers = {
        "method",
        *(one.name for one in fields(CALIBRATORS.get(str(document.get("method")), Sigmoid))),
    }
    calibrator = stored_calibrator(
        {name: value for name, value in document.items() if name in numbers}, source
    )
    rest = {name: value for name, value in document.items() if name not in numbers}
    figures = record_of(rest, CalibrationFigures, source, remedy=REMEDY)
    return CalibrationRecord(calibrator=calibrator, figures=figures)


def write_calibration(target: Path, record: CalibrationRecord) -> None:
    """Replace `target` by a calibration, atomically."""
    write_json(target, record.as_dict())
