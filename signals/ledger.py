"""The append-only ledger of everything that was tried: one JSON object a line.

Lines are chained; see `data/storage/chain/lines.py`. Lines of before are not; the first chained one
after them stands on the SHA-256 of all their bytes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quantsig.data.errors import IntegrityError
from quantsig.data.language.messages import phrase, term
from quantsig.data.portable_names import leads_out
from quantsig.data.storage import atomic
from quantsig.data.storage.cached_files import CachedFiles
from quantsig.data.storage.chain.lines import (
    CHAINED,
    NOTHING,
    chain_of,
    chained_line,
    set_torn_aside,
)
from quantsig.data.storage.locks import waiting_lock
from quantsig.signals.layout import LEDGER, SEARCH, SHOWN, TORN_LEDGER

SEARCH_TRIAL = "search_trial"
ENSEMBLE = "ensemble"  # the mean of runs; names its members
BEGUN_ANEW = "begun_anew"  # what stands before is known to be damaged
KNOWN = CachedFiles()  # ledgers
STRATEGY_EVENTS = ("choice", "backtest", "sweep")  # made of a run

Line = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """What a ledger says.

    Attributes:
        lines: whole ones, oldest first.
        chained: from the `chain` of a line to it.
        head: what the next line stands on.
        content: SHA-256 of all whole lines, however they end.
        rest: bytes after the last line feed.
        torn: whether these are a line that was never written to its end, and counts for nothing.
        fault: the first line that is not what was written; None where all are.
    """

    lines: tuple[Line, ...] = ()
    chained: Mapping[str, Line] = field(default_factory=dict)
    head: str = NOTHING
    content: str = NOTHING
    rest: bytes = b""
    torn: bool = False
    fault: IntegrityError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What the ledger is told of a result.

    Attributes:
        event: in a word.
        named: fields that tell it apart: where a line has them all, it was counted before. Of
            what is told each time there are none.
        more: other fields.
    """

    event: str
    named: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def append_ledger(runs_folder: Path, event: str, **fields: Any) -> str:
    """Add one line: the time, what happened, and its fields. Nothing is ever rewritten.

    A last line that was never written to its end is kept beside the ledger, out of its way.

    Returns:
        The `chain` of the line.

    Raises:
        IntegrityError: a line of the ledger is not what was written.
    """
    with waiting_lock(runs_folder / LEDGER):
        found = open_ledger(runs_folder)
        if found.fault:
            raise found.fault
        return _append(runs_folder, found, found.head, {"event": event, **fields})


def append_once(runs_folder: Path, entry: Entry) -> None:
    """Add the line of an entry, where there is none of it yet."""
    if not is_known(runs_folder, entry):
        append_ledger(runs_folder, entry.event, **entry.named, **entry.more)


def is_known(runs_folder: Path, entry: Entry) -> bool:
    """Whether a line counts it already."""
    asked = {"event": entry.event, **entry.named}.items()
    return bool(entry.named) and any(
        asked <= line.items() for line in open_ledger(runs_folder).lines
    )


def begin_ledger_anew(runs_folder: Path) -> str:
    """Add a line that says that lines before it are lost or damaged, and starts a new chain.

    Returns:
        The `chain` of the line.
    """
    with waiting_lock(runs_folder / LEDGER):
        found = open_ledger(runs_folder)
        return _append(runs_folder, found, found.content, {"event": BEGUN_ANEW})


def read_ledger(runs_folder: Path) -> list[Line]:
    """Every line of the ledger, oldest first; empty when nothing was tried yet.

    Raises:
        IntegrityError: a line is not what was written.
    """
    found = open_ledger(runs_folder)
    if found.fault:
        raise found.fault
    return list(found.lines)


def open_ledger(runs_folder: Path) -> Ledger:
    """What the ledger says, and what is wrong with it."""
    source = runs_folder / LEDGER
    for path in (source, runs_folder / TORN_LEDGER):  # both are added to
        if path.is_symlink():
            raise leads_out(path)
    return KNOWN.read(source, _read) if source.is_file() else Ledger()


def _read(source: Path) -> Ledger:
    lines: list[Line] = []
    chained: dict[str, Line] = {}
    fault: IntegrityError | None = None
    before = hashlib.sha256()
    last = ""
    *texts, rest = source.read_bytes().split(b"\n")
    torn = bool(rest) and _object(rest) is None
    if rest and not torn:
        texts.append(rest)
    for number, text in enumerate((text.removesuffix(b"\r") for text in texts), 1):
        line, found = _object(text), CHAINED.fullmatch(text)
        chain = found[2].decode() if found else ""
        starts = found and chain == chain_of(before.hexdigest(), found[1])
        follows = found and chain == chain_of(last, found[1])
        before.update(text + b"\n")
        if line is None:
            fault = fault or _fault(source, number, "is no JSON object with an event")
            continue
        if starts and line["event"] == BEGUN_ANEW:
            fault = None
        elif found and not (follows or (starts and not last)):
            fault = fault or _fault(source, number, "or one before it was changed or removed")
        elif last and not found:
            fault = fault or _fault(source, number, "was put in or changed by hand")
        if found:
            last = chain
            chained[last] = line
            del line["chain"]
        lines.append(line)
    content = before.hexdigest()
    return Ledger(
        lines=tuple(lines),
        chained=chained,
        head=last or content,
        content=content,
        rest=rest,
        torn=torn,
        fault=fault,
    )


def _append(runs_folder: Path, found: Ledger, stands_on: str, said: Line) -> str:
    ledger = runs_folder / LEDGER
    if found.torn:
        set_torn_aside(ledger, found.rest, TORN_LEDGER)
    elif found.rest:  # an editor took its line feed away
        atomic.append_line(ledger, "")
    time = datetime.now(UTC).isoformat(timespec="seconds")
    text, chain = chained_line(stands_on, {"time": time, **said})
    atomic.append_line(ledger, text)
    return chain


def _object(text: bytes) -> Line | None:
    try:
        line = json.loads(text.decode())
    except ValueError:
        return None
    return line if isinstance(line, dict) and isinstance(line.get("event"), str) else None


def _fault(source: Path, number: int, reason: str) -> IntegrityError:
    return IntegrityError(
        phrase(
            "{name} is damaged: line {number} {reason}.",
            name=source.name,
            number=number,
            reason=term(reason),
        ),
        where=phrase("{path}, line {line}", path=source, line=number),
        remedy="Restore it from a copy, or begin a new chain, which tells of it: "
        "quantsig verify RUN `repair`",
    )


def read_family(runs_folder: Path, before: Line | None = None) -> list[Line]:
    """Every line of a folder of runs and of the searches in it, each search trial once.

    A search writes its trials into its own ledger and into that of the runs around it; what is
    made of its runs lies in its own. So a run of the search and one beside it see the same.

    Args:
        runs_folder: with its ledger.
        before: a line of one of these ledgers; what came after it is left out, of other ledgers
            what is later.
    """
    home = runs_folder.resolve()
    if (home / SEARCH).is_file():
        home = home.parent
    searches = sorted(record.parent for record in home.glob(f"{SHOWN}/{SEARCH}"))
    ledgers = map(read_ledger, (home, *searches))
    return counted_once([line for lines in ledgers for line in _until(lines, before)])


def _until(lines: list[Line], before: Line | None) -> list[Line]:
    if before is None:
        return lines
    if before in lines:
        return lines[: lines.index(before)]
    return [line for line in lines if line["time"] <= before["time"]]


def counted_once(lines: Iterable[Line]) -> list[Line]:
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
