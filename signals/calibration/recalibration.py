"""recalibrated/<trial_id>.json: a frozen threshold on probabilities that were calibrated again.

Such a choice has seen what came after the run's test split. So it stands apart from `choices/`:
the forward test alone decides by it, and no figure of the test split is ever told of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.documents import write_json
from quantsig.data.storage.records import document_of, plain, read_record
from quantsig.signals.calibration.calibrators import Calibrator, stored_calibrator
from quantsig.signals.calibration.record import CalibrationFigures
from quantsig.signals.choice import Choice
from quantsig.signals.seal import sealed

SCHEMA = "quantsig.recalibration/1"
REMEDY = "Use the version of quantsig that wrote it, or calibrate again without this file."


@dataclass(frozen=True, kw_only=True, slots=True)
class RecalibratedOn:
    """What probabilities were calibrated again on.

    Attributes:
        rows: forward, or both: these after the calibration rows.
        decisions: of the journal that had come out, and are among the rows.
        left_out: that had come out, and whose probability went by a map that is no more.
        lines, head: of the journal then.
        newest: the last end of a label among the rows.
        before: the choice that was in force.
    """

    rows: str
    decisions: int
    left_out: int
    lines: int
    head: str
    newest: str
    before: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalibration:
    """A choice with the maps that its probabilities went through.

    Attributes:
        choice: the threshold, with its figures on the rows of `on`.
        maps: numbers of calibrators, each from the log-odds of the one before; the first from
            those of the run's own probability.
        figures: how well the last map's probabilities come true on the rows it was fitted on.
        on: these rows.
    """

    choice: Choice
    maps: tuple[Mapping[str, Any], ...]
    figures: CalibrationFigures
    on: RecalibratedOn

    def calibrators(self, source: Path) -> tuple[Calibrator, ...]:
        """The maps, as they were read from `source`."""
        return tuple(stored_calibrator(numbers, source) for numbers in self.maps)

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it."""
        return {**document_of(self, SCHEMA), "choice": plain(self.choice)}


def read_recalibration(source: Path) -> Recalibration:
    """Read one such choice.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged, or not named after its trial.
    """
    found = read_record(sealed(source), Recalibration, SCHEMA, remedy=REMEDY)
    if found.choice.trial_id != source.stem:
        raise damaged(source, "its trial_id is not the name of the file")
    return found


def write_recalibration(target: Path, made: Recalibration) -> None:
    """Replace `target`, atomically."""
    write_json(target, made.as_dict())
