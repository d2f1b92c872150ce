"""Train one model on a sample set, calibrate it, and leave a run folder behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import tomli_w
import torch
from torch import nn

from quantsig.data import files
from quantsig.data.errors import CheckFailed
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.data.splits import SplitSpec, assign
from quantsig.signals.calibration import calibration_record, fit_sigmoid
from quantsig.signals.checkpoints import save_weights
from quantsig.signals.decisions import predictions_frame
from quantsig.signals.device import find_device
from quantsig.signals.events import long_event, short_event
from quantsig.signals.feeds import feed_for
from quantsig.signals.ledger import append_ledger
from quantsig.signals.losses import Loss, find_loss
from quantsig.signals.models import Model, build_model, find_model
from quantsig.signals.predict import score
from quantsig.signals.prior_shift import PriorShift, prior_shift, refuse_stacking
from quantsig.signals.runs import (
    CALIBRATION,
    CONFIG,
    ENVIRONMENT,
    METRICS,
    PREDICTIONS,
    RECORD,
    WEIGHTS,
    Run,
    open_run,
    unfinished,
)
from quantsig.signals.sampler import Order, find_order
from quantsig.signals.scorer import Scorer
from quantsig.signals.shape import ModelRecord, shape_of_samples
from quantsig.signals.training import ranks
from quantsig.signals.training.augment import augmented
from quantsig.signals.training.environment import environment
from quantsig.signals.training.gradient import fit_by_gradient, used_precision
from quantsig.signals.training.interrupt import StopRequest, stop_request
from quantsig.signals.training.journal import VALIDATION, Journal, Judgement, Note
from quantsig.signals.training.problem import Ids, Problem, find_problem
from quantsig.signals.training.record import config, identity, record
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.state import read_state, read_tensors

STATE = "state"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """Everything that is settled before the first step."""

    samples: SampleSet
    problem: Problem
    plan: Plan
    model: Model
    record: ModelRecord
    loss: Loss
    order: Order
    shift: PriorShift | None
    device: torch.device
    precision: str  # of the steps, and of scores on a GPU

    @property
    def scoring_precision(self) -> str:
        """Of every score that leaves the model."""
        return self.precision if self.device.type == "cuda" else "fp32"

    def scorer(self, model: nn.Module) -> Scorer:
        """What turns samples into scores with a trained model."""
        column = self.loss.prediction_column
        return Scorer(
            model=model,
            reads=self.model.reads,
            event=long_event(self.samples.classes, column),
            short=short_event(self.samples.classes, column),
            shift=self.shift,
            precision=self.scoring_precision,
            device=self.device,
        )


def train(
    samples: SampleSet,
    out: Path,
    plan: Plan,
    splits: SplitSpec,
    *,
    device: str = "auto",
    command: str = "",
    force: bool = False,
    tell: Note = print,
    stop_within_s: float | None = None,
    progress: Progress = silent,
) -> Run | None:
    """Train, keep the best weights, calibrate, write the run.

    The test split is not touched. What was cut short goes on when it is called again with the
    same samples, settings and splits; the run folder appears when all is done.

    Args:
        samples: the sample set.
        out: the run folder to make.
        plan: model, loss, optimiser, sampling and stopping rule.
        splits: shares of train, validation, calibration and test.
        device: auto, cpu or cuda.
        command: the command line, for the record.
        force: replace a finished run.
        tell: takes a line a person should read.
        stop_within_s: end the process so many seconds after a signal, whatever it does.
        progress: told about optimiser steps.

    Returns:
        The run; None in processes that only helped.

    Raises:
        ConfigError: a name is unknown, or settings contradict each other.
        DataError: a split is too small, or the event never or always happens where it is learnt
            or calibrated.
        CheckFailed: the training diverged.
        UsageError: the run exists, or another process trains it.
    """
    trial = find_trial(samples, plan, splits, device)
    key = resume_key(samples, plan, splits)
    with ranks.joined(trial.device), _filling(out, key, force=force) as folder:
        with stop_request(stop_within_s) as stop:
            journal, model = fit_trial(trial, folder, stop, tell, progress)
        if not ranks.is_first():
            return None
        _write_run(folder, out, trial, splits, journal, model, command)
    run = open_run(out)
    append_ledger(
        run.runs_folder, "training", run_id=run.run_id, trial_id=run.record["trial_id"]
    )
    return run


def find_trial(samples: SampleSet, plan: Plan, splits: SplitSpec, device: str) -> Trial:
    """Check everything that can be checked before anything is written."""
    model = find_model(plan.train.model)
    target = find_device(device)
    problem = find_problem(samples, splits)
    loss = find_loss(plan.train.loss, plan.loss, problem.counts)
    named = ModelRecord(name=plan.train.model, shape=shape_of_samples(samples, loss.outputs))
    with torch.device("meta"):
        build_model(named.name, named.shape)
    rows = problem.ids["train"]
    order = find_order(
        rows,
        problem.happened[rows],
        plan.train.batch_size,
        seed=plan.train.seed,
        settings=plan.sampling,
    )
    shift = _shift(problem, loss, order)
    if shift:
        refuse_stacking(shift, consent=plan.sampling.stack_corrections)
    return Trial(
        samples=samples,
        problem=problem,
        plan=plan,
        model=model,
        record=named,
        loss=loss,
        order=order,
        shift=shift,
        device=target,
        precision=used_precision(plan.speed.precision, target),
    )


def _shift(problem: Problem, loss: Loss, order: Order) -> PriorShift | None:
    if not problem.classes:
        return None
    natural = float(problem.happened[problem.ids["train"]].mean())
    return prior_shift(loss, natural, order.positive_share)


def resume_key(samples: SampleSet, plan: Plan, splits: SplitSpec) -> str:
    """What a training that was cut short is known by."""
    return f"{identity(samples, plan, splits)} {files.to_json(asdict(plan.speed))}"


def fit_trial(
    trial: Trial, folder: Path, stop: StopRequest, tell: Note, progress: Progress
) -> tuple[Journal, nn.Module]:
    """Train; gives the journal and the model with the weights of its best epoch."""
    torch.manual_seed(trial.plan.train.seed)
    model = build_model(trial.record.name, trial.record.shape)
    feed_of = partial(feed_for, device=trial.device, reads=trial.model.reads)
    feed = feed_of(trial.samples)

    def outputs_of(net: nn.Module, ids: Ids) -> np.ndarray[Any, np.dtype[np.float64]]:
        one = partial(
            score,
            net,
            trial.samples,
            device=trial.device,
            feed=feed,
            precision=trial.scoring_precision,
        )
        return ranks.gathered(ids, one)

    judgement = Judgement(
        problem=trial.problem,
        loss=trial.loss,
        event=long_event(trial.samples.classes, trial.loss.prediction_column),
        shift=trial.shift,
        score_rows=outputs_of,
    )
    journal = Journal(
        folder=folder,
        judgement=judgement,
        settings=trial.plan.train,
        alarm_settings=trial.plan.alarms,
        tell=tell if ranks.is_first() else _silence,
    )
    for warning in trial.shift.warnings() if trial.shift else ():
        journal.note(warning)
    if trial.model.fit:
        _fit_at_once(trial, model)
        journal.close_epoch(model, None, 0.0)
        return journal, model
    state = folder / STATE
    fit_by_gradient(
        model,
        trial.problem,
        trial.loss,
        trial.order,
        trial.plan,
        feed=augmented(
            trial.samples,
            trial.problem.ids["train"],
            trial.plan.augment,
            trial.plan.train.seed,
            feed_of,
        ),
        journal=journal,
        state_folder=state,
        stop=stop,
        device=trial.device,
        progress=progress,
    )
    _load_best(model, journal, state)
    return journal, model


def _fit_at_once(trial: Trial, model: nn.Module) -> None:
    """A baseline learns from all training rows together."""
    assert trial.model.fit
    rows = trial.problem.ids["train"]
    inputs = trial.samples.scaled_bars(rows)
    targets = trial.problem.targets[rows]
    weights = np.ones(len(rows))
    if trial.loss.weights:
        weights = np.asarray(trial.loss.weights)[targets.astype(np.int64)]
    trial.model.fit(model, inputs, targets, weights, trial.plan.train.seed)


def _load_best(model: nn.Module, journal: Journal, state: Path) -> None:
    judge = journal.settings.best_by[0]
    found = read_state(state)
    if found is None or judge not in found[1]:
        raise CheckFailed(
            f"no epoch had a {judge} on the validation split.",
            where=str(state.parent),
            remedy="Lower the learning rate, or choose epochs by another figure: train.best_by.",
        )
    model.load_state_dict(read_tensors(state, found[1][judge]))


@contextmanager
def _filling(out: Path, key: str, *, force: bool) -> Iterator[Path]:
    """The folder that is filled, made by the first process and shared by all."""
    if not ranks.is_first():
        ranks.wait()
        yield files.unfinished_folder(out)
        return
    with files.resuming_folder(out, key=key, force=force or unfinished(out)) as folder:
        ranks.wait()
        yield folder


def _write_run(
    folder: Path,
    out: Path,
    trial: Trial,
    splits: SplitSpec,
    journal: Journal,
    model: nn.Module,
    command: str,
) -> None:
    """Everything of the run folder; its record comes last."""
    samples, plan = trial.samples, trial.plan
    content = record(out, samples, plan, splits, trial.record, command)
    content |= {
        "best_epoch": journal.best_epoch,
        "best": journal.best,
        "alarms": journal.alarms,
        "warnings": journal.notes,
        "prediction_column": trial.loss.prediction_column,
        "prior_shift": trial.shift.as_dict() if trial.shift else None,
        "sampling": {
            "positive_share": trial.order.positive_share,
            "negatives_shown": trial.order.coverage(journal.epochs),
        },
        "scoring_precision": trial.scoring_precision,
    }
    files.write_text(folder / CONFIG, tomli_w.dumps(config(samples, plan, splits)))
    surroundings = environment(trial.device, plan.train.seed)
    files.write_json(folder / ENVIRONMENT, surroundings | {"seconds": journal.state()["seconds"]})
    save_weights(folder / WEIGHTS, model)
    files.write_parquet(folder / METRICS, journal.metrics())
    _score_and_calibrate(folder, trial, splits, model)
    _keep_other_weights(folder, plan)
    names = (WEIGHTS, METRICS, PREDICTIONS, CALIBRATION, CONFIG, ENVIRONMENT)
    content["files"] = {name: files.sha256_of(folder / name) for name in names}
    files.write_json(folder / RECORD, content)


def _score_and_calibrate(
    folder: Path, trial: Trial, splits: SplitSpec, model: nn.Module
) -> None:
    """Score validation and calibration with the best weights; fit the calibrator on the latter."""
    samples, ids = trial.samples, trial.problem.ids
    scored = np.concatenate([ids[VALIDATION], ids["calibration"]])
    scores = trial.scorer(model).scores(samples, scored)
    rows = predictions_frame(samples, assign(samples.index, splits), scored, scores)
    chosen = (rows["split"] == "calibration").to_numpy()
    happened = trial.problem.happened[scored][chosen]
    calibrator = fit_sigmoid(scores.long[chosen], happened)
    found = calibration_record(calibrator, scores.long[chosen], happened)
    files.write_json(folder / CALIBRATION, found)
    probability = pl.Series(calibrator.probability(scores.long))
    files.write_parquet(folder / PREDICTIONS, rows.with_columns(probability=probability))


def _silence(text: str) -> None:
    """Processes that only help say nothing."""
