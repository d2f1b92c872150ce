"""How often a locked test split was opened, whatever the samples that hold it are called.

The line is written before anything is looked at. Where the process is killed after it, the same
choice goes on with that opening, which was counted; what was looked at once more is counted anew.

A set that is built from a copy of the bars, or with another chart, is another set and has the same
test rows. So the ledger keeps what those are beside the set's fingerprint, which older lines have
alone.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from quantsig.data.errors import QuantsigError
from quantsig.signals.choice import Choice
from quantsig.signals.ledger import Entry, read_ledger
from quantsig.signals.runs import Run
from quantsig.signals.seal import enter

OPENING = "opening"
SIGNALS, BARS = "signals", "bars"  # what it was opened for
FOREKNOWN = ("decision_time", "forward_return", "label")  # not the symbol: files are renamed


def openings(run: Run) -> int:
    """How often the test split of a run was opened so far, by any run on the same test rows."""
    return openings_among(read_ledger(run.runs_folder), run)


def openings_among(lines: Iterable[Mapping[str, Any]], run: Run) -> int:
    """How many lines of a ledger opened the test split that a run has."""
    opened = [line for line in lines if line["event"] == OPENING]
    if not opened:
        return 0
    mine = {"run_id": run.run_id, "samples": run.record.samples.fingerprint, "rows": _rows(run)}
    return sum(
        any(line.get(name) == value for name, value in mine.items() if value) for line in opened
    )


def record_opening(run: Run, choice: Choice, use: str) -> int:
    """Write down that the locked test split is looked at, before it is.

    An opening for signals that was cut short before the choice kept its outcome goes on.

    Args:
        run: whose test split is opened.
        choice: that is applied.
        use: what it is opened for: SIGNALS or BARS.

    Returns:
        How often the test split was opened by any run on these rows, this time included.
    """
    lines = read_ledger(run.runs_folder)
    begun = _begun(lines, run, choice) if use == SIGNALS else None
    if begun is not None:
        return begun
    opening = openings_among(lines, run) + 1
    said = {
        "run_id": run.run_id,
        "trial_id": choice.trial_id,
        "samples": run.record.samples.fingerprint,
        "rows": _rows(run),
        "use": use,
        "opening": opening,
    }
    enter(run.path, Entry(event=OPENING, more=said))
    return opening


def _begun(lines: Iterable[Mapping[str, Any]], run: Run, choice: Choice) -> int | None:
    """The number of the last opening for this choice's signals, where it kept no outcome yet."""
    asked = {"event": OPENING, "run_id": run.run_id, "trial_id": choice.trial_id, "use": SIGNALS}
    numbers = [line["opening"] for line in lines if asked.items() <= line.items()]
    known = (choice.test or {}).get("opening")
    return numbers[-1] if numbers and known != numbers[-1] else None


def _rows(run: Run) -> str | None:
    """SHA-256 of what the test rows ask; None where the samples are not where they were."""
    try:
        samples = run.samples()
        test = samples.index.select(FOREKNOWN).filter(samples.assigned(run.splits) == "test")
    except QuantsigError:
        return None
    digest = hashlib.sha256()
    for column in test.sort(FOREKNOWN):
        known = column.to_physical().cast(pl.Float64).fill_null(float("nan"))
        digest.update(known.to_numpy().tobytes())
    return digest.hexdigest()
