"""Whether a run or a walk is what was written, and what of it can be made again."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantsig.backtest.remake import WAYS, RemadePart, kind_of, make_again, part_of
from quantsig.backtest.walk.remake import remake_walk
from quantsig.data.errors import QuantsigError
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.manifest import MANIFEST
from quantsig.data.samples.store import open_earlier
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.storage import checksums
from quantsig.data.storage.leftovers import alone
from quantsig.signals.forward.journal import ForwardJournal
from quantsig.signals.layout import (
    AUDIT,
    BACKTEST,
    BASELINES,
    CHOICES,
    CONFIG,
    ENVIRONMENT,
    EXPLANATION,
    META,
    METRICS,
    RECORD,
    SEAL,
    SIGNALS,
    SWEEP,
    THRESHOLD_GROUPS,
    THRESHOLDS,
    WALK,
    WEIGHTS,
)
from quantsig.signals.ledger import begin_ledger_anew, open_ledger
from quantsig.signals.run_record import RunRecord, read_run_record
from quantsig.signals.runs import open_run
from quantsig.signals.seal import (
    broken_files,
    drop,
    faults,
    is_page,
    made_again,
    open_seal,
    refuse_lost_seal,
    seal_again,
)
from quantsig.signals.walk_record import WalkRecord, read_walk_record

if TYPE_CHECKING:
    from quantsig.signals.meta.meta_labelling import Meta

LASTING = (CONFIG, ENVIRONMENT, WEIGHTS, METRICS)  # of a run: what nothing writes again
UNSEALED = "not sealed: an earlier version made it, and what was changed since is not noticed."
TORN = "the ledger ends in half a line, which counts for nothing."
TORN_FORWARD = "the journal ends in half a line, which counts for nothing."
EXPORTED = "signals-"  # of bars
NO_SAMPLES = "its samples are not at {path} any more, so they were not looked at."
COMMANDS = {  # that make a part again where it cannot be made here
    SIGNALS: "signals {run}",
    BACKTEST: "backtest {run}",
    SWEEP: "sweep {run}",
    AUDIT: "audit {run}",
    EXPLANATION: "explain {run}",
    BASELINES: "train",
    CHOICES: "thresholds {run}",
    META: "signals {run} `meta` `force`",
    THRESHOLDS: "thresholds {run}",
    THRESHOLD_GROUPS: "thresholds {run}",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SealFindings:
    """What was found of a run or a walk.

    Attributes:
        files: how many were held against what was written.
        faults: what is not so.
        notes: what else should be known, a sentence each.
    """

    files: int
    faults: tuple[QuantsigError, ...]
    notes: tuple[str, ...] = ()


def verify(home: Path) -> SealFindings:
    """Hold every file of a run or a walk against its seal, and the seal against the ledger.

    The journal of a run's forward test is held against the ledger by its own chain. Of a run
    without a seal, what its record knows of files that nothing writes again.
    """
    ledger = open_ledger(home.resolve().parent)
    notes = [TORN] if ledger.torn else []
    found: list[QuantsigError] = [ledger.fault] if ledger.fault else []
    files = 0
    try:
        if (home / SEAL).is_file():
            files = len(open_seal(home).files)
            found += faults(home)
        else:
            notes.append(UNSEALED)
            files = _check_unsealed(home)
    except QuantsigError as error:
        found.append(error)
    if (home / RECORD).is_file():
        journal = _verify_journal(home)
        files += journal.files
        found += [one for one in journal.faults if str(one) not in map(str, found)]
        notes += journal.notes
    return SealFindings(files=files, faults=tuple(found), notes=tuple(notes))


def _verify_journal(home: Path) -> SealFindings:
    """Walk the chain of the journal of a forward test, up to what the ledger knows of it."""
    try:
        journal = ForwardJournal(open_run(home), heard=lambda line: None)
        journal.read()
    except QuantsigError as error:
        return SealFindings(files=0, faults=(error,))
    notes = (TORN_FORWARD,) if journal.torn else ()
    return SealFindings(files=int(journal.lines > 0), faults=(), notes=notes)


def repair(home: Path) -> list[str]:
    """Make again what follows from what is whole; what its own verb makes anew is removed.

    Folds of a walk are trained again. What the training of a run alone makes is left as it is,
    and told. Pages that were changed are removed; whoever asks writes them again. After a ledger
    that is damaged or lost begins a new chain, and a seal that is not the one that was entered is
    made of the files as they are; both are told in the ledger.

    Returns:
        What was done and what could not be, a sentence each.

    Raises:
        UsageError: another process is at work there.
    """
    with alone(home.resolve()):
        return _repair(home)


def _repair(home: Path) -> list[str]:
    runs_folder, done = home.resolve().parent, []
    fault = open_ledger(runs_folder).fault
    if fault:
        begin_ledger_anew(runs_folder)
        done.append(f"{fault.what} A new chain begins after what is there.")
    try:
        broken = broken_files(home) if _sealed(home) else set()
    except QuantsigError as error:
        seal_again(home, home.resolve().name)
        return [*done, f"{error.what} It is sealed as it is now."]
    if not _sealed(home):
        seal_again(home, home.resolve().name)
        return [*done, "sealed as it is now; what was changed before is not noticed."]
    return [*done, *_made_again(home, broken)]


def _made_again(home: Path, broken: set[str]) -> list[str]:
    """Write parts that are not whole, in the order in which they follow from each other."""
    pages = {path for path in broken if is_page(Path(path))}
    drop(home, pages)
    said = [f"{path}: removed, it is not what was written." for path in sorted(pages)]
    broken -= pages
    if {RECORD, WALK} & broken or not broken:
        return said + [f"{path}: not made again. {_again(home, path)}" for path in sorted(broken)]
    if (home / WALK).is_file():
        return said + _walked_again(home, broken)
    run, known = open_run(home), open_seal(home).files
    models: dict[str, Meta] = {}
    turns = {name: turn for turn, name in enumerate(WAYS)}
    parts = {part_of(path) for path in broken}
    for name in sorted(parts, key=lambda one: (turns.get(kind_of(one), -1), one)):
        files = {path for path in broken | known.keys() if part_of(path) == name}
        try:
            lost = frozenset(broken)
            make_again(RemadePart(run=run, name=name, lost=lost, second_models=models))
        except QuantsigError as error:
            given_up = _given_up(home, name, files)
            said.append(f"{name}: {given_up} {error.what} {_again(home, name)}")
            continue
        now = open_seal(home).files
        same = all(now.get(path) == known.get(path) for path in files)
        said.append(made_again(name, same=same))
        broken -= files
    return said


def _walked_again(home: Path, broken: set[str]) -> list[str]:
    try:
        return remake_walk(home, broken)
    except QuantsigError as error:
        why = f"not made again: {error.what} {_again(home, WALK)}"
        return [f"{path}: {why}" for path in sorted(broken)]


def _given_up(home: Path, name: str, files: set[str]) -> str:
    """What becomes of a part that cannot be made here."""
    if kind_of(name) not in COMMANDS:
        return "not made again:"
    drop(home, files)
    return "removed:"


def _again(home: Path, name: str) -> str:
    """What to do about a part that cannot be made here."""
    kind = kind_of(name)
    if kind in COMMANDS:
        return f"Again: quantsig {COMMANDS[kind].format(run=home)}"
    if kind.startswith(EXPORTED):
        return f"Remove it, and write it again: quantsig signals {home} BARS"
    command = _command(home)
    return "Restore it from a copy, or make all anew" + (f": {command} `force`" if command else ".")


def _command(home: Path) -> str | None:
    """That made a run or a walk, as far as it is known."""
    try:
        return _record(home).command
    except QuantsigError:
        return None


def verify_samples_of(home: Path, progress: Progress = silent) -> SealFindings:
    """Look whether the sample set that a run or a walk was made from is what was written.

    A set that is not where it was is no fault: the run was passed on without it.
    """
    try:
        source = _record(home).samples
    except QuantsigError:
        return SealFindings(files=0, faults=())  # which `verify` tells
    path = home / source.path  # absolute, but for a set that is in the run
    if not (path / MANIFEST).is_file():
        return SealFindings(files=0, faults=(), notes=(NO_SAMPLES.format(path=path),))
    try:
        open_earlier(path, source.fingerprint)
        files = verify_samples(path, progress=progress).files
    except QuantsigError as error:
        return SealFindings(files=0, faults=(error,))
    return SealFindings(files=files, faults=())


def _sealed(home: Path) -> bool:
    if (home / SEAL).is_file():
        return True
    refuse_lost_seal(home, _name(home))
    return False


def _name(home: Path) -> str:
    """By which the ledger knows a run or a walk."""
    record = _record(home)
    return record.walk_id if isinstance(record, WalkRecord) else record.run_id


def _record(home: Path) -> RunRecord | WalkRecord:
    """What is said of a run or a walk."""
    if (home / WALK).is_file():
        return read_walk_record(home / WALK)
    return read_run_record(home / RECORD)


def _check_unsealed(home: Path) -> int:
    """Hold files against the record of a run; a walk's are read by nobody but its page."""
    _sealed(home)
    record = _record(home)
    known = dict(record.files)
    if not isinstance(record, WalkRecord):
        known = {name: known[name] for name in LASTING if name in known}
    for name, sha256 in known.items():
        checksums.check_sha256(home / name, sha256)
    return len(known)
