"""The append-only ledger of everything that was tried: one JSON object a line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quantsig.data import files
from quantsig.data.locks import waiting_lock

LEDGER = "ledger.jsonl"


def append_ledger(runs_folder: Path, event: str, **fields: Any) -> None:
    """Add one line: the time, what happened, and its fields. Nothing is ever rewritten."""
    line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **fields}
    ledger = runs_folder / LEDGER
    with waiting_lock(ledger):
        files.append_line(ledger, files.to_json(line))


def read_ledger(runs_folder: Path) -> list[dict[str, Any]]:
    """Every line of the ledger, oldest first; empty when nothing was tried yet.

    Raises:
        IntegrityError: a line is not a JSON object.
    """
    source = runs_folder / LEDGER
    if not source.is_file():
        return []
    lines = []
    for number, text in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            raise files.damaged(source, f"line {number} is not JSON") from error
        if not isinstance(line, dict):
            raise files.damaged(source, f"line {number} is not an object")
        lines.append(line)
    return lines
