"""The maps from raw scores to probabilities, as JSON numbers."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from quantsig.data.errors import unknown_name
from quantsig.signals.calibration.beta_map import BetaMap
from quantsig.signals.calibration.isotonic_map import IsotonicMap
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.calibration.uncalibrated import Uncalibrated

Calibrator = Sigmoid | BetaMap | IsotonicMap | Uncalibrated

CALIBRATORS: dict[str, type[Calibrator]] = {
    "sigmoid": Sigmoid,
    "beta": BetaMap,
    "isotonic": IsotonicMap,
    "none": Uncalibrated,
}


def calibrator_numbers(calibrator: Calibrator) -> dict[str, Any]:
    """The method's name and its numbers, as `stored_calibrator` reads them."""
    method = next(name for name, kind in CALIBRATORS.items() if isinstance(calibrator, kind))
    return {"method": method, **asdict(calibrator)}


def stored_calibrator(record: Mapping[str, Any], where: Path) -> Calibrator:
    """The calibrator of a calibration.json of any version.

    Raises:
        ConfigError: its method is of a later version.
    """
    method = record.get("method", "sigmoid")
    if method not in CALIBRATORS:
        raise unknown_name("calibration method", method, CALIBRATORS, where=str(where))
    kind = CALIBRATORS[method]
    return kind(**{field.name: record[field.name] for field in fields(kind)})
