"""Train one model on a sample set, calibrate it, and leave a run folder behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.errors import CheckFailed, UsageError
from quantsig.data.samples.store import SampleSet
from quantsig.data.splits import SplitSpec
from quantsig.data.storage.resuming import Work, noted_work, resuming_folder, unfinished_folder
from quantsig.signals.calibration.uncalibrated import NOTE
from quantsig.signals.ledger import append_ledger
from quantsig.signals.metrics import Baselines, baselines
from quantsig.signals.models import build_model
from quantsig.signals.models.heads import start_at
from quantsig.signals.runs import RECORD, STATE, Run, open_run, unfinished
from quantsig.signals.scoring.forward import score
from quantsig.signals.training import ranks
from quantsig.signals.training.ensemble import (
    ensemble_of,
    member_folder,
    member_plans,
    members_record,
)
from quantsig.signals.training.finish import write_run
from quantsig.signals.training.gradient import fit_by_gradient
from quantsig.signals.training.parity import judging_precision
from quantsig.signals.training.problem import Ids
from quantsig.signals.training.prolonging import (
    hand_over,
    handed_over,
    keep_state,
    may_go_on,
)
from quantsig.signals.training.resume.checkpointing import Keeper, steps_done
from quantsig.signals.training.resume.interrupt import stop_request
from quantsig.signals.training.resume.state import read_state, read_tensors
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.steps.augment import augmented
from quantsig.signals.training.tracking.callbacks import Watch, unseen
from quantsig.signals.training.tracking.history import VALIDATION, Journal, Judgement
from quantsig.signals.training.tracking.record import training_work
from quantsig.signals.training.trial import Trial, find_trial


def train(
    samples: SampleSet,
    out: Path,
    plan: Plan,
    splits: SplitSpec,
    *,
    device: str = "auto",
    command: str = "",
    force: bool = False,
    watch: Watch | None = None,
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
        device: auto, cpu or cuda.
        command: the command line, for the record.
        force: replace a finished run, and begin anew where another training was cut short.
        watch: who is told how it goes.

    Raises:
        ConfigError: a name is unknown, or settings contradict each other.
        DataError: a split is too small, or the event never or always happens where it is learnt
            or calibrated.
        CheckFailed: the training diverged.
        UsageError: the run exists and there is no way on from it, another training lies
            unfinished there, or another process trains it.
    """
    run = fit_run(
        samples, out, plan, splits, device=device, command=command, force=force, watch=watch
    )
    if ranks.is_first():
        tried = run.record["trial_id"]
        append_ledger(run.runs_folder, "training", run_id=run.run_id, trial_id=tried)
    return run


def fit_run(
    samples: SampleSet,
    out: Path,
    plan: Plan,
    splits: SplitSpec,
    *,
    device: str = "auto",
    command: str = "",
    force: bool = False,
    watch: Watch | None = None,
) -> Run:
    """`train` without an entry in the ledger, for trainings that are part of another."""
    trial = find_trial(samples, plan, splits, device)
    heard = watch or Watch()
    work = training_work(samples, plan, splits, trial.device.type)
    with ranks.joined(trial.device):
        if ranks.is_first():
            if not force and may_go_on(out, work):
                hand_over(out, out, work, plan.train)
            _tell_adjusted(out, work, heard)
            if not splits.calibrates:
                heard.tell(NOTE)
        with _filling(out, work, force=force) as folder:
            if not (folder / RECORD).is_file():  # else it has only to be put in its place
                if plan.train.seeds > 1:
                    journal, model, more = _fit_seeds(trial, folder, splits, device, heard)
                else:
                    (journal, model), more = fit_trial(trial, folder, heard), dict[str, Any]()
                more["command"] = command
                if ranks.is_first():
                    write_run(folder, out, trial, splits, journal, model, more)
            if ranks.is_first():
                keep_state(folder, work, wanted=plan.train.keep_state)
        ranks.wait()
    return open_run(out)


def _fit_seeds(
    trial: Trial, folder: Path, splits: SplitSpec, device: str, watch: Watch
) -> tuple[Journal, nn.Module, dict[str, Any]]:
    """Train each seed in a run of its own, then measure them together."""
    runs = []
    for plan in member_plans(trial.plan):
        path = member_folder(folder, plan)
        watch.tell(f"seed {plan.train.seed}")
        if not (path / RECORD).is_file():
            fit_run(trial.samples, path, plan, splits, device=device, watch=watch)
        runs.append(open_run(path))
    model = ensemble_of(runs)
    journal = open_journal(trial, folder, replace(watch, epoch=unseen))
    journal.close_epoch(model, None, 0.0)
    return journal, model, members_record(runs)


def fit_trial(trial: Trial, folder: Path, watch: Watch) -> tuple[Journal, nn.Module]:
    """Train in a folder that may hold the state of an earlier attempt.

    Returns:
        The journal, and the model with the weights of its best epoch.
    """
    torch.manual_seed(trial.plan.train.seed)
    model = build_model(trial.record.name, trial.record.shape)
    if not trial.problem.classes and not trial.model.fit:
        start_at(model, float(trial.problem.targets[trial.problem.ids["train"]].mean()))
    journal = open_journal(trial, folder, watch)
    for warning in trial.warnings():
        journal.note(warning)
    if trial.model.fit:
        _fit_at_once(trial, model)
        journal.close_epoch(model, None, 0.0)
    else:
        _fit_by_gradient(trial, model, folder / STATE, journal, watch)
    return journal, model


def open_journal(trial: Trial, folder: Path, watch: Watch) -> Journal:
    """An empty journal of a trial, which writes into the folder."""
    feed = trial.feed(trial.samples)

    def score_rows(net: nn.Module, ids: Ids) -> NDArray[np.float64]:
        scored = partial(score, net, trial.samples, device=trial.device, feed=feed)
        precision = judging_precision(
            trial, lambda rows, precision: trial.event.score(scored(rows, precision=precision))
        )
        return ranks.gathered(ids, lambda rows: scored(rows, precision=precision))

    judgement = Judgement(
        problem=trial.problem,
        loss=trial.loss,
        event=trial.event,
        shift=trial.shift,
        score_rows=score_rows,
        lines=_lines(trial),
    )
    return Journal(
        folder=folder,
        judgement=judgement,
        settings=trial.plan.train,
        alarm_settings=trial.plan.alarms,
        watch=watch if ranks.is_first() else Watch(),
    )


def _lines(trial: Trial) -> Baselines:
    """What no model at all reaches on the validation rows."""
    problem, samples = trial.problem, trial.samples
    rows = problem.ids[VALIDATION]
    agrees = None
    if samples.manifest["storage"] == "bars":
        risen = -samples.scaled_bars(rows)[:, 0, 0]  # the first open, on the last close's scale
        agrees = risen * samples.label.direction > 0.0
    return baselines(problem.happened[rows], agrees)


def _fit_at_once(trial: Trial, model: nn.Module) -> None:
    """A baseline learns from all training rows together."""
    assert trial.model.fit
    rows = trial.problem.ids["train"]
    feed = trial.feed(trial.samples)
    inputs = np.empty((len(rows), *feed.shape), feed.dtype)
    feed.draw(rows, inputs)
    targets = trial.problem.targets[rows]
    weights = np.ones(len(rows))
    if trial.loss.weights:
        weights = np.asarray(trial.loss.weights)[targets.astype(np.int64)]
    trial.model.fit(model, inputs, targets, weights, trial.plan.train.seed)


def _fit_by_gradient(
    trial: Trial, model: nn.Module, state: Path, journal: Journal, watch: Watch
) -> None:
    """A network learns step by step, from where the state left off, and keeps its best epoch."""
    feed = augmented(
        trial.samples,
        trial.problem.ids["train"],
        trial.plan.augment,
        trial.plan.train.seed,
        trial.feed,
    )
    with stop_request(watch.stop_within_s) as stop:
        keeper = Keeper(state, journal, stop, watch.progress, trial.device)
        start = steps_done(state)
        _refuse_done(trial, state.parent, start)
        fit_by_gradient(model, trial, feed, keeper, start=start)
    judge = trial.plan.train.best_by[0]
    found = read_state(state)
    if found is None or judge not in found[1]:
        raise CheckFailed(
            f"no epoch had a {judge} on the validation split.",
            where=str(state.parent),
            remedy="Lower the learning rate, or choose epochs by another figure: train.best_by.",
        )
    model.load_state_dict(read_tensors(state, found[1][judge]))


def _tell_adjusted(out: Path, work: Work, watch: Watch) -> None:
    """Say that a training goes on computed otherwise; its result is no longer the same bytes."""
    earlier = noted_work(unfinished_folder(out))
    if earlier is None or not work.goes_on_from(earlier):
        return
    for change in work.changes(earlier):
        if change.name == "device" or change.name.startswith("speed."):
            watch.tell(f"going on although {change}: the same but for rounding")


def _refuse_done(trial: Trial, folder: Path, start: int) -> None:
    """Raise where more is done than is asked for: no epoch is taken back."""
    epochs, steps = trial.plan.train.epochs, len(trial.order)
    if start > epochs * steps:
        raise UsageError(
            f"{start} steps of {steps} an epoch are taken already; {epochs} epochs are asked for.",
            where=str(folder),
            remedy="Ask for more (--epochs), or pass --force to train anew.",
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
