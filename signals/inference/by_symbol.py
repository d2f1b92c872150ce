"""Scores of bars, some symbols a worker; a row's bits do not depend on its company."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import polars as pl

from quantsig.data.language.messages import phrase
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.in_memory import SamplesInMemory, check_passing
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import PROGRESS, Hear, Task
from quantsig.data.tasks.workers import Workers
from quantsig.signals.inference.predict import predict
from quantsig.signals.meta.meta_labelling import Meta
from quantsig.signals.runs import Run, open_run
from quantsig.signals.scoring.device import find_device

TASK_BARS = 1 << 18  # of the symbols that one task scores, about; one that has more is whole


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreTask:
    """Symbols that a worker scores."""

    place: Path  # of the run
    passing: SamplesInMemory
    device: str


def predict_on(
    run: Run,
    passing: SamplesInMemory,
    *,
    on: Workers,
    meta: Meta | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> pl.DataFrame:
    """The rows of `predict`, computed by workers where symbols do not need each other.

    A second model is asked here, and cross-sections of a time are judged together, here too.

    Args:
        run: that judges.
        passing: the decisions.
        on: where, and how many at once.
        meta: a second model, asked about each row.
        device: auto, cpu or cuda.
        progress: told about samples, or tasks.

    Raises:
        DataError, IntegrityError, ResourceError: as `predict`.
    """
    if on.here or meta or passing.together:
        return predict(run, passing, meta=meta, device=device, progress=progress)
    check_passing(passing)
    kind = find_device(device).type
    tasks = [
        Task(
            name=phrase("bars of {symbol}", symbol=next(iter(part.symbol_bars))),
            work=ScoreTask(place=run.path.absolute(), passing=part, device=kind),
        )
        for part in _parts(passing)
    ]

    def hear(name: str, *told: int) -> None:
        if name == PROGRESS:
            progress(*told)

    gpus = on.gpus_per_task or float(kind == "cuda" and on.home != "local")
    taken = replace(on, gpus_per_task=gpus, threads=run.record.threads or on.threads)
    rows: pl.DataFrame = pl.concat(run_tasks(score_symbols, tasks, on=taken, hear=hear))
    return rows


def score_symbols(task: ScoreTask, hear: Hear) -> pl.DataFrame:
    """Score some symbols, wherever it is asked for."""
    return predict(open_run(task.place), task.passing, device=task.device)


def _parts(passing: SamplesInMemory) -> Iterator[SamplesInMemory]:
    """Symbols that follow each other, without those that have too few bars for one chart."""
    left_out = passing.left_out()
    starts = dict(zip(passing.symbol_bars, accumulate(passing.symbol_bars.values()), strict=True))
    held: list[pl.DataFrame] = []
    for symbol, bars in passing.symbol_bars.items():
        if symbol in left_out:
            continue
        if held and sum(map(len, held)) + bars > TASK_BARS:
            yield _part(passing, held)
            held = []
        held.append(passing.checked.bars.slice(starts[symbol] - bars, bars))
    yield _part(passing, held)


def _part(passing: SamplesInMemory, held: list[pl.DataFrame]) -> SamplesInMemory:
    return replace(passing, checked=replace(passing.checked, bars=pl.concat(held)))
