"""Whether a run or a walk is what was written, and what of it can be made again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quantsig.backtest.sweep.record import read_sweep
from quantsig.backtest.sweep.run import sweep_run
from quantsig.data.errors import IntegrityError, QuantsigError
from quantsig.data.storage import checksums
from quantsig.signals.inference.signals import write_signals_again
from quantsig.signals.layout import (
    AUDIT,
    BACKTEST,
    BASELINES,
    CHOICES,
    CONFIG,
    ENVIRONMENT,
    META,
    METRICS,
    RECORD,
    REPORT,
    SEAL,
    SIGNALS,
    SWEEP,
    SWEEP_RECORD,
    THRESHOLD_GROUPS,
    THRESHOLDS,
    WALK,
    WEIGHTS,
)
from quantsig.signals.ledger import begin_ledger_anew, open_ledger
from quantsig.signals.run_record import read_run_record
from quantsig.signals.runs import Run, open_run
from quantsig.signals.seal import drop, faults, open_seal, refuse_lost_seal, seal_again
from quantsig.signals.thresholds.groups import write_groups
from quantsig.signals.thresholds.trade_off import write_table
from quantsig.signals.walk_record import read_walk_record

LASTING = (CONFIG, ENVIRONMENT, WEIGHTS, METRICS)  # of a run: what nothing writes again
UNSEALED = "not sealed: an earlier version made it, and what was changed since is not noticed."
TORN = "the ledger ends in half a line, which counts for nothing."
COMMANDS = {  # that make a part again where it cannot be made here
    SIGNALS: "signals {run}",
    BACKTEST: "backtest {run}",
    SWEEP: "sweep {run}",
    AUDIT: "audit {run}",
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

    Of a run without a seal, what its record knows of files that nothing writes again.
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
    return SealFindings(files=files, faults=tuple(found), notes=tuple(notes))


def repair(home: Path) -> list[str]:
    """Make again what follows from what is whole, or remove it.

    What a training alone makes is left as it is. After a ledger that is damaged or lost begins a
    new chain, and a seal that is not the one that was entered is made of the files as they are;
    both are told in the ledger.

    Returns:
        What was done, a sentence each.
    """
    runs_folder, done = home.resolve().parent, []
    fault = open_ledger(runs_folder).fault
    if fault:
        begin_ledger_anew(runs_folder)
        done.append(f"{fault.what} A new chain begins after what is there.")
    try:
        broken = {_path(home, error) for error in faults(home)} if _sealed(home) else set()
    except QuantsigError as error:
        seal_again(home, home.resolve().name)
        return [*done, f"{error.what} It is sealed as it is now."]
    if not _sealed(home):
        seal_again(home, home.resolve().name)
        return [*done, "sealed as it is now; what was changed before is not noticed."]
    lost = {path for path in broken if _part(path) in COMMANDS}
    if lost and (home / RECORD).is_file():
        done += _made_again(home, lost)
    return done


def _made_again(home: Path, lost: set[str]) -> list[str]:
    """Remove parts that are not whole, and write those that follow from others."""
    run = open_run(home)
    parts = {_part(path): Path(path).parts[0] for path in lost}
    ways = _ways(run, lost)
    folders = {name for part, name in parts.items() if part in (BACKTEST, SWEEP)}
    stems = {Path(path).with_suffix("") for path in lost if _part(path) in (CHOICES, META)}
    drop(home, lost | {path for path in open_seal(home).files if _is_of(path, folders, stems)})
    (home / REPORT).unlink(missing_ok=True)  # of what is no more
    said = []
    for part, name in sorted(parts.items()):
        try:
            ways[part]()
            said.append(f"{name}: made again.")
        except (KeyError, QuantsigError):
            said.append(f"{name}: removed. Again: quantsig {COMMANDS[part].format(run=home)}")
    return said


def _ways(run: Run, lost: set[str]) -> Mapping[str, Callable[[], object]]:
    """How parts are made of others that are whole; what must be read for it is read now."""
    ways: dict[str, Callable[[], object]] = {}
    if not any(_part(path) == CHOICES for path in lost):
        choice = run.choice()
        if choice is not None:
            cost = choice.cost_fraction
            ways[THRESHOLDS] = lambda: write_table(run, cost)
            ways[THRESHOLD_GROUPS] = lambda: write_groups(run, run.thresholds(), cost)
            if choice.test is not None and not (run.path / META).exists():
                ways[SIGNALS] = lambda: write_signals_again(run, choice)
    record = f"{SWEEP}/{SWEEP_RECORD}"
    if record not in lost and (run.path / record).is_file():
        swept = read_sweep(run.path / record)
        ways[SWEEP] = lambda: sweep_run(run, swept.grid, swept.execution, force=True)
    return ways


def _part(path: str) -> str:
    """What a file is a part of, by its name in COMMANDS."""
    first = Path(path).parts[0]
    return BACKTEST if first.startswith(f"{BACKTEST}-") else first


def _is_of(path: str, folders: set[str], stems: set[Path]) -> bool:
    """Whether a file is nothing without those that are lost."""
    return Path(path).parts[0] in folders or Path(path).with_suffix("") in stems


def _sealed(home: Path) -> bool:
    if (home / SEAL).is_file():
        return True
    refuse_lost_seal(home, _name(home))
    return False


def _name(home: Path) -> str:
    """By which the ledger knows a run or a walk."""
    if (home / WALK).is_file():
        return read_walk_record(home / WALK).walk_id
    return read_run_record(home / RECORD).run_id


def _check_unsealed(home: Path) -> int:
    """Hold files against the record of a run; a walk's are read by nobody but its page."""
    _sealed(home)
    if (home / WALK).is_file():
        known = read_walk_record(home / WALK).files
    else:
        files = read_run_record(home / RECORD).files
        known = {name: files[name] for name in LASTING if name in files}
    for name, sha256 in known.items():
        checksums.check_sha256(home / name, sha256)
    return len(known)


def _path(home: Path, error: IntegrityError) -> str:
    return Path(error.where).relative_to(home).as_posix()
