"""Training a network by gradient, under Lightning's Trainer."""

import logging
import os
import warnings
from collections.abc import Callable, Iterable

import lightning
from torch import nn

from quantsig.signals.scoring.feeds import Feed
from quantsig.signals.scoring.loader import Batch
from quantsig.signals.training import ranks
from quantsig.signals.training.resume.checkpointing import Keeper
from quantsig.signals.training.steps.module import TrainingModule
from quantsig.signals.training.steps.stream import BatchStream
from quantsig.signals.training.trial import Trial

PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


def fit_by_gradient(
    model: nn.Module, trial: Trial, feed: Callable[[int], Feed], keeper: Keeper, *, start: int
) -> TrainingModule:
    """Train until the epochs or the patience are over.

    Args:
        model: takes what the feed gives.
        trial: rows, targets, order of the batches and all settings.
        feed: how an epoch's training samples reach the device.
        keeper: measures epochs, saves and restores.
        start: the steps that a restored state has behind it.
    """
    plan = trial.plan
    module = module_of(model, trial, steps_per_epoch=len(trial.order))
    stream = BatchStream(
        problem=trial.problem,
        order=trial.order,
        epochs=plan.train.epochs,
        batch_size=plan.train.batch_size,
        feed=feed,
        device=trial.device,
        start=start,
    )
    run_steps(module, stream, trial, keeper)
    return module


def module_of(model: nn.Module, trial: Trial, *, steps_per_epoch: int) -> TrainingModule:
    """What takes the steps of a trial."""
    return TrainingModule(
        model,
        trial.loss,
        trial.problem,
        trial.plan,
        steps_per_epoch=steps_per_epoch,
        channels_last=trial.channels_last,
    )


def run_steps(
    module: TrainingModule, batches: Iterable[Batch], trial: Trial, keeper: Keeper
) -> None:
    """Take a step a batch under Lightning's Trainer.

    Args:
        module: of the trial.
        batches: as many as `len` of them says, their planes on the trial's device.
        trial: its device and precision.
        keeper: saves and restores.
    """
    _run(_trainer(trial, keeper), module, batches)


def _trainer(trial: Trial, keeper: Keeper) -> lightning.Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return lightning.Trainer(
        max_epochs=1,  # of Lightning's, which sees one stream of batches
        accelerator="gpu" if trial.device.type == "cuda" else "cpu",
        devices=here,
        num_nodes=ranks.world_size() // here,
        strategy="ddp" if ranks.world_size() > 1 else "auto",
        use_distributed_sampler=False,
        precision=PRECISIONS[trial.precision],  # type: ignore[arg-type]
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _run(trainer: lightning.Trainer, module: TrainingModule, batches: Iterable[Batch]) -> None:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            # the guard may leave out the first step, and the schedule moves on all the same
            warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
            trainer.fit(module, train_dataloaders=batches)
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # Lightning turns Ctrl-C into exit(1)
            raise KeyboardInterrupt from error
        raise
