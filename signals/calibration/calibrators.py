"""The maps from raw scores to probabilities, as JSON numbers."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from quantsig.data.errors import unknown_name
from quantsig.data.language.messages import phrase
from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.records import record_of
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
REMEDY = "Use the version of quantsig that wrote it, or train again."


def calibrator_numbers(calibrator: Calibrator) -> dict[str, Any]:
    """The method's name and its numbers, as `stored_calibrator` reads them."""
    return {"method": method_of(calibrator), **asdict(calibrator)}


def method_of(calibrator: Calibrator) -> str:
    """The name of a calibrator's kind."""
    return next(name for name, kind in CALIBRATORS.items() if isinstance(calibrator, kind))


def stored_calibrator(numbers: Mapping[str, Any], source: Path) -> Calibrator:
    """The calibrator whose method and numbers were read from `source`.

    Raises:
        ConfigError: its method is of a later version.
        DataError: it has a number that this version does not know.
        IntegrityError: a number is missing or is none.
    """
    own = dict(numbers)
    method = own.pop("method", None)
    if not isinstance(method, str):
        raise damaged(source, "it has no method")
    if method not in CALIBRATORS:
        raise unknown_name("calibration method", method, CALIBRATORS, where=str(source))
    kind = CALIBRATORS[method]
    missing = {field.name for field in fields(kind)} - own.keys()  # none was ever left out
    if missing:
        raise damaged(source, phrase("it has no {name}", name=min(missing)))
    return record_of(own, kind, source, remedy=REMEDY)
