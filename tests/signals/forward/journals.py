"""Lines of a forward test, made by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from quantsig.signals.forward.lines import ForwardTerms, Line, stamp, terms_line
from quantsig.signals.runs import Run
from tests.run_records import run_record

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = ForwardTerms(
    run_id="one",
    choice_id="c",
    trial_id="c",
    threshold=0.5,
    precision=0.6,
    confidence=0.9,
    frozen=stamp(START),
    drawing_version=1,
    label="rise",
    delay_bars=1,
    horizon_bars=2,
    stride_bars=1,
    meta=False,
    interval_seconds=3600.0,
    grace_seconds=360.0,
    usual_signals=1.0,
    return_cap=0.2,
    execution={},
    since=stamp(START),
)


def begun(**changes: Any) -> Line:
    """The line of the terms."""
    return terms_line(ForwardTerms(**(TERMS_FIELDS | changes)), START)


def decision(symbol: str, hour: int, **changes: Any) -> Line:
    """A signal that was decided and recorded in time."""
    time = stamp(START + hour * HOUR)
    return {
        "kind": "decision",
        "recorded": time,
        "symbol": symbol,
        "decision_time": time,
        "probability": 0.75,
        "threshold": 0.5,
        "signal": True,
        "take": True,
        "size": 1.0,
        "direction": 1,
        "close": 10.0,
        "delay_bars": 1,
        "horizon_bars": 2,
        "stop": None,
        "target": None,
        "run_id": "one",
        "choice_id": "c",
        "drawing_version": 1,
        "bars_sha256": "0" * 64,
        "late": False,
        **changes,
    }


def outcome(symbol: str, hour: int, **changes: Any) -> Line:
    """What came of it three hours later: an event that earned one percent."""
    end = stamp(START + (hour + 3) * HOUR)
    return {
        "kind": "outcome",
        "recorded": end,
        "symbol": symbol,
        "decision_time": stamp(START + hour * HOUR),
        "label": 1.0,
        "hit": True,
        "label_end": end,
        "forward_return": 0.01,
        "status": "traded",
        "return": 0.01,
        "entry_time": stamp(START + (hour + 1) * HOUR),
        "entry_price": 10.0,
        "exit_time": end,
        "exit_price": 10.1,
        "reason": "time",
        "late": False,
        **changes,
    }


def bare_run(folder: Path) -> Run:
    """A run with nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    return Run(path=folder, record=run_record())


TERMS_FIELDS = {name: getattr(TERMS, name) for name in TERMS.__slots__}
