"""From the scored rows of a run to the files of its sweep."""

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals, market_of, place_signals
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import SweepOverfitting
from quantsig.backtest.significance.overfitting import overfitting_from_blocks
from quantsig.backtest.sweep.grid import RANKED_BY, SweepSpec, lay_grid
from quantsig.backtest.sweep.record import SweepRecord, write_sweep
from quantsig.backtest.sweep.sweep import Swept, WorkingRoom, refuse_other_options, sweep
from quantsig.data.bars import adjusted
from quantsig.data.errors import DataError, UsageError, unknown_name
from quantsig.data.identity import identity_of
from quantsig.data.language.messages import clause, phrase, term
from quantsig.data.progress import Progress, silent
from quantsig.data.storage import atomic, parquet
from quantsig.signals.layout import CELLS, PREDICTIONS, SWEEP, SWEEP_RECORD
from quantsig.signals.ledger import Entry
from quantsig.signals.runs import Run, exclusive, trial_id
from quantsig.signals.seal import sealing

CALIBRATION = "calibration"
FEWEST_TRADES = 20  # of a cell that may be called the best

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SweptRows:
    """Scored rows on their bars, each a signal of its probability."""

    split: str
    start: datetime  # the first decision
    end: datetime  # the end of the last label
    market: dict[str, SymbolBars]
    signals: dict[str, SymbolSignals]


@exclusive
def sweep_run(
    run: Run,
    spec: SweepSpec,
    execution: Execution,
    *,
    split: str = CALIBRATION,
    force: bool = False,
    progress: Progress = silent,
) -> SweepRecord:
    """Sweep the calibration rows of a run, and write the cells and what they say into it.

    Args:
        run: that was trained.
        spec: what is swept, and what the best cell is best by.
        execution: costs, size, and what the grid leaves open.
        split: calibration; the test split shows the frozen choice only.
        force: replace an earlier sweep.
        progress: told of each set of barriers.

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
    atomic.refuse_existing(folder, force=force)
    refuse_other_options(execution)
    placed = open_rows(run, rows, split)
    grid = lay_grid(spec, rows["probability"].to_numpy())
    swept = sweep(
        placed.market,
        placed.signals,
        grid,
        execution,
        progress=progress,
        room=WorkingRoom(memory_mb=spec.memory_mb),
    )
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
        atomic.refuse_existing(folder, force=force)  # another process may have swept meanwhile
        parquet.write_parquet(stage / SWEEP / CELLS, swept.cells)
        write_sweep(stage / SWEEP / SWEEP_RECORD, record)
    return record


def open_rows(run: Run, rows: pl.DataFrame, split: str) -> SweptRows:
    """Scored rows on the bars from the first decision to the end of the last label.

    Args:
        run: gives the samples and their label.
        rows: of its predictions.
        split: what they are called.

    Raises:
        DataError: there are none, or it is not known when they were decided.
    """
    where = str(run.path / PREDICTIONS)
    samples = run.samples()
    start, end = rows["decision_time"].min(), rows["label_end"].max()
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise DataError(
            phrase(
                "no {split} row has both a decision time and the end of a label.", split=term(split)
            ),
            where=where,
            remedy="Build or import the samples with their bars, and train again.",
        )
    orders = samples.index.select("sample_id", "stop", "target")
    signals = rows.join(orders, on="sample_id", how="left", maintain_order="left").with_columns(
        horizon_bars=pl.lit(samples.label.horizon_bars), delay_bars=pl.lit(samples.label.delay_bars)
    )
    if signals["probability"].is_nan().any():
        raise DataError(
            phrase(
                "{wrong} of {rows} probabilities are no numbers.",
                wrong=int(signals["probability"].is_nan().sum()),
                rows=rows.height,
            ),
            where=where,
            remedy="Train again with a lower learning rate.",
        )
    symbols = rows["symbol"].unique().to_list()
    market = market_of(samples, adjusted(samples.bars), symbols, start=start, end=end)
    placed = place_signals(signals, market, where=where)
    return SweptRows(split=split, start=start, end=end, market=market, signals=placed)


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
