"""From the signals of a run to the files of its backtest."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.comparisons.ladders import ladders
from quantsig.backtest.cross_section.deciles import DecileCut, Deciles, decile_portfolios
from quantsig.backtest.document import Description, Scrutiny, describe
from quantsig.backtest.execution import Execution
from quantsig.backtest.leaks import in_the_labels, in_the_training
from quantsig.backtest.market import SymbolSignals, calendar_in
from quantsig.backtest.outcome import trade
from quantsig.backtest.period import Period, open_period
from quantsig.backtest.record import StatsRecord, SweepOverfitting, read_stats, write_stats
from quantsig.backtest.settings import ALONE, BacktestSettings, Comparisons, kept_settings
from quantsig.backtest.significance.trials import read_trials
from quantsig.backtest.sweep.record import read_sweep
from quantsig.backtest.trading.sizing import calibrated
from quantsig.data.identity import identity_of
from quantsig.data.progress import Progress, silent
from quantsig.data.storage import atomic, parquet
from quantsig.data.storage.records import Figures
from quantsig.signals.audit.record import in_the_audit
from quantsig.signals.choice import reached_figures
from quantsig.signals.layout import (
    DECILES,
    EQUITY,
    REPORT,
    SIGNALS,
    STATS,
    SWEEP,
    SWEEP_RECORD,
    TRADES,
    backtest_folder,
)
from quantsig.signals.ledger import Entry, read_family
from quantsig.signals.runs import Run, exclusive, trial_id
from quantsig.signals.seal import sealed, sealing

TEST = "test"
STEPS = 5  # of the progress


@exclusive
def backtest_run(
    run: Run,
    execution: Execution,
    *,
    period: Period | None = None,
    comparisons: Comparisons = ALONE,
    force: bool = False,
    progress: Progress = silent,
) -> StatsRecord:
    """Trade the signals of a period and write trades, equity and statistics into the run.

    Those of the test rows go to `backtest/`, others to `backtest-calibration/` or
    `backtest-bars/`.

    Args:
        run: with its signals written.
        execution: how signals are traded.
        period: what is traded; None: the run's test rows.
        comparisons: what it is held against.
        force: replace an earlier backtest.
        progress: told of each step.

    Returns:
        What backtest/stats.json keeps.

    Raises:
        DataError: bars or signals that cannot be traded, fewer than two deciles.
        UsageError: a backtest exists and `force` is not set, or another process is at work
            on the run.
    """
    settings = BacktestSettings(execution=sized(run, execution), comparisons=comparisons)
    period = period or open_period(run, TEST, bars_beside=settings.bars_beside)
    folder = run.path / backtest_folder(period.split)
    atomic.refuse_existing(folder, force=force)
    progress(1, STEPS)
    made = traded_run(run, period, settings, progress=progress)
    with sealing(run.path, _entry(run, period, settings, made), whole=folder.name) as stage:
        write_backtest(stage / folder.name, made)
        if period.split == TEST:  # no page of other trades stands beside them
            (run.path / REPORT).unlink(missing_ok=True)
    progress(STEPS, STEPS)
    return made.stats


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """What trading the signals of a run came to, before it is written."""

    stats: StatsRecord
    described: Description
    cut: Deciles | None
    strategy: str  # its id in the ledger


def traded_run(
    run: Run,
    period: Period,
    settings: BacktestSettings,
    *,
    line: dict[str, Any] | None = None,
    progress: Progress = silent,
) -> Backtest:
    """Trade the signals of a period of a run.

    Args:
        run: of the period.
        period: what is traded.
        settings: as resolved.
        line: of the ledger; what is told is what was known before it. None: all that is.
        progress: told of each step.
    """
    execution, comparisons = settings.execution, settings.comparisons
    strategy = trial_id(period.trial_id, identity_of(execution))
    trials = read_trials(run.runs_folder, period.split, line)
    stats, described = trade_period(
        period,
        execution,
        Scrutiny(
            seed=comparisons.seed,
            trials=trials.trading(period.trial_id, period.choice_id),
            strategy=strategy,
            leaks=(*in_the_training(run.record.alarms), *in_the_audit(run.path)),
        ),
        progress,
    )
    cut = None
    if comparisons.deciles is not None:
        cut = _portfolios(period, execution, comparisons.deciles)
    overfitting = _overfitting(run) if line is None or _swept_before(run, line) else None
    stats = replace(stats, overfitting=overfitting, deciles=cut.record if cut else None)
    progress(4, STEPS)
    return Backtest(stats=stats, described=described, cut=cut, strategy=strategy)


def write_backtest(folder: Path, made: Backtest) -> None:
    """The files of a backtest."""
    parquet.write_parquet(folder / TRADES, made.described.trades)
    parquet.write_parquet(folder / EQUITY, made.described.equity)
    write_stats(folder / STATS, made.stats)
    if made.cut:
        parquet.write_parquet(folder / DECILES, made.cut.table)


def made_before(
    run: Run, period: Period, execution: Execution, comparisons: Comparisons = ALONE
) -> StatsRecord | None:
    """The backtest of these signals, in this way, that is in the run; None where there is none."""
    source = run.path / backtest_folder(period.split) / STATS
    if not source.is_file():
        return None
    stats, cut = read_stats(source), comparisons.deciles
    asked = {
        "trial_id": period.trial_id,
        "choice_id": period.choice_id,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "execution": _resolved(sized(run, execution), period.signals),
        "seed": comparisons.seed,
    }
    same = all(getattr(stats, name) == value for name, value in asked.items())
    parts = stats.deciles.deciles if stats.deciles else None
    return stats if same and parts == (cut.count if cut else None) else None


def result_figures(run: Run, stats: StatsRecord) -> dict[str, Any]:
    """What trading earned, and on the test split what the classifier reached there.

    Args:
        run: whose signals were traded.
        stats: what stats.json says.
    """
    reached = reached_figures(run.choices(), stats.choice_id)
    if stats.split != TEST:
        reached = {"threshold": reached["threshold"]}
    return {**reached, **stats.figures}


def sized(run: Run, execution: Execution) -> Execution:
    """The execution with the sizes that Kelly's fractions of the signals give, where asked for."""
    if execution.sizing != "kelly":
        return execution
    return calibrated(execution, run.signals(), where=str(run.path / SIGNALS))


def trade_period(
    period: Period, execution: Execution, scrutiny: Scrutiny, progress: Progress = silent
) -> tuple[StatsRecord, Description]:
    """Trade a period, and say everything about it that needs no run.

    Args:
        period: what is traded.
        execution: how.
        scrutiny: what the result has to stand up to; what the labels show of a leak is added.
        progress: told of each step.
    """
    market, signals = period.market, period.signals
    traded = trade(market, signals, execution)
    progress(2, STEPS)
    accounts = traded.accounts
    found = in_the_labels(accounts.trades, period.rows, execution)
    judged = replace(scrutiny, leaks=(*scrutiny.leaks, *found))
    described = describe(accounts, market, signals, execution, judged)
    progress(3, STEPS)
    record = described.record
    stats = StatsRecord(
        **{field.name: getattr(record, field.name) for field in fields(record)},
        trial_id=period.trial_id,
        choice_id=period.choice_id,
        split=period.split,
        start=period.start.isoformat(),
        end=period.end.isoformat(),
        execution=_resolved(execution, period.signals),
        ignored=traded.ignored,
        ladders=ladders(market, signals, execution, accounts),
    )
    return stats, described


def _portfolios(period: Period, execution: Execution, cut: DecileCut) -> Deciles:
    calendar = calendar_in(period.market)
    return decile_portfolios(period.rows, period.bars, execution, cut, calendar=calendar)


def _overfitting(run: Run) -> SweepOverfitting | None:
    """What the run's newest sweep found about overfitting; None where there is no sweep."""
    source = sealed(run.path / SWEEP / SWEEP_RECORD)
    return run.read(source, read_sweep).overfitting if source.is_file() else None


def _swept_before(run: Run, line: dict[str, Any]) -> bool:
    lines = read_family(run.runs_folder, line)
    return any((one["event"], one.get("run_id")) == (SWEEP, run.run_id) for one in lines)


def _resolved(execution: Execution, signals: Mapping[str, SymbolSignals]) -> Figures:
    """The settings as they were used; what each signal brought itself is "from the signal"."""
    settings = asdict(execution)
    own: dict[str, list[NDArray[Any]]] = {
        "delay_bars": [symbol.delay_bars for symbol in signals.values()],
        "holding_bars": [symbol.horizon_bars for symbol in signals.values()],
        "stop_loss": [symbol.stops for symbol in signals.values()],
        "take_profit": [symbol.targets for symbol in signals.values()],
    }
    for name, columns in own.items():
        if settings[name] is None:
            settings[name] = _common(np.concatenate(columns))
    return settings


def _common(values: NDArray[Any]) -> float | str | None:
    """The one value that all share, None where there is none."""
    present = np.unique(values[~np.isnan(values)])
    if len(present) > 1:
        return "from the signal"
    value: float | None = present[0].item() if len(present) else None
    return value


def _entry(run: Run, period: Period, settings: BacktestSettings, made: Backtest) -> Entry:
    """Count the backtest, with the Sharpe ratios per session that a later one is deflated by."""
    described = made.described
    more = {
        "run_id": run.run_id,
        "trial_id": period.trial_id,
        "choice_id": period.choice_id,
        "strategy": made.strategy,
        "split": period.split,
        "settings": kept_settings(settings),
        **described.sharpes,
        "periods": described.sessions,
        "trades": described.trades.height,
    }
    return Entry(event="backtest", more=more)
