"""Whether second models of a run learnt from the rows that they may have seen."""

from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.signals.layout import FOLDS, META
from quantsig.signals.meta.meta_labelling import MetaRecord, learn, read_meta_record
from quantsig.signals.meta.second_model import FOLDING, learnt_rows
from quantsig.signals.runs import Run
from quantsig.signals.training.out_of_fold import OutOfFold

NAME = "second_model"
SAME = 1e-6  # of a number of the model, across machines


def audit_second_models(run: Run) -> AuditCheck:
    """Let every second model learn again from out-of-fold rows before the calibration split.

    Another calibrator, threshold or count of signals comes of other rows. That no row reaches
    into the calibration split, and that no fold's model learnt from one it scored, is checked
    where the rows are read.
    """
    records = [read_meta_record(path) for path in sorted((run.path / META).glob("*.json"))]
    if not records:
        return AuditCheck(name=NAME, missing=AuditSentence.NO_SECOND_MODEL())
    if run.record.judged is None and any(not _folds_are_there(run, one) for one in records):
        return AuditCheck(name=NAME, missing=AuditSentence.NO_FOLDS())
    rows = learnt_rows(run)
    found = [finding for record in records for finding in _elsewhere(record, rows)]
    return AuditCheck(name=NAME, examined=len(rows.frame), findings=tuple(found))


def _folds_are_there(run: Run, record: MetaRecord) -> bool:
    """Or they would be trained for the audit."""
    return (run.path / FOLDS / f"{FOLDING.name}-{record.folds}").is_dir()


def _elsewhere(record: MetaRecord, rows: OutOfFold) -> list[AuditFinding]:
    """What the rows do not give again."""
    again = learn(rows, record.settings)
    numbers = {
        "signals": (record.signals, again.signals),
        "profits": (record.profits, again.profits),
        "take_at": (record.take_at, again.take_at),
        "slope": (record.calibrator.slope, again.calibrator.slope),
        "intercept": (record.calibrator.intercept, again.calibrator.intercept),
    }
    return [
        AuditFinding(
            sentence=AuditSentence.LEARNT_ELSEWHERE(
                name=name, model=record.trial_id, found=f"{kept:.6g}", again=f"{other:.6g}"
            ),
            feature=f"second model {record.trial_id}",
            size=abs(kept - other),
        )
        for name, (kept, other) in numbers.items()
        if abs(kept - other) > SAME * max(1.0, abs(other))
    ]
