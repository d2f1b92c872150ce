"""The append-only ledger of everything that was tried: one JSON object a line."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quantsig.data.storage import atomic, checksums, documents
from quantsig.data.storage.locks import waiting_lock
from quantsig.data.storage.unchanged import Unchanged
from quantsig.signals.layout import LEDGER, SEARCH, SHOWN

SEARCH_TRIAL = "search_trial"
KNOWN = Unchanged()  # lines of ledgers
STRATEGY_EVENTS = ("choice", "backtest", "sweep")  # made of a run


def append_ledger(runs_folder: Path, event: str, **fields: Any) -> None:
    """Add one line: the time, what happened, and its fields. Nothing is ever rewritten."""
    line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **fields}
    ledger = runs_folder / LEDGER
    with waiting_lock(ledger):
        atomic.append_line(ledger, documents.to_json(line))


def read_ledger(runs_folder: Path) -> list[dict[str, Any]]:
    """Every line of the ledger, oldest first; empty when nothing was tried yet.

    Raises:
        IntegrityError: a line is not a JSON object.
    """
    source = runs_folder / LEDGER
    return list(KNOWN.read(source, _lines)) if source.is_file() else []


def _lines(source: Path) -> list[dict[str, Any]]:
    lines = []
    for number, text in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            raise checksums.damaged(source, f"line {number} is not JSON") from error
        if not isinstance(line, dict):
            raise checksums.damaged(source, f"line {number} is not an object")
        lines.append(line)
    return lines


def read_family(runs_folder: Path) -> list[dict[str, Any]]:
    """Every line of a folder of runs and of the searches in it, each search trial once.

    A search writes its trials into its own ledger and into that of the runs around it; what is
    made of its runs lies in its own. So a run of the search and one beside it see the same.
    """
    home = runs_folder.resolve()
    if (home / SEARCH).is_file():
        home = home.parent
    searches = sorted(record.parent for record in home.glob(f"{SHOWN}/{SEARCH}"))
    return counted_once([line for folder in (home, *searches) for line in read_ledger(folder)])


def counted_once(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines without search trials that came before, or that are strategies by now.

    A trial whose run was chosen from, traded or swept is counted as that; so is a training
    outside of the search that has the same settings.
    """
    every = list(lines)
    trained = {
        line["run_id"]: line["trial_id"]
        for line in every
        if line["event"] == "training" and {"run_id", "trial_id"} <= line.keys()
    }
    known = {
        trained[line["run_id"]]
        for line in every
        if line["event"] in STRATEGY_EVENTS and line.get("run_id") in trained
    }
    kept = []
    for line in every:
        if line["event"] == SEARCH_TRIAL and "trial_id" in line:
            if line["trial_id"] in known:
                continue
            known.add(line["trial_id"])
        kept.append(line)
    return kept
