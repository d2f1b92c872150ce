"""Three controls that a training room must pass before its results mean anything.

A model that is shown the answer must find it; a network that is shown few samples must learn them
by heart; one whose labels were shuffled must learn nothing.

Each control has a budget of optimiser steps, whatever the batch. What was not reached within it is
a failure where nothing was learnt, or where an oracle that reads the answer off the inputs, as the
loader hands them over, does not find it either: then the feed is broken. Where the oracle finds it
and the model is on its way, it takes more steps, and nothing is known to be wrong.
"""

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.errors import ConfigError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.inputs.feed import Feed, Units
from quantsig.signals.inputs.parts import first_part
from quantsig.signals.layout import STATE
from quantsig.signals.metrics import event_metrics
from quantsig.signals.optimisation.sampling import SamplingSettings
from quantsig.signals.optimisation.schedules import ScheduleSettings
from quantsig.signals.scoring.loader import Batch, load
from quantsig.signals.training.fit import fit_setup
from quantsig.signals.training.problem import Ids, Problem
from quantsig.signals.training.settings import AugmentSettings, Plan
from quantsig.signals.training.setup import TrainingSetup, find_setup, order_of
from quantsig.signals.training.tracking.callbacks import Callbacks, Rows
from quantsig.signals.training.tracking.history import TRAIN, VALIDATION

TRAIN_ROWS, VALIDATION_ROWS, FEW_ROWS = 512, 512, 32
LEAST_BY_HEART = 3  # samples right, beyond those of one answer for all, show that some were learnt
STEPS = 640  # of the optimiser, at most, where the answer is shown
FEW_SHARE = 4  # a fourth of them for the few rows
FOUND = 0.99  # average precision that counts as having found the answer
MOST_DEVIATIONS = 4.0  # of ROC AUC above one half, under chance
SHUFFLED_EPOCHS = 5
TELLING = 0.9  # a limit of ROC AUC that a leak would still exceed
NOT_LEARNING = ("majority", "window_direction", "window_reversal")


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """One control and how it ended."""

    name: str
    figure: str
    value: float | None
    needed: str
    passed: bool | None  # None: it cannot be told; `remark` says why
    remark: str = ""


class FigureReached(Exception):  # noqa: N818 - not an error
    """The figure is good enough; there is no need to go on."""


def run_controls(
    samples: SampleSet, plan: Plan, splits: SplitSpec, *, device: str = "auto"
) -> Iterator[Control]:
    """Run the controls with the model, loss and optimiser of a plan, on few samples; three or two.

    Neither calibration nor test rows are touched, and nothing is written.

    Raises:
        ConfigError: the model does not learn from samples, or the label has no classes.
    """
    setup = find_setup(samples, _plain(plan), splits, device)
    if plan.train.model in NOT_LEARNING or not setup.problem.classes:
        raise ConfigError(
            "the controls are for models that learn classes.",
            where=f"train.model = {plan.train.model}, label.name = {samples.label.name}",
            remedy="Choose a network or a fitted baseline, and a label with classes.",
        )
    yield _oracle(setup)
    if not setup.model.fit:  # what is fitted at once shrinks hard, so that it does not
        yield _few(setup)
    yield _shuffled(setup)


def _oracle(setup: TrainingSetup) -> Control:
    """The first plane (or channel) is filled with the label: validation must show it."""
    problem = _smaller(setup.problem, TRAIN_ROWS)
    shown = _planted(problem.happened)
    control = partial(
        Control,
        name="the answer as a plane",
        figure="average precision, validation",
        needed=f">= {FOUND}",
    )
    seen = _seen_by_oracle(replace(setup, problem=problem, alter=shown))
    if seen < FOUND:
        return control(value=seen, passed=False, remark="inputs and labels do not belong together")
    rows = _learn(setup, problem, _Aim("average_precision", VALIDATION, FOUND), alter=shown)
    value = _best(rows, VALIDATION, "average_precision")
    if value is not None and value >= FOUND:
        return control(value=value, passed=True)
    area = _best(rows, VALIDATION, "roc_auc") or 0.0
    by_chance = _highest_by_chance(problem.happened[problem.ids[VALIDATION]])
    return _judged(control, value, STEPS, learning=area > min(by_chance, TELLING))


def _seen_by_oracle(setup: TrainingSetup) -> float:
    """Average precision of the first plane's mean, as the loader hands it over, for the label.

    Training and validation rows; it knows of no model, so it is 1 wherever the feed is whole.
    """
    ids, batch = setup.problem.ids, setup.plan.train.batch_size
    event = len(setup.samples.classes) - 1
    found = []
    for rows in (ids[TRAIN], ids[VALIDATION]):
        batches = [rows[first : first + batch] for first in range(0, len(rows), batch)]
        loaded = load(
            setup.samples, batches, batch, device=setup.device, feed=setup.feed(setup.samples)
        )
        seen = [_first_channel(part).double().flatten(1).mean(1).cpu().numpy() for part in loaded]
        happened = setup.problem.targets[rows] == event
        found.append(event_metrics(happened, np.concatenate(seen)).average_precision or 0.0)
    return min(found)


def _judged(
    control: Callable[..., Control], value: float | None, steps: int, *, learning: bool
) -> Control:
    """What was not reached within the budget: on the way, or nothing learnt at all."""
    if learning:
        return control(value=value, passed=None, remark=f"learns, and needs over {steps} steps")
    return control(value=value, passed=False, remark=f"nothing learnt in {steps} steps")


def _few(setup: TrainingSetup) -> Control:
    problem = _smaller(setup.problem, FEW_ROWS)
    steps = STEPS // FEW_SHARE
    rows = _learn(setup, problem, _Aim("accuracy", TRAIN, 1.0), steps=steps)
    value = _best(rows, TRAIN, "accuracy")
    control = partial(
        Control,
        name=f"{len(problem.ids['train'])} samples by heart",
        figure="accuracy, train",
        needed="1",
    )
    if value == 1.0:
        return control(value=value, passed=True)
    share = float(problem.happened[problem.ids[TRAIN]].mean())
    by_heart = (value or 0.0) - max(share, 1.0 - share)  # beyond one answer for all
    learning = by_heart * len(problem.ids[TRAIN]) >= LEAST_BY_HEART
    return _judged(control, value, steps, learning=learning)


def _shuffled(setup: TrainingSetup) -> Control:
    random = np.random.default_rng(setup.plan.train.seed)
    problem = _smaller(setup.problem, TRAIN_ROWS)
    targets, happened = problem.targets.copy(), problem.happened.copy()
    for ids in problem.ids.values():
        order = random.permutation(ids)
        targets[ids], happened[ids] = problem.targets[order], problem.happened[order]
    problem = replace(problem, targets=targets, happened=happened)
    aim = _Aim("roc_auc", VALIDATION, math.inf)
    rows = _learn(setup, problem, aim, most_epochs=SHUFFLED_EPOCHS)
    value = next(row["roc_auc"] for row in reversed(rows) if row["split"] == VALIDATION)
    highest = _highest_by_chance(happened[problem.ids[VALIDATION]])
    told = highest < TELLING
    return Control(
        name="shuffled labels",
        figure="ROC AUC, validation, last epoch",
        value=value,
        needed=f"<= {highest:.3f}" if told else "more events on validation",
        passed=(value is not None and value <= highest) if told else None,
        remark="" if told else "too few events on validation to tell a leak from chance",
    )


def _highest_by_chance(happened: NDArray[np.bool_]) -> float:
    """The ROC AUC that chance stays below, all but never."""
    return 0.5 + MOST_DEVIATIONS * _chance_deviation(happened)


def _chance_deviation(happened: NDArray[np.bool_]) -> float:
    """Standard deviation of ROC AUC under chance, sqrt((P + N + 1) / (12 P N)) (Mann-Whitney)."""
    positives = int(happened.sum())
    negatives = len(happened) - positives
    return math.sqrt((positives + negatives + 1) / (12.0 * positives * negatives))


class _Aim(NamedTuple):
    """The figure of a split at which a training may stop."""

    figure: str
    split: str
    needed: float


def _learn(
    setup: TrainingSetup,
    problem: Problem,
    aim: _Aim,
    *,
    most_epochs: int | None = None,
    steps: int | None = None,
    alter: Callable[[Feed], Feed] | None = None,
) -> list[dict[str, Any]]:
    """Train until the figure is reached or the steps are used up; gives the rows of every epoch."""
    seen: list[dict[str, Any]] = []

    def epoch(rows: Rows) -> None:
        seen.extend(dict(row) for row in rows)
        if any(
            row["split"] == aim.split and (row[aim.figure] or 0.0) >= aim.needed for row in rows
        ):
            raise FigureReached

    order = order_of(problem, setup.plan)
    epochs = most_epochs or -(-(steps or STEPS) // len(order))
    plan = replace(setup.plan, train=replace(setup.plan.train, epochs=epochs, patience=epochs))
    changed = replace(setup, problem=problem, plan=plan, order=order, alter=alter)
    with _nowhere() as folder, suppress(FigureReached):
        fit_setup(changed, folder, Callbacks(epoch=epoch))
    return seen


@contextmanager
def _nowhere() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / STATE).mkdir()
        yield Path(name)


def _plain(plan: Plan) -> Plan:
    """One seed, no augmentation, the natural mix, no saving in between.

    The schedule is the default, which fits a training of any length.
    """
    train = replace(plan.train, seeds=1, best_by=("loss",), save_minutes=1e6)
    return replace(
        plan,
        train=train,
        schedule=ScheduleSettings(),
        augment=AugmentSettings(),
        sampling=SamplingSettings(),
    )


def _smaller(problem: Problem, rows: int) -> Problem:
    """So many training rows, half of them events where there are enough, and few to validate."""
    random = np.random.default_rng(rows)
    train = _mixed(problem, problem.ids["train"], rows, random)
    validation = problem.ids[VALIDATION]
    if len(validation) > VALIDATION_ROWS:
        validation = _with_both(problem, validation, random)
    return replace(problem, ids={**problem.ids, "train": train, VALIDATION: validation})


def _mixed(problem: Problem, ids: Ids, rows: int, random: np.random.Generator) -> Ids:
    events = random.permutation(ids[problem.happened[ids]])[: rows // 2]
    others = random.permutation(ids[~problem.happened[ids]])[: rows - len(events)]
    return np.sort(np.concatenate([events, others]))


def _with_both(problem: Problem, ids: Ids, random: np.random.Generator) -> Ids:
    """Rows drawn in their natural mix, with at least one event and one other."""
    share = VALIDATION_ROWS / len(ids)
    parts = [ids[problem.happened[ids]], ids[~problem.happened[ids]]]
    drawn = [random.permutation(part)[: max(1, round(share * len(part)))] for part in parts]
    return np.sort(np.concatenate(drawn))


def _planted(happened: NDArray[np.bool_]) -> Callable[[Feed], Feed]:
    def alter(feed: Feed) -> Feed:
        every = np.arange(len(happened))
        units = feed.units(every) if feed.units else Units(ids=every, unit=every, slot=every)

        def draw(ids: Ids, out: Any) -> None:
            feed.draw(ids, out)
            numbers = first_part(out)
            if feed.units is None:
                numbers[:, 0] = happened[ids].reshape(-1, *[1] * (numbers.ndim - 2))
                return
            for place, shared in enumerate(np.searchsorted(units.ids, ids)):
                _, own = units.between(shared, shared + 1)
                answers = happened[own].reshape(-1, *[1] * (numbers.ndim - 3))
                numbers[place, units.slot[own], 0] = answers

        return replace(feed, draw=draw)

    return alter


def _first_channel(batch: Batch) -> torch.Tensor:
    """What each sample's first plane or channel holds, (B, ...)."""
    numbers: torch.Tensor = batch.rows(first_part(batch.inputs))
    return numbers[:, 0]


def _best(rows: list[dict[str, Any]], split: str, figure: str) -> float | None:
    values = [row[figure] for row in rows if row["split"] == split and row[figure] is not None]
    return max(values, default=None)
