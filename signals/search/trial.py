"""One trial of a search, trained by whoever has room for it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from quantsig.data.errors import CheckFailed, ConfigError
from quantsig.data.language.messages import phrase, term
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import parquet
from quantsig.data.storage.resuming import unfinished_folder
from quantsig.data.tasks.task import PROGRESS, Hear
from quantsig.signals.layout import METRICS
from quantsig.signals.runs import Run, open_run
from quantsig.signals.search.study import Earlier
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.callbacks import Callbacks, Rows
from quantsig.signals.training.tracking.launch import Launch
from quantsig.signals.training.tracking.workers import ComputeSettings

PROGRESS_STEPS = 1000  # of a trial


class GivenUpError(Exception):
    """The trial falls behind those before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialTask:
    """What a worker needs to train a trial.

    Attributes:
        earlier: finished trials that it is compared with; those tried at once with it are not.
        seals: enter the run in the ledger; else whoever asked does.
    """

    number: int
    trials: int  # of the search
    samples: SampleSet
    place: Path
    plan: Plan
    splits: SplitSpec
    objective: str
    earlier: Earlier
    command: str
    computed: ComputeSettings
    seals: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialEnd:
    """What became of it."""

    state: str  # of Optuna: COMPLETE, PRUNED or FAIL
    value: float | None
    why: str
    reported: Mapping[int, float]  # the objective by epoch


def label(number: int) -> str:
    """What a trial is called, and its run."""
    return f"trial-{number:03d}"


def try_trial(task: TrialTask, hear: Hear) -> TrialEnd:
    """Train a trial, unless its run is there, and give it up where it falls behind the others."""
    reported = _reported_before(task)
    value, why, state = None, "", "COMPLETE"
    try:
        with task.computed.again():
            value = _best_value(task, hear, reported)
    except GivenUpError:
        state = "PRUNED"
    except (CheckFailed, ConfigError) as error:  # of this combination; the others go on
        state, why = "FAIL", error.what
    return TrialEnd(state=state, value=value, why=why, reported=reported)


def _best_value(task: TrialTask, hear: Hear, reported: dict[int, float]) -> float:
    if task.place.exists():
        run: Run = open_run(task.place)
    else:
        launch = Launch(
            device=task.computed.device,
            command=task.command,
            callbacks=_callbacks(task, hear, reported),
        )
        run = train(
            task.samples, task.place, task.plan, task.splits, launch=launch, seal=task.seals
        )
    value = run.record.best[task.objective].value
    assert value is not None
    return value


def _reported_before(task: TrialTask) -> dict[int, float]:
    """The objective of epochs that an earlier try has behind it; they are not trained again."""
    folder = task.place if task.place.exists() else unfinished_folder(task.place)
    if not (folder / METRICS).is_file():
        return {}
    rows = parquet.read_parquet(folder / METRICS)
    if task.objective not in rows.columns:
        return {}
    of_validation = rows.filter(pl.col("split") == "validation")
    values = zip(of_validation["epoch"], of_validation[task.objective], strict=True)
    return {epoch: value for epoch, value in values if value is not None and math.isfinite(value)}


def _callbacks(task: TrialTask, hear: Hear, reported: dict[int, float]) -> Callbacks:
    """Hear every epoch of a trial, and give it up where it falls behind the others."""
    comparison = task.earlier.comparison()
    for epoch, value in sorted(reported.items()):
        comparison.report(epoch, value)

    def epoch_ended(rows: Rows) -> None:
        hear("epoch", list(rows))
        number, value = rows[-1]["epoch"], rows[-1].get(task.objective)
        if value is None or not math.isfinite(value):
            return
        if number not in reported:  # an epoch comes again after a crash
            reported[number] = value
            comparison.report(number, value)
        if number + 1 < task.plan.train.epochs and comparison.is_behind():
            raise GivenUpError

    def progress(done: int, total: int) -> None:
        part = PROGRESS_STEPS * done // max(total, 1)
        whole = PROGRESS_STEPS * task.trials
        hear(PROGRESS, min(PROGRESS_STEPS * task.number + part, whole), whole)

    def told(text: str) -> None:
        hear("tell", phrase("{label}: {text}", label=label(task.number), text=term(text)))

    return Callbacks(
        progress=progress,
        tell=told,
        epoch=epoch_ended,
        stop_within_s=task.computed.stop_within_s,
    )
