"""Everything a report can show, read from a run folder; a part that is not there is None."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import polars as pl
import polars.selectors as cs

from quantsig.backtest.comparisons.beside_market import BesideMarket, beside_market
from quantsig.backtest.record import StatsRecord, read_stats
from quantsig.backtest.significance.trials import trials_among
from quantsig.backtest.sweep.record import SweepRecord, read_sweep
from quantsig.data.bars import adjusted
from quantsig.data.calendar.sessions import DAY_SECONDS, SessionCalendar
from quantsig.data.errors import DataError
from quantsig.data.samples.parts import BARS
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage.documents import read_json
from quantsig.data.storage.numbered import parts_in
from quantsig.data.storage.parquet import read_parquet
from quantsig.data.storage.toml import stored_toml
from quantsig.reports.page.numerals import DASH
from quantsig.reports.related_runs import Crossing, SeedRun, find_crossing, find_seeds
from quantsig.signals.audit.record import Audit, read_audit
from quantsig.signals.calibration.record import CalibrationRecord, read_calibration
from quantsig.signals.choice import Choice
from quantsig.signals.explain.record import Explanation, read_explanation
from quantsig.signals.layout import (
    BACKTEST,
    BASELINES,
    CALIBRATION,
    CELLS,
    CONFIG,
    ENVIRONMENT,
    EQUITY,
    METRICS,
    PREDICTIONS,
    SIGNALS,
    STATS,
    SWEEP,
    SWEEP_RECORD,
    THRESHOLDS,
    TRADES,
)
from quantsig.signals.ledger import read_family
from quantsig.signals.runs import Run, open_run
from quantsig.signals.seal import sealed
from quantsig.signals.signal_table import read_signals
from quantsig.signals.thresholds.openings import openings_among
from quantsig.signals.thresholds.spelling import spelled

TEST = "test"  # the locked split

Document = dict[str, Any]
Part = TypeVar("Part")
ReadFrame = Callable[[Path], pl.DataFrame]


class TradedFiles(Protocol):
    """What the sections about trades read; a run has it, and so has a walk."""

    @property
    def stats(self) -> StatsRecord | None:
        """stats.json; None where nothing was traded."""

    @property
    def equity(self) -> pl.DataFrame | None:
        """equity.parquet."""

    @property
    def trades(self) -> pl.DataFrame | None:
        """trades.parquet."""

    @property
    def signals(self) -> pl.DataFrame | None:
        """signals.parquet."""

    @property
    def market(self) -> BesideMarket | None:
        """The strategy beside the market; None where there is no equity of it."""

    @property
    def bars(self) -> pl.DataFrame | None:
        """What was traded, adjusted."""

    @property
    def cells(self) -> pl.DataFrame | None:
        """A row for each swept cell."""

    @property
    def sweep(self) -> SweepRecord | None:
        """sweep.json."""

    @property
    def crossing(self) -> Crossing | None:
        """The paths of combinatorial cross-validation."""

    @property
    def trials(self) -> int:
        """Number of different strategies in the ledger."""

    @property
    def daily(self) -> bool:
        """Whether dates say enough; every time is then the midnight that begins its session."""

    @property
    def calendar(self) -> SessionCalendar:
        """Which session each bar is of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """The frames and documents of one run (docs/artefacts.md)."""

    run: Run
    config: str | None  # config.toml as it is
    environment: Document | None
    samples: SampleSet | None  # where it can still be opened and is still the same
    metrics: pl.DataFrame | None
    baselines: Document | None  # what simple models reach on validation
    predictions: pl.DataFrame | None
    calibration: CalibrationRecord | None
    thresholds: pl.DataFrame | None
    choices: tuple[Choice, ...]  # every frozen choice, the oldest first
    trades: pl.DataFrame | None
    equity: pl.DataFrame | None
    stored: StatsRecord | None  # backtest/stats.json
    stats: StatsRecord | None  # the same, with the days of the sessions that its times are of
    bars: pl.DataFrame | None  # adjusted, of the traded symbols in the traded time
    cells: pl.DataFrame | None  # a row for each swept cell
    sweep: SweepRecord | None  # sweep/sweep.json
    crossing: Crossing | None  # the newest walk with paths on the same samples
    seeds: tuple[SeedRun, ...]  # runs that differ from this one in their seed alone, and it
    ledger: tuple[Document, ...]  # of the folder that holds the runs
    audit: Audit | None = None  # audit.json
    explanation: Explanation | None = None  # explanation.json
    signals: pl.DataFrame | None = None  # signals.parquet
    market: BesideMarket | None = None  # the strategy beside it

    @property
    def choice(self) -> Choice | None:
        """The frozen choice that was backtested, otherwise the newest one."""
        tested = self.stats and (self.stats.choice_id or self.stats.trial_id)
        of_test = [choice for choice in self.choices if choice.trial_id == tested]
        return next(reversed(of_test or self.choices), None)

    @property
    def threshold(self) -> str:
        """The frozen threshold in as many digits as select the same rows; a dash without one."""
        if self.choice is None:
            return DASH
        exact = self.choice.threshold
        if self.predictions is None:
            return repr(exact)
        return repr(spelled(exact, self.predictions["probability"].drop_nulls().to_numpy()))

    @property
    def trials(self) -> int:
        """Number of different strategies in the ledger, counted as the statistics count them."""
        return trials_among(self.ledger).count

    @property
    def openings(self) -> int:
        """How many times the test split was opened, by any run on the same samples."""
        return openings_among(self.ledger, self.run)

    @property
    def daily(self) -> bool:
        """Whether a bar is known to last a day or longer, so that its date says enough."""
        return is_daily(self.samples)

    @property
    def calendar(self) -> SessionCalendar:
        """Which session each bar is of."""
        return self.run.calendar if self.samples is None else self.samples.calendar

    @property
    def opened(self) -> bool:
        """Whether the test rows have been predicted, and so may be shown."""
        return self.predictions is not None and TEST in self.predictions["split"]


def read_inputs(opened: Run | Path, traded: str = BACKTEST) -> Inputs:
    """Read a run or its folder, and of its backtests the one in the folder `traded`.

    Raises:
        DataError: the path is not a run folder.
        IntegrityError: one of its files is damaged.
    """
    run = opened if isinstance(opened, Run) else open_run(opened)
    run_path = run.path
    backtest, sweep = run_path / traded, run_path / SWEEP
    samples = _samples(run)

    def part(source: Path, read: Callable[[Path], Part]) -> Part | None:
        return run.read(source, read) if sealed(source).is_file() else None

    stats = part(backtest / STATS, read_stats)

    def frame(source: Path, read: ReadFrame = read_parquet) -> pl.DataFrame | None:
        found = part(source, read)
        if found is None or samples is None or not is_daily(samples):
            return found
        return by_session(found, samples.calendar)

    return Inputs(
        run=run,
        config=part(run_path / CONFIG, stored_toml),
        environment=part(run_path / ENVIRONMENT, read_json),
        samples=samples,
        metrics=part(run_path / METRICS, read_parquet),
        baselines=part(run_path / BASELINES, read_json),
        predictions=frame(run_path / PREDICTIONS),
        calibration=part(run_path / CALIBRATION, read_calibration),
        thresholds=part(run_path / THRESHOLDS, read_parquet),
        choices=tuple(run.choices()),
        trades=frame(backtest / TRADES),
        equity=frame(backtest / EQUITY),
        stored=stats,
        stats=shown_stats(stats, samples),
        bars=traded_bars(samples, stats),
        cells=part(sweep / CELLS, read_parquet),
        sweep=part(sweep / SWEEP_RECORD, read_sweep),
        crossing=find_crossing(run.runs_folder, run.record.samples.fingerprint),
        seeds=find_seeds(run),
        ledger=tuple(read_family(run.runs_folder)),
        audit=read_audit(run_path),
        explanation=read_explanation(run_path),
        signals=frame(run_path / SIGNALS, read_signals),
        market=found_market(
            part(backtest / EQUITY, read_parquet),
            run.calendar if samples is None else samples.calendar,
        ),
    )


def found_market(equity: pl.DataFrame | None, calendar: SessionCalendar) -> BesideMarket | None:
    """The strategy beside the market, of an equity.parquet with its times as they are stored."""
    return None if equity is None else beside_market(equity, calendar)


def by_session(frame: pl.DataFrame, calendar: SessionCalendar) -> pl.DataFrame:
    """Closes of bars as the midnights that begin the days of the sessions they are of.

    A daily bar is stamped with its close, which in most zones is the next day in UTC.
    """
    times = frame.select(cs.datetime()).get_columns()
    return frame.with_columns(calendar.dates(column).cast(column.dtype) for column in times)


def session_days(times: pl.Series, inputs: TradedFiles) -> pl.Series:
    """The days of the sessions that times shown on the page are of, as dates."""
    return times.dt.date() if inputs.daily else inputs.calendar.dates(times)


def is_daily(samples: SampleSet | None) -> bool:
    """Whether a bar is known to last a day or longer."""
    return samples is not None and (samples.manifest.interval_seconds or 0) >= DAY_SECONDS


def shown_stats(stats: StatsRecord | None, samples: SampleSet | None) -> StatsRecord | None:
    """stats.json with the days of the sessions that its times are of."""
    if stats is None or samples is None:
        return stats
    calendar = samples.calendar
    drawdowns = stats.drawdowns and tuple(
        replace(
            row,
            start=session_of(row.start, calendar),
            bottom=session_of(row.bottom, calendar),
            end=row.end and session_of(row.end, calendar),
        )
        for row in stats.drawdowns
    )
    return replace(
        stats,
        start=session_of(stats.start, calendar),
        end=session_of(stats.end, calendar),
        bankrupt=stats.bankrupt and session_of(stats.bankrupt, calendar),
        drawdowns=drawdowns,
    )


def session_of(time: str, calendar: SessionCalendar) -> str:
    """The midnight that begins the day of the session that a stored time is of."""
    return f"{calendar.date(datetime.fromisoformat(time))}T00:00:00+00:00"


def traded_bars(samples: SampleSet | None, stats: StatsRecord | None) -> pl.DataFrame | None:
    """What the trades were made on, where the sample set still has it."""
    if samples is None or stats is None or not parts_in(samples.manifest.files, BARS):
        return None
    start, end = (datetime.fromisoformat(time) for time in (stats.start, stats.end))
    traded = pl.col("symbol").is_in(stats.symbols) & pl.col("timestamp").is_between(start, end)
    bars = adjusted(samples.bars_where(traded))
    return by_session(bars, samples.calendar) if is_daily(samples) else bars


def _samples(run: Run) -> SampleSet | None:
    """The run's sample set, unless it is gone, another one now, or of another version."""
    try:
        return run.samples()
    except DataError:
        return None
