"""Training a network by gradient, under Lightning's Trainer."""

import logging
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import lightning
import torch
from torch import nn

from quantsig.data.progress import Progress
from quantsig.signals.feeds import Feed
from quantsig.signals.losses import Loss
from quantsig.signals.sampler import Order
from quantsig.signals.training import ranks
from quantsig.signals.training.interrupt import StopRequest
from quantsig.signals.training.journal import Journal
from quantsig.signals.training.keeper import Keeper, steps_done
from quantsig.signals.training.module import TrainingModule
from quantsig.signals.training.problem import Problem
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.stream import BatchStream

PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


def fit_by_gradient(
    model: nn.Module,
    problem: Problem,
    loss: Loss,
    order: Order,
    plan: Plan,
    *,
    feed: Callable[[int], Feed],
    journal: Journal,
    state_folder: Path,
    stop: StopRequest,
    device: torch.device,
    progress: Progress,
) -> TrainingModule:
    """Train until the epochs or the patience are over, from where the state left off.

    Args:
        model: takes what the feed gives.
        problem: rows and targets.
        loss: what is minimised.
        order: the batches of each epoch.
        plan: all settings.
        feed: how an epoch's training samples reach the device.
        journal: measures each epoch; what it needs of it.
        state_folder: where the resumable state is kept.
        stop: signals that wait for the end of a step.
        device: cpu or a GPU.
        progress: told about steps.
    """
    module = TrainingModule(model, loss, problem, plan, steps_per_epoch=len(order))
    stream = BatchStream(
        problem=problem,
        order=order,
        epochs=plan.train.epochs,
        batch_size=plan.train.batch_size,
        feed=feed,
        device=device,
        start=steps_done(state_folder),
    )
    keeper = Keeper(state_folder, journal, stop, progress, device)
    _run(_trainer(plan, device, keeper), module, stream)
    return module


def used_precision(asked: str, device: torch.device) -> str:
    """fp32, bf16 or fp16: what `auto` means on a device."""
    if asked != "auto":
        return asked
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"


def _trainer(plan: Plan, device: torch.device, keeper: Keeper) -> lightning.Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return lightning.Trainer(
        max_epochs=1,  # of Lightning's, which sees one stream of batches
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=here,
        num_nodes=ranks.world_size() // here,
        strategy="ddp" if ranks.world_size() > 1 else "auto",
        use_distributed_sampler=False,
        precision=PRECISIONS[used_precision(plan.speed.precision, device)],  # type: ignore[arg-type]
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _run(trainer: lightning.Trainer, module: TrainingModule, stream: BatchStream) -> None:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            trainer.fit(module, train_dataloaders=stream)
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # Lightning turns Ctrl-C into exit(1)
            raise KeyboardInterrupt from error
        raise
