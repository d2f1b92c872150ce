"""From the scored rows of a run to the files of its sweep."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import SweepOverfitting
from quantsig.backtest.significance.overfitting import overfitting_from_blocks
from quantsig.backtest.sweep.grid import RANKED_BY, SweepSpec, lay_grid
from quantsig.backtest.sweep.record import SweepRecord, write_sweep
from quantsig.backtest.sweep.rows import open_rows
from quantsig.backtest.sweep.sweep import Swept, WorkingRoom, lay_out, refuse_other_options
from quantsig.backtest.sweep.workers import SweepSource, sweep_by_workers
from quantsig.data.errors import DataError, UsageError, unknown_name
from quantsig.data.identity import identity_of
from quantsig.data.language.messages import clause
from quantsig.data.progress import Progress, silent
from quantsig.data.storage import atomic, parquet
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.layout import CELLS, SWEEP, SWEEP_RECORD
from quantsig.signals.ledger import Entry
from quantsig.signals.runs import Run, exclusive, trial_id
from quantsig.signals.seal import sealing

CALIBRATION = "calibration"
FEWEST_TRADES = 20  # of a cell that may be called the best

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepJob:
    """How a sweep is done; nothing of it changes a figure."""

    force: bool = False  # replace an earlier sweep
    on: Workers = HERE
    progress: Progress = silent  # told of cells, some at a time


PLAIN = SweepJob()


@exclusive
def sweep_run(
    run: Run,
    spec: SweepSpec,
    execution: Execution,
    *,
    split: str = CALIBRATION,
    job: SweepJob = PLAIN,
) -> SweepRecord:
    """Sweep the calibration rows of a run, and write the cells and what they say into it.

    Args:
        run: that was trained.
        spec: what is swept, and what the best cell is best by.
        execution: costs, size, and what the grid leaves open.
        split: calibration; the test split shows the frozen choice only.
        job: how the work is done.

    Returns:
        What sweep/sweep.json says.

    Raises:
        UsageError: the test split was asked for, or a sweep exists and `force` is not set, or
            another process is at work on the run.
        DataError: rows or bars that cannot be traded, or an option that a sweep does not take.
    """
    _refuse_split(run, split)
    rows = run.predictions().filter(pl.col("split") == split)
    started = time.monotonic()
    folder = run.path / SWEEP
    atomic.refuse_existing(folder, force=job.force)
    refuse_other_options(execution)
    placed = open_rows(run, rows, split, execution)
    grid = lay_grid(spec, rows["probability"].to_numpy())
    work = lay_out(placed.market, placed.signals, grid, execution)
    if job.on.here:
        swept = work.trade(WorkingRoom(memory_mb=spec.memory_mb), job.progress)
    else:
        source = SweepSource(place=run.path.absolute(), split=split, spec=spec, execution=execution)
        swept = sweep_by_workers(source, work, job.on, job.progress)
    best = best_cell(swept, spec.by)
    record = SweepRecord(
        run_id=run.run_id,
        trial_id=trial_id(
            run.record.trial_id, SWEEP, split, identity_of(grid), identity_of(execution)
        ),
        split=split,
        start=placed.start.isoformat(),
        end=placed.end.isoformat(),
        cells=swept.cells.height,
        symbols=tuple(placed.market),
        bars=sum(len(bars.times) for bars in placed.market.values()),
        rows=rows.height,
        grid=spec,
        execution=execution,
        best=best,
        by=spec.by,
        missing=None if best else _no_best(spec.by),
        overfitting=overfitting_of(swept),
        trials=swept.trials,
        periods=swept.periods,
        bankrupt=int(swept.cells["bankrupt"].sum()),
        seconds=time.monotonic() - started,
    )
    with sealing(run.path, _entry(run, record), whole=SWEEP) as stage:
        atomic.refuse_existing(folder, force=job.force)  # another process may have swept meanwhile
        parquet.write_parquet(stage / SWEEP / CELLS, swept.cells)
        write_sweep(stage / SWEEP / SWEEP_RECORD, record)
    return record


def ranked_cells(cells: pl.DataFrame, by: str) -> pl.DataFrame:
    """The cells that may be called the best, the best first; of those that traded alike one."""
    able = cells.filter((pl.col("trades") >= FEWEST_TRADES) & pl.col(by).is_not_null())
    ranked = able.sort(by, "trades", descending=True, maintain_order=True)
    return ranked.unique(["trades", *RANKED_BY], keep="first", maintain_order=True)


def best_cell(swept: Swept, by: str) -> Document | None:
    """The best cell; None where no cell may be called so."""
    ranked = ranked_cells(swept.cells, by)
    return None if ranked.is_empty() else ranked.row(0, named=True)


def _no_best(by: str) -> str:
    return BacktestSentence.NO_CELL(figure=by.replace("_", " "), n=FEWEST_TRADES)


def overfitting_of(swept: Swept) -> SweepOverfitting:
    """The probability of overfitting of a sweep, or why it is not known."""
    if not len(swept.block_sessions):
        return SweepOverfitting(
            probability=None,
            missing=BacktestSentence.FEW_SESSIONS_FOR_BLOCKS(n=swept.periods),
        )
    try:
        found = overfitting_from_blocks(swept.block_sums, swept.block_squares, swept.block_sessions)
    except DataError as error:
        return SweepOverfitting(probability=None, missing=clause(error.what))
    return SweepOverfitting(
        probability=found.probability,
        loss_probability=found.loss_probability,
        slope=found.slope,
        strategies=found.strategies,
        splits=found.splits,
        blocks=found.blocks,
        logits=tuple(found.logits.round(4).tolist()),
    )


def _refuse_split(run: Run, split: str) -> None:
    if split == "test":
        raise UsageError(
            "the test split is not swept: it shows the frozen choice only.",
            where=f"`split` test, {run.path}",
            remedy="Sweep the calibration rows: `split` calibration.",
        )
    if split != CALIBRATION:
        raise unknown_name("split", split, [CALIBRATION], where=f"`split`, {run.path}")


def _entry(run: Run, record: SweepRecord) -> Entry:
    """Count every cell, with what later results are deflated by; Sharpe ratios per session."""
    trials = record.trials
    more = {
        "run_id": run.run_id,
        "trial_id": record.trial_id,
        "split": record.split,
        "cells": record.cells,
        "excess_sharpe_mean": trials.sharpe_mean,
        "excess_sharpe_variance": trials.sharpe_variance,
        "excess_sharpe_max": trials.sharpe_max,
        "average_correlation": trials.average_correlation,
        "periods": record.periods,
        "settings": {"grid": asdict(record.grid), "execution": asdict(record.execution)},
    }
    return Entry(event="sweep", more=more)
