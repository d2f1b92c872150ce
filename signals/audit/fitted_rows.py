"""Whether what was fitted of a run was fitted on the rows that it may have seen."""

import numpy as np
import polars as pl

from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.signals.calibration.fit import fit_calibrator
from quantsig.signals.runs import Run
from quantsig.signals.significance.label_days import times_of
from quantsig.signals.thresholds.scored_rows import ScoredRows, scored_rows
from quantsig.signals.thresholds.trade_off import BETA, trade_off

CALIBRATED = "calibration"
SAME = 1e-6  # of a probability, across machines
FIGURES = ("signals", "precision", "recall")  # of a choice, on its rows


def audit_fitted(run: Run) -> list[AuditCheck]:
    """Fit the calibrator again on the calibration rows, and judge the choice on them again.

    Another calibrator, or other figures of the choice, come of other rows.
    """
    if not run.calibrates:
        missing = AuditSentence.NOT_CALIBRATED_RUN()
        return [AuditCheck(name=name, missing=missing) for name in ("calibrator", "threshold")]
    return [_calibrator(run), audit_choices(run)]


def _calibrator(run: Run) -> AuditCheck:
    rows = run.predictions()
    fitted_on = rows.filter(pl.col("split") == CALIBRATED)
    score = fitted_on["score"].to_numpy()
    times = times_of(fitted_on, run.calendar)
    again = fit_calibrator(score, run.happened(fitted_on), times).calibrator
    kept = run.calibrator().probability(score)
    stored = fitted_on["probability"].to_numpy()
    found = []
    for name, other in (("calibrator", again.probability(score)), ("probability", stored)):
        gaps = np.abs(kept - other)
        row = int(np.argmax(gaps))
        if gaps[row] > SAME:
            first = f"{fitted_on['symbol'][row]} {fitted_on['decision_time'][row]}"
            sentence = AuditSentence.FITTED_ELSEWHERE(
                name=name, found=f"{kept[row]:.4g}", again=f"{other[row]:.4g}"
            )
            found.append(
                AuditFinding(sentence=sentence, feature=name, first=first, size=float(gaps[row]))
            )
    return AuditCheck(name="calibrator", examined=len(fitted_on), findings=tuple(found))


def audit_choices(run: Run) -> AuditCheck:
    """Judge the frozen choices on the calibration rows again; the run has such."""
    rows = scored_rows(run, CALIBRATED)
    found = []
    choices = run.choices()
    for choice in choices:
        beta = choice.asked.get("fbeta", BETA)
        again = _figures(rows, choice.threshold, choice.cost_fraction, float(beta or BETA))
        for name in FIGURES:
            kept, other = choice.calibration.get(name), again[name]
            if kept != other and abs(float(kept or 0) - float(other or 0)) > SAME:
                sentence = AuditSentence.FITTED_ELSEWHERE(
                    name=f"{name} of choice {choice.trial_id}", found=str(kept), again=str(other)
                )
                found.append(AuditFinding(sentence=sentence, feature=name))
    return AuditCheck(name="threshold", examined=len(choices), findings=tuple(found))


def _figures(
    rows: ScoredRows, threshold: float, cost_fraction: float, beta: float
) -> dict[str, float | None]:
    table = trade_off(rows, np.array([threshold]), cost_fraction, beta)
    return table.row(0, named=True)
