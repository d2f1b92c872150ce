"""What a sweep would take: cells, bytes, and the time as some of its settings foretell it."""

import time
from dataclasses import dataclass, replace

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.sweep.grid import SweepSpec, lay_grid
from quantsig.backtest.sweep.rows import open_rows
from quantsig.backtest.sweep.run import CALIBRATION
from quantsig.backtest.sweep.sweep import (
    Grid,
    WorkingRoom,
    lay_out,
    refuse_other_options,
    sweep,
)
from quantsig.backtest.sweep.workers import first_chunks
from quantsig.data.machine import cores
from quantsig.data.samples.parts import packed
from quantsig.signals.runs import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepDryRun:
    """What a sweep would take.

    Attributes:
        cells: combinations, each a trial.
        rows: that could be signals.
        symbols: with such rows.
        bars: that are walked through in each cell.
        bytes_on_disk: of the table of cells, about.
        seconds: about.
        parts: seconds of each task that workers share, one thread each; before them that of
            opening the rows, which every worker does.
    """

    cells: int
    rows: int
    symbols: int
    bars: int
    bytes_on_disk: int
    seconds: float
    parts: tuple[tuple[float, ...], ...]


def dry_run_sweep(run: Run, spec: SweepSpec, execution: Execution) -> SweepDryRun:
    """What `sweep_run` would take. Nothing is written: no cell of it is looked at, and none counts.

    Raises:
        ConfigError, DataError: as the sweep itself would.
    """
    refuse_other_options(execution)
    rows = run.predictions().filter(pl.col("split") == CALIBRATION)
    started = time.perf_counter()
    placed = open_rows(run, rows, CALIBRATION, execution)
    grid = lay_grid(spec, rows["probability"].to_numpy())
    room = WorkingRoom(memory_mb=spec.memory_mb)
    fixed = time.perf_counter() - started
    few = _fewer(grid)
    sweep(placed.market, placed.signals, replace(few, thresholds=grid.thresholds[:1]), execution)
    started = time.perf_counter()  # what had to be compiled is
    swept = sweep(placed.market, placed.signals, few, execution, room=room)
    spent = time.perf_counter() - started
    share = len(grid) / len(few)
    chunks = lay_out(placed.market, placed.signals, grid, execution).chunks()
    tasks = len(first_chunks(len(chunks)))
    return SweepDryRun(
        cells=len(grid),
        rows=rows.height,
        symbols=len(placed.market),
        bars=sum(len(bars.times) for bars in placed.market.values()),
        bytes_on_disk=round(len(packed(swept.cells, {}).getbuffer()) * share),
        seconds=fixed + spent * share,
        parts=((fixed,), (spent * share * cores() / tasks,) * tasks),
    )


def _fewer(grid: Grid) -> Grid:
    """All thresholds with as many stops and targets as keep every core at work once."""
    least = cores()
    stops = grid.stops[:least]
    targets = grid.targets[: -(-least // len(stops))]
    return replace(grid, stops=stops, targets=targets)
