"""The training step, as Lightning wants it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.samples.store import SampleSet
from quantsig.signals import sampler
from quantsig.signals.loader import Batch, load
from quantsig.signals.losses import Loss
from quantsig.signals.schedules import warmup_then_cosine
from quantsig.signals.training.settings import TrainSettings


class EpochLoader:
    """The training split's batches, in an order that depends on seed and epoch alone."""

    def __init__(
        self,
        samples: SampleSet,
        sample_ids: NDArray[np.int64],
        settings: TrainSettings,
        epoch: Callable[[], int],
        device: torch.device,
    ) -> None:
        self.samples = samples
        self.sample_ids = sample_ids
        self.settings = settings
        self.epoch = epoch
        self.device = device  # the planes are drawn there, so Lightning has nothing to move

    def __len__(self) -> int:
        return sampler.batches_per_epoch(len(self.sample_ids), self.settings.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        size, seed = self.settings.batch_size, self.settings.seed
        batches = sampler.epoch_batches(self.sample_ids, size, seed=seed, epoch=self.epoch())
        return load(self.samples, batches, size, device=self.device)


class TrainingModule(lightning.LightningModule):
    """One optimiser step: planes to logits, logits and classes to the loss."""

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        classes: NDArray[np.int64],
        settings: TrainSettings,
        total_steps: int,
    ) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.settings = settings
        self.total_steps = total_steps
        self.classes = torch.from_numpy(classes)  # (n,) by sample_id, on the CPU
        self.epoch_logits: list[torch.Tensor] = []  # the running epoch's, for its metrics
        self.epoch_ids: list[NDArray[np.int64]] = []

    def on_train_epoch_start(self) -> None:
        """Forget the outputs of the epoch before."""
        self.epoch_logits.clear()
        self.epoch_ids.clear()

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """The loss of one batch."""
        logits = self.model(batch.planes)  # (B, K)
        self.epoch_logits.append(logits.detach())  # on the device: nothing waits for them here
        self.epoch_ids.append(batch.sample_ids)
        return self.loss(logits.float(), self.classes[batch.sample_ids].to(logits.device)).total

    def configure_optimizers(self) -> Any:
        """AdamW with a rate that moves every step."""
        settings = self.settings
        optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        rate = partial(
            warmup_then_cosine,
            warmup_steps=min(settings.warmup_steps, self.total_steps // 10),
            total_steps=self.total_steps,
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
