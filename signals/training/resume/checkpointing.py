"""Keeps a training from being lost: when its state is saved, restored, and rolled back."""

import time
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.errors import CheckFailed
from quantsig.data.language.messages import phrase
from quantsig.data.progress import Progress
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.training import ranks
from quantsig.signals.training.resume.interrupt import StopRequest
from quantsig.signals.training.resume.state import (
    EPOCH,
    NOW,
    TensorFile,
    groups_of,
    read_state,
    read_tensors,
    restore_groups,
    restore_tensors,
    tensors_of,
    write_state,
    write_tensors,
)
from quantsig.signals.training.steps.module import TrainingModule
from quantsig.signals.training.tracking.history import History, known

OUTPUTS, IDS = "outputs", "ids"  # of the running epoch, for its figures
SLOW_STEP_S = 5.0  # a step that may outlast the patience of who asked to stop
SAVING_SHARE = 0.1  # of the time, at most, goes into savings inside an epoch


class Checkpointing(lightning.Callback):
    """Saves the state at the end of epochs, every few minutes, and when a stop is asked for.

    What is saved after a step is all that the steps after it depend on, so that a training that
    was cut short goes on to the same weights, byte for byte on a CPU.
    """

    def __init__(
        self,
        folder: Path,
        history: History,
        stop: StopRequest,
        progress: Progress,
        device: torch.device,
    ) -> None:
        self.folder = folder
        self.history = history
        self.stop = stop
        self.progress = progress
        self.device = device
        self.kept: dict[str, TensorFile] = {}
        self.kept_epoch = -1  # the one whose end the tensors EPOCH are from
        self.unread = False  # whether the last epoch's figures are still to be taken
        self.saved_step = -1
        self.saved_at = self.step_began = time.monotonic()
        self.saving_s = 0.0
        self.micro_batch = 0  # as the last step computed

    def on_fit_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Go on from the state, or save the first one."""
        module = _ours(pl_module)
        ranks.wait()
        found = read_state(self.folder)
        if found:
            self._restore(module, *found)
        else:
            self.kept[EPOCH] = self._write_tensors(module, "step-0")
            self._write(module)
        ranks.wait()
        module.first_step = module.steps_done
        self.micro_batch = module.micro_batch
        if self.unread:
            self._close_epoch(trainer, module)
        trainer.should_stop = trainer.should_stop or self.history.is_over

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """From here on a stop waits for the end of a step."""
        self.stop.patient = True
        self.saved_at = time.monotonic()

    def on_train_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *args: Any
    ) -> None:
        """Look at the clock."""
        self.step_began = time.monotonic()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *args: Any
    ) -> None:
        """Act on the guard, close an epoch, save where it is time, stop where it was asked."""
        module = _ours(pl_module)
        self._act_on(module)
        if module.micro_batch != self.micro_batch:
            self.micro_batch = module.micro_batch
            self.history.note(SignalsSentence.MEMORY_RAN_OUT(n=self.micro_batch))
        self.progress(module.steps_done, module.plan.train.epochs * module.steps_per_epoch)
        if module.epoch_is_over:
            self._save(module, unread=True)
            self.stop.patient = False
            self.stop.obey()
            self._close_epoch(trainer, module)
            self.stop.patient = True
        wanted = ranks.any_of(bool(self.stop.number))
        if wanted or ranks.any_of(self._is_time(module)):
            self._save(module, unread=False)
        if wanted:
            self.stop.obey()

    def _is_time(self, module: TrainingModule) -> bool:
        """Every few minutes; after slow steps as often as savings are cheap."""
        now = time.monotonic()
        unsaved = now - self.saved_at
        slow = now - self.step_began > SLOW_STEP_S
        return unsaved > 60.0 * module.plan.train.save_minutes or (
            slow and unsaved * SAVING_SHARE > self.saving_s
        )

    def _act_on(self, module: TrainingModule) -> None:
        """What the guard asks for beyond leaving a step out."""
        if module.verdict == "roll_back":
            tensors = read_tensors(self.folder, self._last_epoch())
            restore_tensors(tensors, module.model, module.optimiser)
            _halve_rates(module)
            self.history.note(SignalsSentence.GRADIENTS_FAILED(step=module.steps_done))
        elif module.verdict == "stop":
            raise CheckFailed(
                phrase(
                    "training diverged: gradients kept failing up to step {step}, also at "
                    "lower learning rates.",
                    step=module.steps_done,
                ),
                where=str(self.folder.parent),
                remedy="Lower the learning rate, clip the gradient harder, or look at the data.",
            )

    def _last_epoch(self) -> TensorFile:
        """The tensors of the last epoch's end, which the first process wrote."""
        ranks.wait()
        found = read_state(self.folder)
        assert found is not None
        return found[1][EPOCH]

    def _close_epoch(self, trainer: lightning.Trainer, module: TrainingModule) -> None:
        """Take the epoch's figures, keep the weights that are the best, move the rate."""
        running = (
            ranks.joined_rows(np.concatenate(module.epoch_ids)),
            ranks.joined_rows(_plain(torch.cat(module.epoch_outputs))),
        )
        rate = float(module.optimiser.param_groups[0]["lr"])
        norm = module.guard.usual_norm(module.steps_per_epoch)
        better = self.history.close_epoch(module.model, running, rate, norm)
        for judge in better:
            self.kept[judge] = self._write_tensors(module, f"{judge}-{module.epoch}", best=True)
        module.schedule.after_epoch(self.history.validation_loss)
        if known(self.history.validation_loss):  # what is broken is not rolled back to
            self.kept[EPOCH], self.kept_epoch = self.kept[NOW], module.epoch
        module.epoch_outputs.clear()
        module.epoch_ids.clear()
        self.unread = False
        self._write(module)
        trainer.should_stop = trainer.should_stop or self.history.is_over

    def _save(self, module: TrainingModule, *, unread: bool) -> None:
        """Save the state, unless the tensors of this step are in it: no file is written twice."""
        if self.saved_step == module.steps_done:
            return
        began = time.monotonic()
        self.unread, self.saved_step = unread, module.steps_done
        self.kept[NOW] = self._write_tensors(module, f"step-{module.steps_done}")
        self._write(module)
        self.saved_at = time.monotonic()
        self.saving_s = self.saved_at - began

    def _write_tensors(
        self, module: TrainingModule, name: str, *, best: bool = False
    ) -> TensorFile:
        """The best weights alone, or all that a step depends on."""
        if not ranks.is_first():
            return TensorFile(file=f"{name}.safetensors", sha256="")
        if best:
            return write_tensors(self.folder, name, module.model.state_dict())
        tensors = tensors_of(module.model, module.optimiser)
        if module.epoch_outputs:
            tensors[OUTPUTS] = torch.cat(module.epoch_outputs).float()
            tensors[IDS] = torch.cat([torch.from_numpy(ids) for ids in module.epoch_ids])
        return write_tensors(self.folder, name, tensors)

    def _write(self, module: TrainingModule) -> None:
        if not ranks.is_first():
            return
        numbers = {
            "steps_done": module.steps_done,
            "unread": self.unread,
            "kept_epoch": self.kept_epoch,
            "micro_batch": module.micro_batch,
            "threads": torch.get_num_threads(),
            "epochs": module.plan.train.epochs,
            "groups": groups_of(module.optimiser),
            "schedule": module.schedule.state_dict(),
            "guard": module.guard.state_dict(),
            "scaler": module.scaler.state_dict() if module.scaler else None,
            "journal": self.history.state(),
        }
        write_state(self.folder, numbers, self.kept)

    def _restore(
        self, module: TrainingModule, numbers: dict[str, Any], kept: dict[str, TensorFile]
    ) -> None:
        self.kept = kept
        tensors = read_tensors(self.folder, kept.get(NOW, kept[EPOCH]))
        outputs, ids = tensors.pop(OUTPUTS, None), tensors.pop(IDS, None)
        restore_tensors(tensors, module.model, module.optimiser)
        restore_groups(numbers["groups"], module.optimiser)
        finite = {name: value for name, value in numbers["schedule"].items() if value is not None}
        module.schedule.load_state_dict(finite)  # JSON has no infinity; a new schedule has its own
        module.guard.load_state_dict(numbers["guard"])
        if module.scaler and numbers["scaler"]:
            module.scaler.load_state_dict(numbers["scaler"])
        module.micro_batch = numbers["micro_batch"]
        module.steps_done = numbers["steps_done"]
        self.unread, self.kept_epoch = numbers["unread"], numbers["kept_epoch"]
        self.history.restore(numbers["journal"])
        self._move_end(module, numbers.get("epochs", module.plan.train.epochs))
        open_epoch = self.unread or not module.epoch_is_over
        if open_epoch and outputs is not None and ids is not None:
            module.epoch_outputs = [outputs.to(self.device)]
            module.epoch_ids = [ids.numpy()]

    def _move_end(self, module: TrainingModule, before: int) -> None:
        """Take up another length than the one the state was made with."""
        if module.plan.train.epochs != before and module.steps_done:
            module.schedule.move_end()
            self.history.go_on(before, module.steps_done)


def _halve_rates(module: TrainingModule) -> None:
    """Halve the rate now and in what the schedule still has to come."""
    for group in module.optimiser.param_groups:
        group["lr"] *= 0.5
        if "initial_lr" in group:
            group["initial_lr"] *= 0.5
    scheduler = module.schedule.scheduler
    if hasattr(scheduler, "base_lrs"):
        scheduler.base_lrs = [0.5 * rate for rate in scheduler.base_lrs]


def _plain(outputs: torch.Tensor) -> NDArray[np.float64]:
    plain: NDArray[np.float64] = outputs.double().cpu().numpy()
    return plain


def _ours(module: lightning.LightningModule) -> TrainingModule:
    assert isinstance(module, TrainingModule)
    return module
