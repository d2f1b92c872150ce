"""What a training would take: rows, steps, bytes, and the time as a few real steps foretell it."""

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.dry_run.steps import seconds_of_a_step
from quantsig.signals.models import build_member
from quantsig.signals.scoring.forward import Computing, score
from quantsig.signals.training.fit import fit_setup
from quantsig.signals.training.problem import thinned
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.setup import TrainingSetup, find_setup
from quantsig.signals.training.steps.stream import BatchStream
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.history import VALIDATION, curve_rows

SCORED_ROWS = 128  # whose scoring is measured
FITTED_ROWS = 1000  # that a model which learns at once is measured on
STATE_COPIES = 3  # of the weights: they and the moments of the optimiser
ROW_BYTES = 48  # of a row of predictions.parquet, about


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingDryRun:
    """What a training would take.

    Attributes:
        samples: rows of each split that there is.
        steps_an_epoch: optimiser steps; None of a model that learns at once.
        epochs: at most; fewer where patience runs out.
        steps: optimiser steps at most, of all seeds and parts.
        bytes_on_disk: of weights, state and predictions of a run, about.
        seconds_an_epoch: about; None of a model that learns at once.
        seconds: at most, about, without the simple models beside it.
        parts: seconds of what different workers may do: each fold with its seeds, or each seed.
    """

    samples: dict[str, int]
    steps_an_epoch: int | None
    epochs: int
    steps: int | None
    bytes_on_disk: int
    seconds_an_epoch: float | None
    seconds: float
    parts: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast a training goes here, as measured."""

    step: float | None  # seconds of an optimiser step, drawing included; None: it learns at once
    scored_row: float  # seconds
    fitted_row: float | None  # seconds of a row that is learnt at once


def dry_run_training(
    samples: SampleSet, plan: Plan, splits: SplitSpec, device: str
) -> TrainingDryRun:
    """What training a plan would take; nothing is written.

    Raises:
        ConfigError, DataError: as the training itself would.
    """
    setup = find_setup(samples, plan, splits, device)
    return dry_run_of([setup], seeds=plan.train.seeds)


def dry_run_of(setups: Sequence[TrainingSetup], *, seeds: int = 1) -> TrainingDryRun:
    """What several trainings of one plan would take together, measured on the largest.

    Args:
        setups: one or more, such as those of the folds of a walk; the last counts its splits.
        seeds: times that each is trained.
    """
    largest = max(setups, key=lambda setup: len(setup.problem.ids["train"]))
    pace = measured_pace(largest)
    each = [_seconds(setup, pace) for setup in setups]
    parts = each * seeds if len(each) == 1 else [seeds * one for one in each]
    gradient, epochs = pace.step is not None, largest.plan.train.epochs
    steps = [epochs * len(setup.order) for setup in setups]
    return TrainingDryRun(
        samples={name: len(ids) for name, ids in setups[-1].problem.ids.items()},
        steps_an_epoch=len(largest.order) if gradient else None,
        epochs=epochs if gradient else 1,
        steps=seeds * sum(steps) if gradient else None,
        bytes_on_disk=seeds * sum(map(_bytes_on_disk, setups)),
        seconds_an_epoch=_seconds_an_epoch(largest, pace) if gradient else None,
        seconds=sum(parts),
        parts=tuple(parts),
    )


def measured_pace(setup: TrainingSetup) -> Pace:
    """Take a few real steps and score a few rows of a training."""
    train = setup.problem.ids["train"]
    model = build_member(setup.record).to(setup.device)
    computing = Computing(device=setup.device, arithmetic_threads=setup.threads)
    rows = train[:SCORED_ROWS]
    feed = setup.feed(setup.samples)
    score(model, setup.samples, rows[:1], computing=computing, feed=feed)  # compiles what draws
    started = time.perf_counter()
    score(model, setup.samples, rows, computing=computing, feed=feed)
    scored_row = (time.perf_counter() - started) / len(rows)
    if setup.model.fit:
        return Pace(step=None, scored_row=scored_row, fitted_row=_seconds_of_a_fitted_row(setup))
    stream = BatchStream(
        problem=setup.problem,
        order=setup.order,
        epochs=1 << 20,
        batch_size=setup.plan.train.batch_size,
        feed=lambda epoch: feed,
        device=setup.device,
    )
    step = seconds_of_a_step(setup, stream)
    return Pace(step=step, scored_row=scored_row, fitted_row=None)


def _seconds_of_a_fitted_row(setup: TrainingSetup) -> float:
    """Of a model that learns at once; taken to grow as the rows do."""
    ids = thinned(setup.problem.ids["train"], FITTED_ROWS)
    few = replace(setup.problem, ids={"train": ids, VALIDATION: ids})
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="quantsig-fit-") as folder:
        fit_setup(replace(setup, problem=few), Path(folder), Callbacks())
    return (time.perf_counter() - started) / len(ids)


def _seconds(setup: TrainingSetup, pace: Pace) -> float:
    ids = setup.problem.ids
    scored_after = sum(len(rows) for name, rows in ids.items() if name != "train")
    after = scored_after * pace.scored_row
    if pace.fitted_row is not None:
        return len(ids["train"]) * pace.fitted_row + after
    return setup.plan.train.epochs * _seconds_an_epoch(setup, pace) + after


def _seconds_an_epoch(setup: TrainingSetup, pace: Pace) -> float:
    """Its steps, then the rows that it is measured on."""
    assert pace.step is not None
    ids = setup.problem.ids
    measured = len(ids[VALIDATION]) + len(curve_rows(ids["train"], setup.plan.train.seed))
    return len(setup.order) * pace.step + measured * pace.scored_row


def _bytes_on_disk(setup: TrainingSetup) -> int:
    with torch.device("meta"):
        model = build_member(setup.record)
    weights = sum(part.numel() * part.element_size() for part in model.parameters())
    train = setup.plan.train
    copies = 1
    if not setup.model.fit:
        copies += len(train.best_by) + (STATE_COPIES if train.keep_state else 0)
    rows = sum(map(len, setup.problem.ids.values()))
    return math.ceil(copies * weights + ROW_BYTES * rows)
