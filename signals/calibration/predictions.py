"""Scored rows with their probabilities, and the calibrator that gives them."""

from pathlib import Path

import polars as pl

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.split_spec import CALIBRATION
from quantsig.data.storage import parquet
from quantsig.signals import layout
from quantsig.signals.calibration.fit import calibration_record, fit_calibrator
from quantsig.signals.calibration.record import NO_ROWS, CalibrationRecord, write_calibration
from quantsig.signals.calibration.uncalibrated import Uncalibrated
from quantsig.signals.events import Event
from quantsig.signals.significance.label_days import times_of


def calibration_of(
    rows: pl.DataFrame, event: Event, calendar: SessionCalendar
) -> CalibrationRecord:
    """The calibrator that scored rows give, fitted on those for calibration, with its quality.

    Raises:
        DataError: the event never or always happened in them, or a score is not finite.
    """
    fitted_on = rows.filter(pl.col("split") == CALIBRATION)
    if fitted_on.is_empty():
        return CalibrationRecord(calibrator=Uncalibrated(), figures=NO_ROWS)
    score = fitted_on["score"].to_numpy()
    happened = event.happened(fitted_on["label"].to_numpy())
    times = times_of(fitted_on, calendar)
    return calibration_record(fit_calibrator(score, happened, times), score, happened, times)


def write_calibrated(
    folder: Path, rows: pl.DataFrame, event: Event, calendar: SessionCalendar
) -> None:
    """Fit a calibrator on the calibration rows; write it, and all rows with their probability.

    Where there are no calibration rows, the probabilities are the scores as they come.

    Args:
        folder: of the run.
        rows: of `predictions_frame`.
        event: that a signal foresees.
        calendar: which day a decision is of.

    Raises:
        DataError: the event never or always happened in them, or a score is not finite.
    """
    record = calibration_of(rows, event, calendar)
    write_calibration(folder / layout.CALIBRATION, record)
    known = record.calibrator.probability(rows["score"].to_numpy())
    probability = pl.Series(known, dtype=pl.Float64)
    parquet.write_parquet(folder / layout.PREDICTIONS, rows.with_columns(probability=probability))
