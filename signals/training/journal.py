"""What each epoch was worth, kept as it happens: metrics, and the best weights so far."""

import time
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from quantsig.data import files
from quantsig.data.progress import Progress
from quantsig.data.samples.store import SampleSet
from quantsig.signals.checkpoints import save_weights
from quantsig.signals.metrics import event_metrics, event_score
from quantsig.signals.predict import score
from quantsig.signals.runs import METRICS, WEIGHTS
from quantsig.signals.training.module import TrainingModule

VALIDATION_LOSS = "validation_loss"


class Journal(lightning.Callback):
    """Scores the validation split after every epoch and keeps the weights with the lowest loss."""

    def __init__(
        self,
        folder: Path,
        samples: SampleSet,
        validation_ids: NDArray[np.int64],
        progress: Progress,
    ) -> None:
        self.folder = folder
        self.samples = samples
        self.validation_ids = validation_ids
        self.progress = progress
        self.rows: list[dict[str, Any]] = []
        self.best_loss = float("inf")
        self.best_epoch = -1
        self.started = time.monotonic()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *args: Any
    ) -> None:
        """Tell how far the training is."""
        self.progress(trainer.global_step, int(trainer.estimated_stepping_batches))

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Write the epoch's metrics, and its weights where they are the best."""
        assert isinstance(pl_module, TrainingModule)
        logits = score(pl_module.model, self.samples, self.validation_ids, device=pl_module.device)
        train_ids = np.concatenate(pl_module.epoch_ids)
        train_logits = torch.cat(pl_module.epoch_logits).double().cpu().numpy()
        self._add(trainer, pl_module, "train", train_ids, train_logits)
        loss = self._add(trainer, pl_module, "validation", self.validation_ids, logits)
        files.write_parquet(
            self.folder / METRICS, pl.DataFrame(self.rows, infer_schema_length=None)
        )
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, trainer.current_epoch
            save_weights(self.folder / WEIGHTS, pl_module.model)
        pl_module.log(VALIDATION_LOSS, loss)

    def _add(
        self,
        trainer: lightning.Trainer,
        module: TrainingModule,
        split: str,
        sample_ids: NDArray[np.int64],
        logits: NDArray[np.float64],
    ) -> float:
        classes = module.classes[sample_ids]
        loss = float(module.loss(torch.from_numpy(logits), classes).total)
        happened = (classes == logits.shape[1] - 1).numpy()
        finite = bool(np.isfinite(logits).all())
        figures = event_metrics(happened, event_score(logits) if finite else 0.0 * happened)
        self.rows.append(
            {
                "epoch": trainer.current_epoch,
                "split": split,
                "loss": loss,
                **figures.as_dict(),
                "learning_rate": float(trainer.optimizers[0].param_groups[0]["lr"]),
                "seconds": time.monotonic() - self.started,
            }
        )
        return loss
