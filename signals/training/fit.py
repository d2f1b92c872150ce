"""Train one model on a sample set, calibrate it, and leave a run folder behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.errors import CheckFailed, UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.resuming import (
    Change,
    Work,
    noted_work,
    resuming_folder,
    unfinished_folder,
)
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import Hear, Task
from quantsig.signals.calibration.uncalibrated import NOTE
from quantsig.signals.layout import RECORD, SEAL, STATE
from quantsig.signals.ledger import Entry, read_ledger
from quantsig.signals.metrics import Baselines, baselines
from quantsig.signals.models import build_member
from quantsig.signals.models.heads import start_at
from quantsig.signals.models.sequences.standardisation import fit_standardisation
from quantsig.signals.run_record import FIRST_EPOCH, read_run_record
from quantsig.signals.runs import Run, open_run, unfinished
from quantsig.signals.scoring.arithmetic import computed_in, in_one_order, threads_again
from quantsig.signals.scoring.forward import Computing, score
from quantsig.signals.seal import seal_folder
from quantsig.signals.training import ranks
from quantsig.signals.training.ensemble import (
    ensemble_of,
    member_folder,
    member_plans,
    members_record,
)
from quantsig.signals.training.finish import TrainingResult, write_run
from quantsig.signals.training.parity import judging_precision
from quantsig.signals.training.problem import Ids
from quantsig.signals.training.prolonging import (
    hand_over,
    handed_over,
    keep_state,
    may_go_on,
)
from quantsig.signals.training.resume.interrupt import stop_request
from quantsig.signals.training.resume.state import (
    read_state,
    read_tensors,
    steps_done,
    threads_begun,
)
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.setup import TrainingSetup, find_setup
from quantsig.signals.training.steps.augment import augmented
from quantsig.signals.training.tracking.callbacks import Callbacks, heard, telling, unseen
from quantsig.signals.training.tracking.following import follow, heard_by
from quantsig.signals.training.tracking.history import VALIDATION, History, Judgement
from quantsig.signals.training.tracking.launch import PLAIN, Launch
from quantsig.signals.training.tracking.record import config, training_work
from quantsig.signals.training.tracking.workers import ComputeSettings, computed_here, workers_for
from quantsig.signals.window_rule import window_agrees


def train(
    samples: SampleSet,
    out: Path,
    plan: Plan,
    splits: SplitSpec,
    launch: Launch = PLAIN,
    *,
    seal: bool = True,
) -> Run:
    """Train, keep the best weights, calibrate, write the run.

    The test split is not touched. What was cut short goes on when it is called again with the
    same samples, settings and splits; the run folder appears when all is done. So does a finished
    run when more epochs are asked for, where nothing was made of it yet. Of several processes
    that train together the first writes it.

    Args:
        samples: the sample set.
        out: the run folder to make.
        plan: model, loss, optimiser, sampling and stopping rule.
        splits: shares of train, validation, calibration and test.
        launch: where it runs, over what, and who is told.
        seal: enter it in the ledger and seal it; else whoever asked does, by `seal_trained`.

    Raises:
        ConfigError: a name is unknown, settings contradict each other, or a tracker is not
            installed.
        DataError: a split is too small, or the event never or always happens where it is learnt
            or calibrated.
        CheckFailed: the training diverged.
        UsageError: the run exists and there is no way on from it, another training lies
            unfinished there, or another process trains it.
    """
    read_ledger(out.absolute().parent)  # one that is damaged is told before anything is trained
    settings = config(out, samples, plan, splits)
    names = plan.train.track if ranks.is_first() else ()
    following = follow(names, out, settings, launch.callbacks.tell)
    told = replace(launch, callbacks=heard_by(launch.callbacks, following))
    run = fit_run(samples, out, plan, splits, told, seal=seal)
    best = {f"best.{name}": epoch.value for name, epoch in run.record.best.items()}
    following.finished({"best.epoch": run.record.best_epoch + FIRST_EPOCH, **best})
    return run


def fit_run(
    samples: SampleSet,
    out: Path,
    plan: Plan,
    splits: SplitSpec,
    launch: Launch = PLAIN,
    *,
    seal: bool = False,
) -> Run:
    """`train` without a seal and its entry in the ledger, for trainings that are part of another.

    With `seal` it is `train`.
    """
    setup = find_setup(samples, plan, splits, launch.device)
    listener, force = launch.callbacks, launch.force
    work = training_work(samples, plan, splits, setup.device.type)
    with ranks.joined(setup.device):
        if ranks.is_first():
            if not force and may_go_on(out, work):
                hand_over(out, out, work, plan.train)
            _tell_adjusted(out, work, listener)
            if not splits.calibrates:
                listener.tell(NOTE)
        with _filling(out, work, force=force) as folder:
            setup = as_begun(setup, folder, listener)
            if not (folder / RECORD).is_file():  # else it has only to be put in its place
                if plan.train.seeds > 1:
                    fitted = _fit_seeds(setup, folder, splits, launch)
                else:
                    history, model = fit_setup(setup, folder, listener)
                    fitted = TrainingResult(history=history, model=model)
                if ranks.is_first():
                    fitted.more["command"] = launch.command
                    write_run(folder, out, setup, splits, fitted)
            if ranks.is_first():
                keep_state(folder, work, wanted=plan.train.keep_state)
                if seal:
                    _seal(folder, out)
        ranks.wait()
    return open_run(out)


def seal_trained(out: Path) -> None:
    """Enter and seal a run that was trained without, unless that was done."""
    if not (out / SEAL).is_file():
        _seal(out, out)


def _seal(folder: Path, out: Path) -> None:
    record = read_run_record(folder / RECORD)
    entry = Entry(event="training", more={"run_id": record.run_id, "trial_id": record.trial_id})
    seal_folder(folder, out.absolute().parent, out.name, entry)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedTask:
    """A training of an ensemble that a worker does."""

    samples: SampleSet
    place: Path
    plan: Plan
    splits: SplitSpec
    computed: ComputeSettings


def train_seed(task: SeedTask, hear: Hear) -> None:
    """Train one seed of an ensemble, unless it is there, wherever it is asked for."""
    callbacks = telling(hear, task.computed.stop_within_s)
    callbacks.tell(phrase("seed {seed}", seed=task.plan.train.seed))
    if not (task.place / RECORD).is_file():
        with task.computed.again():
            launch = Launch(device=task.computed.device, callbacks=callbacks)
            fit_run(task.samples, task.place, task.plan, task.splits, launch)


def _fit_seeds(
    setup: TrainingSetup, folder: Path, splits: SplitSpec, launch: Launch
) -> TrainingResult:
    """Train each seed in a run of its own, then measure them together."""
    computed = computed_here(launch)
    members = [
        SeedTask(
            samples=setup.samples,
            place=member_folder(folder.absolute(), plan),
            plan=plan,
            splits=splits,
            computed=computed,
        )
        for plan in member_plans(setup.plan)
    ]
    tasks = [
        Task(name=phrase("seed {seed}", seed=one.plan.train.seed), work=one) for one in members
    ]
    on = workers_for(setup.plan, launch)
    list(run_tasks(train_seed, tasks, on=on, hear=heard(launch.callbacks)))
    runs = [open_run(member_folder(folder, one.plan)) for one in members]
    model = ensemble_of(runs)
    history = open_history(setup, folder, replace(launch.callbacks, epoch=unseen))
    history.close_epoch(model, None, 0.0)
    return TrainingResult(history=history, model=model, more=members_record(runs))


def fit_setup(
    setup: TrainingSetup, folder: Path, callbacks: Callbacks
) -> tuple[History, nn.Module]:
    """Train in a folder that may hold the state of an earlier attempt.

    Returns:
        The history, and the model with the weights of its best epoch.
    """
    torch.manual_seed(setup.plan.train.seed)
    model = build_member(setup.record)
    one_order = in_one_order(setup.device, deterministic=setup.plan.speed.deterministic)
    with computed_in(setup.threads), one_order:
        return _learn(setup, model, folder, callbacks), model


def as_begun(setup: TrainingSetup, folder: Path, callbacks: Callbacks) -> TrainingSetup:
    """The training in as many threads as the state in a folder was begun in.

    Where that is not possible, or is not wanted any more, a person is told.
    """
    begun = threads_begun(folder / STATE)
    again = threads_again(begun)
    if not setup.plan.speed.deterministic and again is not None:
        setup = replace(setup, threads=again)
    if begun not in (None, setup.threads):
        _tell_change(Change(name="threads", before=begun, now=setup.threads), callbacks)
    return setup


def _learn(setup: TrainingSetup, model: nn.Module, folder: Path, callbacks: Callbacks) -> History:
    if not setup.problem.classes and not setup.model.fit:
        start_at(model, float(setup.problem.targets[setup.problem.ids["train"]].mean()))
    if not setup.model.fit:
        fit_standardisation(model, setup.feed(setup.samples), setup.problem.ids["train"])
    history = open_history(setup, folder, callbacks)
    for warning in setup.warnings():
        history.note(warning)
    if setup.model.fit:
        _fit_at_once(setup, model)
        history.close_epoch(model, None, 0.0)
    else:
        _fit_by_gradient(setup, model, folder / STATE, history, callbacks)
    return history


def open_history(setup: TrainingSetup, folder: Path, callbacks: Callbacks) -> History:
    """An empty history of a training, which writes into the folder."""
    feed = setup.feed(setup.samples)

    def score_rows(net: nn.Module, ids: Ids) -> NDArray[np.float64]:
        def scored(rows: Ids, precision: str) -> NDArray[np.float64]:
            computing = Computing(
                device=setup.device, precision=precision, arithmetic_threads=setup.threads
            )
            return score(net, setup.samples, rows, computing=computing, feed=feed)

        precision = judging_precision(
            setup, lambda rows, precision: setup.event.score(scored(rows, precision))
        )
        return ranks.gathered(ids, lambda rows: scored(rows, precision))

    judgement = Judgement(
        problem=setup.problem,
        loss=setup.loss,
        event=setup.event,
        shift=setup.shift,
        score_rows=score_rows,
        lines=_lines(setup),
    )
    return History(
        folder=folder,
        judgement=judgement,
        settings=setup.plan.train,
        alarm_settings=setup.plan.alarms,
        callbacks=callbacks if ranks.is_first() else Callbacks(),
    )


def _lines(setup: TrainingSetup) -> Baselines:
    """What no model at all reaches on the validation rows."""
    problem, samples = setup.problem, setup.samples
    rows = problem.ids[VALIDATION]
    return baselines(problem.happened[rows], window_agrees(samples, rows))


def _fit_at_once(setup: TrainingSetup, model: nn.Module) -> None:
    """A baseline learns from all training rows together, or from as many as memory holds."""
    assert setup.model.fit
    rows = setup.fitted_rows
    feed = setup.feed(setup.samples)
    inputs = np.empty((len(rows), *feed.shape), feed.dtype)
    feed.draw(rows, inputs)
    targets = setup.problem.targets[rows]
    weights = np.ones(len(rows))
    if setup.loss.weights:
        weights = np.asarray(setup.loss.weights)[targets.astype(np.int64)]
    setup.model.fit(model, inputs, targets, weights, setup.plan.train.seed)


def _fit_by_gradient(
    setup: TrainingSetup, model: nn.Module, state: Path, history: History, callbacks: Callbacks
) -> None:
    """A network learns step by step, from where the state left off, and keeps its best epoch."""
    from quantsig.signals.training.gradient import fit_by_gradient  # noqa: PLC0415 - Lightning
    from quantsig.signals.training.resume.checkpointing import Checkpointing  # noqa: PLC0415

    feed = augmented(
        setup.samples,
        setup.problem.ids["train"],
        setup.plan.augment,
        setup.plan.train.seed,
        setup.feed,
    )
    with stop_request(callbacks.stop_within_s) as stop:
        checkpointing = Checkpointing(state, history, stop, callbacks.progress, setup.device)
        start = steps_done(state)
        _refuse_done(setup, state.parent, start)
        fit_by_gradient(model, setup, feed, checkpointing, start=start)
    judge = setup.plan.train.best_by[0]
    found = read_state(state)
    if found is None or judge not in found[1]:
        raise CheckFailed(
            phrase("no epoch had a {figure} on the validation split.", figure=judge),
            where=str(state.parent),
            remedy="Lower the learning rate, or choose epochs by another figure: train.best_by.",
        )
    model.load_state_dict(read_tensors(state, found[1][judge]))


def _tell_adjusted(out: Path, work: Work, callbacks: Callbacks) -> None:
    """Say that a training goes on computed otherwise; its result is no longer the same bytes."""
    earlier = noted_work(unfinished_folder(out))
    if earlier is None or not work.goes_on_from(earlier):
        return
    for change in work.changes(earlier):
        if change.name == "device" or change.name.startswith("speed."):
            _tell_change(change, callbacks)


def _tell_change(change: Change, callbacks: Callbacks) -> None:
    callbacks.tell(
        phrase("going on although {change}: the same but for rounding", change=change.told)
    )


def _refuse_done(setup: TrainingSetup, folder: Path, start: int) -> None:
    """Raise where more is done than is asked for: no epoch is taken back."""
    epochs, steps = setup.plan.train.epochs, len(setup.order)
    if start > epochs * steps:
        raise UsageError(
            phrase(
                "{done} steps of {steps} an epoch are taken already; {epochs} epochs are "
                "asked for.",
                done=start,
                steps=steps,
                epochs=epochs,
            ),
            where=str(folder),
            remedy="Ask for more (`epochs`), or pass `force` to train anew.",
        )


@contextmanager
def _filling(out: Path, work: Work, *, force: bool) -> Iterator[Path]:
    """The folder that is filled, made by the first process and shared by all."""
    if not ranks.is_first():
        ranks.wait()
        yield unfinished_folder(out)
        return
    replace = unfinished(out) or handed_over(out) is not None
    with resuming_folder(out, work, force=force, replace=replace) as folder:
        (folder / STATE).mkdir(exist_ok=True)
        ranks.wait()
        yield folder
