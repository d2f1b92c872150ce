"""Training a network by gradient, under Lightning's Trainer."""

import logging
import os
import warnings
from collections.abc import Callable, Iterable

import lightning
from torch import nn

from quantsig.signals.inputs.feed import Feed
from quantsig.signals.scoring.loader import Batch
from quantsig.signals.training import ranks
from quantsig.signals.training.resume.checkpointing import Checkpointing
from quantsig.signals.training.setup import TrainingSetup
from quantsig.signals.training.steps.module import TrainingModule
from quantsig.signals.training.steps.stream import BatchStream

PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


def fit_by_gradient(
    model: nn.Module,
    setup: TrainingSetup,
    feed: Callable[[int], Feed],
    checkpointing: Checkpointing,
    *,
    start: int,
) -> TrainingModule:
    """Train until the epochs or the patience are over.

    Args:
        model: takes what the feed gives.
        setup: rows, targets, order of the batches and all settings.
        feed: how an epoch's training samples reach the device.
        checkpointing: measures epochs, saves and restores.
        start: the steps that a restored state has behind it.
    """
    plan = setup.plan
    module = module_of(model, setup, steps_per_epoch=len(setup.order))
    stream = BatchStream(
        problem=setup.problem,
        order=setup.order,
        epochs=plan.train.epochs,
        batch_size=plan.train.batch_size,
        feed=feed,
        device=setup.device,
        start=start,
    )
    run_steps(module, stream, setup, checkpointing)
    return module


def module_of(model: nn.Module, setup: TrainingSetup, *, steps_per_epoch: int) -> TrainingModule:
    """What takes the steps of a training."""
    return TrainingModule(
        model,
        setup.loss,
        setup.problem,
        setup.plan,
        steps_per_epoch=steps_per_epoch,
        channels_last=setup.channels_last,
    )


def run_steps(
    module: TrainingModule,
    batches: Iterable[Batch],
    setup: TrainingSetup,
    checkpointing: Checkpointing,
) -> None:
    """Take a step a batch under Lightning's Trainer.

    Args:
        module: of the training.
        batches: as many as `len` of them says, their planes on the setup's device.
        setup: its device and precision.
        checkpointing: saves and restores.
    """
    _run(_trainer(setup, checkpointing), module, batches)


def _trainer(setup: TrainingSetup, checkpointing: Checkpointing) -> lightning.Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return lightning.Trainer(
        max_epochs=1,  # of Lightning's, which sees one stream of batches
        accelerator="gpu" if setup.device.type == "cuda" else "cpu",
        devices=here,
        num_nodes=ranks.world_size() // here,
        strategy="ddp" if ranks.world_size() > 1 else "auto",
        use_distributed_sampler=False,
        precision=PRECISIONS[setup.precision],  # type: ignore[arg-type]
        callbacks=[checkpointing],
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
