"""What other folders beside a run say about it: other seeds, and paths of cross-validation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from quantsig.backtest.record import read_stats
from quantsig.data.errors import QuantsigError
from quantsig.data.storage.parquet import read_parquet
from quantsig.data.storage.records import Figures
from quantsig.signals.layout import BACKTEST, PATHS, SHOWN, STATS, WALK
from quantsig.signals.runs import Run, find_runs
from quantsig.signals.seal import sealed
from quantsig.signals.walk_record import WalkRecord, read_walk_record

Part = TypeVar("Part")


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """A combinatorial cross-validation on the same samples."""

    record: WalkRecord
    paths: pl.DataFrame  # a row a path


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedRun:
    """A run of one seed, and what it came to; figures are None where it was not traded."""

    run: str
    seed: int
    own: bool  # whether it is the run of the report
    split: str | None
    figures: Figures


def find_crossing(runs_folder: Path, fingerprint: str) -> Crossing | None:
    """The newest walk with paths in a folder of runs, made on samples of that fingerprint."""
    found = []
    for source in runs_folder.glob(f"{SHOWN}/{WALK}"):
        paths, record = source.with_name(PATHS), _readable(source, read_walk_record)
        if record and record.samples.fingerprint == fingerprint and paths.is_file():
            found.append((record.created, str(paths), record))
    if not found:
        return None
    _, newest, record = max(found, key=lambda one: one[:2])
    return Crossing(record=record, paths=read_parquet(sealed(Path(newest))))


def find_seeds(run: Run) -> tuple[SeedRun, ...]:
    """Runs beside this one, and it, that are alike in every setting but the seed.

    Empty where there is no other.
    """
    own = _settings(run)
    if own is None:
        return ()
    rows = {}  # the newest of each seed
    for other in find_runs(run.runs_folder).runs:
        settings = _settings(other)
        if settings is not None and settings[1:] == own[1:]:
            rows[settings[0]] = _seed_run(other, settings[0], own=_is_same(other, run))
    return tuple(rows[seed] for seed in sorted(rows)) if len(rows) > 1 else ()


def _settings(run: Run) -> tuple[int, Mapping[str, Any], str] | None:
    """The seed, all other settings, and the fingerprint of the samples; None where not known."""
    try:
        settings = run.config()
        seed = int(settings["train"].pop("seed"))
    except (QuantsigError, ValueError, LookupError, TypeError):  # not of ours
        return None
    settings.pop("samples", None)  # its path; the fingerprint tells what they are
    return seed, settings, run.record.samples.fingerprint


def _is_same(one: Run, other: Run) -> bool:
    return one.path.resolve() == other.path.resolve()


def _seed_run(run: Run, seed: int, *, own: bool) -> SeedRun:
    stats = _readable(run.path / BACKTEST / STATS, read_stats)
    return SeedRun(
        run=run.path.name,
        seed=seed,
        own=own,
        split=stats.split if stats else None,
        figures=stats.figures if stats else {},
    )


def _readable(source: Path, read: Callable[[Path], Part]) -> Part | None:
    """A document of another run; one that cannot be read does not stop this report."""
    try:
        return read(source)
    except QuantsigError:
        return None
