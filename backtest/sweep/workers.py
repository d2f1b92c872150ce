"""Cells of a sweep that workers trade, each of which opens the rows where they lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats
from quantsig.backtest.sweep.grid import SweepSpec, lay_grid
from quantsig.backtest.sweep.kernel import Tally
from quantsig.backtest.sweep.rows import open_rows
from quantsig.backtest.sweep.sweep import SweepWork, Swept, WorkingRoom, lay_out
from quantsig.data.language.messages import phrase
from quantsig.data.progress import Progress
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import PROGRESS, Hear, Task
from quantsig.data.tasks.workers import Workers
from quantsig.signals.runs import open_run

MOST_TASKS = 1024  # each worker opens the rows once, whatever it is given


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepSource:
    """What is swept, for a process that opens it itself."""

    place: Path  # of the run
    split: str
    spec: SweepSpec
    execution: Execution


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepTask:
    """Neighbouring cells that a worker trades."""

    source: SweepSource
    first: int  # number of a chunk
    last: int

    @property
    def place(self) -> Path:
        """Where it lies, for errors."""
        return self.source.place


@dataclass(frozen=True, kw_only=True, slots=True)
class TradedCells:
    """What came of some chunks."""

    tally: Tally
    standards: list[Floats]  # of each chunk, so that their sum does not depend on the tasks


def sweep_by_workers(
    source: SweepSource, work: SweepWork, on: Workers, progress: Progress
) -> Swept:
    """The same as `sweep`, traded by workers.

    Args:
        source: what is swept.
        work: the same, opened here.
        on: where, and how many at once.
        progress: told about tasks.

    Raises:
        ConfigError, DataError, ResourceError: as `sweep` and `run_tasks`.
    """
    chunks = work.chunks()
    tasks = [
        Task(name=phrase("cells from {first} on", first=task.first + 1), work=task)
        for task in _tasks(source, len(chunks))
    ]

    def hear(name: str, *told: int) -> None:
        if name == PROGRESS:
            progress(*told)

    standards = list[Floats]()
    for task, traded in zip(tasks, run_tasks(trade_cells, tasks, on=on, hear=hear), strict=True):
        mine = work.tally_of(chunks[task.work.first : task.work.last])
        for column, found in zip(mine, traded.tally, strict=True):
            column[:] = found
        standards += traded.standards
    return work.swept(standards)


def trade_cells(task: SweepTask, hear: Hear) -> TradedCells:
    """Trade some cells, wherever it is asked for."""
    work = _opened(task.source)
    chunks = work.chunks()[task.first : task.last]
    threads = work.threads(WorkingRoom(memory_mb=task.source.spec.memory_mb, threads=1))
    standards = list(work.do(chunks, threads))
    return TradedCells(tally=work.tally_of(chunks), standards=standards)


@lru_cache(maxsize=1)
def _opened(source: SweepSource) -> SweepWork:
    run = open_run(source.place)
    rows = run.predictions().filter(pl.col("split") == source.split)
    placed = open_rows(run, rows, source.split, source.execution)
    grid = lay_grid(source.spec, rows["probability"].to_numpy())
    return lay_out(placed.market, placed.signals, grid, source.execution)


def first_chunks(chunks: int) -> range:
    """The first chunk of each task."""
    return range(0, chunks, -(-chunks // MOST_TASKS))


def _tasks(source: SweepSource, chunks: int) -> Iterator[SweepTask]:
    firsts = first_chunks(chunks)
    for first in firsts:
        yield SweepTask(source=source, first=first, last=min(first + firsts.step, chunks))
