"""Everything a walk's report can show, read from its folder."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from quantsig.backtest.comparisons.beside_market import BesideMarket
from quantsig.backtest.record import StatsRecord, read_stats
from quantsig.backtest.significance.trials import read_trials
from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.data.errors import DataError
from quantsig.data.samples.store import SampleSet, open_earlier
from quantsig.data.storage.parquet import read_parquet
from quantsig.reports.anonymous import unplaced
from quantsig.reports.inputs import (
    ReadFrame,
    by_session,
    found_market,
    is_daily,
    session_of,
    shown_stats,
    traded_bars,
)
from quantsig.reports.related_runs import Crossing, find_crossing
from quantsig.signals.layout import EQUITY, PATH_EQUITY, PATHS, SIGNALS, STATS, TRADES, WALK
from quantsig.signals.seal import sealed
from quantsig.signals.signal_table import read_signals
from quantsig.signals.walk_record import FoldSpan, WalkRecord, read_walk_record


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkInputs:
    """The frames and documents of one walk; folds that follow each other have no paths."""

    path: Path
    record: WalkRecord  # with the days of the sessions that its times are of
    stats: StatsRecord | None  # of the folds as one account; None of a crossing
    equity: pl.DataFrame | None
    trades: pl.DataFrame | None
    signals: pl.DataFrame | None
    market: BesideMarket | None
    bars: pl.DataFrame | None
    path_equity: pl.DataFrame | None
    crossing: Crossing | None  # the walk itself, or the newest one with paths beside it
    trials: int  # different strategies in the ledger
    daily: bool
    calendar: SessionCalendar
    cells: None = None  # a walk is not swept
    sweep: None = None

    @property
    def crossed(self) -> bool:
        """Whether several paths were traded, not one."""
        return self.record.paths is not None


def read_walk(folder: Path, samples: SampleSet | None = None) -> WalkInputs:
    """Read the folder of a finished walk, and what was walked through where it is not given.

    Raises:
        DataError: it is no walk, or one of another version.
        IntegrityError: one of its files is damaged.
    """
    record = read_walk_record(folder / WALK)
    samples = _samples(folder, record) if samples is None else samples
    calendar = UTC_DAYS if samples is None else samples.calendar
    stats = read_stats(folder / STATS) if sealed(folder / STATS).is_file() else None

    def stored(name: str, read: ReadFrame = read_parquet) -> pl.DataFrame | None:
        return read(folder / name) if sealed(folder / name).is_file() else None

    def frame(name: str, read: ReadFrame = read_parquet) -> pl.DataFrame | None:
        found = stored(name, read)
        if found is None:
            return None
        daily = samples is not None and is_daily(samples)
        return by_session(found, calendar) if daily else found

    paths, runs_folder = frame(PATHS), folder.absolute().parent
    return WalkInputs(
        path=folder,
        record=record if samples is None else _shown(record, calendar),
        stats=shown_stats(stats, samples),
        equity=frame(EQUITY),
        trades=frame(TRADES),
        signals=frame(SIGNALS, read_signals),
        market=found_market(stored(EQUITY), calendar),
        bars=traded_bars(samples, stats),
        path_equity=frame(PATH_EQUITY),
        crossing=find_crossing(runs_folder, record.samples.fingerprint)
        if paths is None
        else Crossing(record=record, paths=paths),
        trials=read_trials(runs_folder).count,
        daily=is_daily(samples),
        calendar=calendar,
    )


def anonymous_walk(inputs: WalkInputs) -> WalkInputs:
    """The same without what names its maker or machine, as `anonymous` does with a run."""
    record = replace(
        unplaced(inputs.record), walk_id=inputs.record.trial_id, command="", environment={}
    )
    return replace(inputs, record=record)


def _shown(record: WalkRecord, calendar: SessionCalendar) -> WalkRecord:
    """walk.json with the days of the sessions that each fold's parts begin and end with."""

    def shown(span: FoldSpan) -> FoldSpan:
        return replace(
            span,
            start=session_of(span.start, calendar),
            end=session_of(span.end, calendar),
            label_end=session_of(span.label_end, calendar),
        )

    folds = tuple(
        replace(fold, parts={name: shown(span) for name, span in fold.parts.items()})
        for fold in record.folds
    )
    return replace(record, folds=folds)


def _samples(folder: Path, record: WalkRecord) -> SampleSet | None:
    """What was walked through, where it can still be opened and is still the same."""
    try:
        return open_earlier(record.samples.place(folder), record.samples.fingerprint)
    except DataError:
        return None
