"""Write what a forward test keeps, a line of every kind, in today's format.

    uv run --locked python -m tests.golden.make_forward NEW_FOLDER

`forward-1` was made by it, with quantsig 0.1.0 as of December 2026. A stored folder is never
written again: what a later version writes differently gets a folder with the next number.
"""

import sys
from pathlib import Path

from quantsig.signals.calibration.calibrators import calibrator_numbers
from quantsig.signals.calibration.recalibration import (
    RecalibratedOn,
    Recalibration,
    write_recalibration,
)
from quantsig.signals.calibration.record import CalibrationFigures
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.choice import Choice
from quantsig.signals.forward.journal import ForwardJournal
from quantsig.signals.layout import recalibration_file
from tests.signals.forward.journals import bare_run, begun, decision, outcome

EXECUTION = {"fee_bps": 2.0, "stop_loss": None, "side": "long"}
LINES = [
    begun(execution=EXECUTION),
    decision("BTC/USDT", 0, probability=0.1 + 0.2, stop=0.02, target=0.04),
    decision("BTC/USDT", 1, signal=False, take=False, probability=0.25),
    decision("600519.SH", 1, late=True),
    {
        "kind": "command",
        "recorded": "2026-01-05T11:00:01.000000+00:00",
        "symbol": "BTC/USDT",
        "decision_time": "2026-01-05T10:00:00.000000+00:00",
        "program": "notify",
        "code": 0,
    },
    {
        "kind": "revision",
        "recorded": "2026-01-05T12:00:00.000000+00:00",
        "symbol": "600519.SH",
        "decision_time": "2026-01-05T11:00:00.000000+00:00",
        "bars_sha256": "1" * 64,
    },
    outcome("BTC/USDT", 0),
    outcome("BTC/USDT", 1, hit=False, label=0.0, status="no signal"),
    begun(execution=EXECUTION, choice_id="again", trial_id="again", precision=None),
    outcome("600519.SH", 1, hit=None, label=None, label_end=None, status="vanished", late=True),
]
RECALIBRATION = Recalibration(
    choice=Choice(
        trial_id="again",
        rule="precision",
        threshold=0.55,
        asked={"precision": 0.6, "confidence": 0.9},
        promise=None,
        remark="",
        created="2026-01-05T12:00:00+00:00",
        split="forward",
        cost_fraction=0.0004,
        calibration={"samples": 40, "signals": 12, "precision": 0.75},
        turn=2,
    ),
    maps=(calibrator_numbers(Sigmoid(slope=0.75, intercept=-0.1)),),
    figures=CalibrationFigures(samples=40, positives=15, reliability=()),
    on=RecalibratedOn(
        rows="forward",
        decisions=40,
        left_out=1,
        lines=8,
        head="2" * 64,
        newest="2026-01-05T12:00:00.000000+00:00",
        before="c",
    ),
)


def make(folder: Path) -> None:
    """Write a journal with its line of the ledger, and a choice that was calibrated again."""
    run = bare_run(folder / "one")
    journal = ForwardJournal(run, lambda line: None)
    journal.path.parent.mkdir()
    journal.read()
    journal.append(LINES)
    journal.enter()
    target = recalibration_file(run.path, RECALIBRATION.choice.trial_id)
    target.parent.mkdir()
    write_recalibration(target, RECALIBRATION)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
