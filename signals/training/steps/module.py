"""One optimiser step, as Lightning wants it: micro-batches, gradient guard, rate."""

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.signals.inputs.parts import Inputs, first_part
from quantsig.signals.losses import Loss
from quantsig.signals.losses.penalty import head_penalty, weight_penalty
from quantsig.signals.models.recompute import set_recompute
from quantsig.signals.models.sequences.penalised_scores import PenalisedScores, scored
from quantsig.signals.optimisation.optimisers import build_optimiser
from quantsig.signals.optimisation.schedules import Schedule, build_schedule
from quantsig.signals.scoring.device import out_of_memory
from quantsig.signals.scoring.loader import Batch
from quantsig.signals.training import ranks
from quantsig.signals.training.problem import Problem
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.steps.adversary import judged_with_adversary, judging
from quantsig.signals.training.steps.buffers import BuffersBefore
from quantsig.signals.training.steps.gradient_guard import GradientGuard, Verdict


class TrainingModule(lightning.LightningModule):
    """Inputs to outputs, outputs and targets to the loss, the loss to better weights.

    A step sees `batch_size` samples however they are computed: in micro-batches, whose gradients
    are added up, and by several processes, each with its share.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        problem: Problem,
        plan: Plan,
        *,
        steps_per_epoch: int,
        channels_last: bool = False,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model = model
        self.weights = list(model.parameters())
        self.loss = loss
        self.plan = plan
        self.channels_last = channels_last
        self.steps_per_epoch = steps_per_epoch
        self.targets = torch.from_numpy(problem.targets)  # (n,) by sample_id, on the CPU
        self.optimiser = build_optimiser(model.parameters(), plan.optimiser)
        self.schedule: Schedule = build_schedule(
            self.optimiser,
            plan.schedule,
            plan.train.epochs * steps_per_epoch,
            steps_per_epoch,
        )
        self.guard = GradientGuard(plan.alarms)
        self.buffers_before = BuffersBefore(model)
        self.verdict: Verdict = "ok"  # of the guard on the last step
        self.forward_model = self._prepared(model)
        self.micro_batch = plan.speed.micro_batch or plan.train.batch_size
        self.shares = np.ones((1, 2), np.int64)  # (W, 2) samples and units of a step by process
        self.rows_per_process = 1.0  # of a step, on average: gradients of processes are averaged
        self.steps_done = 0
        self.first_step = 0  # of this process
        self.epoch_outputs: list[torch.Tensor] = []  # the running epoch's, for its figures
        self.epoch_ids: list[NDArray[np.int64]] = []

    @property
    def epoch(self) -> int:
        """The epoch that the last step belonged to, from 0."""
        return max(self.steps_done - 1, 0) // self.steps_per_epoch

    @property
    def epoch_is_over(self) -> bool:
        """Whether the last step was an epoch's last."""
        return self.steps_done > 0 and self.steps_done % self.steps_per_epoch == 0

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimiser that was built with the module."""
        return self.optimiser

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Compute the gradient of a batch and step, unless the guard says no."""
        epoch = self.steps_done // self.steps_per_epoch
        self.buffers_before.keep()
        self.shares = ranks.of_all(len(batch.sample_ids), batch.unit_count)
        self.rows_per_process = float(self.shares[:, 0].mean())
        self._gradient(batch, epoch / self.plan.train.epochs)
        self.verdict = self._judge(self._clipped_norm())
        if self.verdict == "ok":
            self._step()
        else:
            self.buffers_before.put_back()
        if self.scaler:
            self.scaler.update()
        self.schedule.after_step()
        self.steps_done += 1

    def _seed_step(self) -> None:
        """Make what is random in a step depend on its number alone.

        `torch.manual_seed` would do the same to every kind of device, and where CUDA is not in
        use it keeps a stack trace of each call for later: milliseconds, and memory without end.
        """
        numbers = (self.plan.train.seed, self.steps_done, ranks.rank())
        seed = int(np.random.SeedSequence(numbers).generate_state(1)[0])
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def _gradient(self, batch: Batch, share: float) -> None:
        """Fill the gradients; where the first step runs out of memory, by half as many samples.

        Several processes rehearse that step, each alone, and halve together: one that ran out in
        the middle of it would be waited for by the others.
        """
        if self._is_first and ranks.world_size() > 1:
            while ranks.any_of(self._runs_out(self._rehearse, batch, share)):
                self._halve()
            self._accumulate(batch, share)
        else:
            while self._runs_out(self._accumulate, batch, share):
                self._halve()
        self._penalise()

    @property
    def _is_first(self) -> bool:
        return self.steps_done == self.first_step

    def _runs_out(
        self, compute: Callable[[Batch, float], None], batch: Batch, share: float
    ) -> bool:
        """Whether a first step needs more memory than there is, for what can be halved."""
        try:
            compute(batch, share)
        except (MemoryError, RuntimeError) as error:
            may_halve = self._is_first and self.micro_batch > 1
            if not out_of_memory(error) or not may_halve:
                raise
            return True
        return False

    def _halve(self) -> None:
        most = int(self.shares[:, 0].max())
        self.micro_batch = (min(self.micro_batch, most) + 1) // 2
        self.buffers_before.put_back()
        torch.cuda.empty_cache()

    def _rehearse(self, batch: Batch, share: float) -> None:
        """Compute the gradients as if there were no other processes; nothing of it is kept."""
        self._begin_step()
        with ranks.alone(), self._unsynchronised():
            for part, _ in self._micro_batches(batch):
                self._backward(part, share)
        self.buffers_before.put_back()

    def _accumulate(self, batch: Batch, share: float) -> None:
        """Add up the gradients of all micro-batches."""
        self._begin_step()
        outputs: list[torch.Tensor] = []
        ids: list[NDArray[np.int64]] = []
        for part, is_last in self._micro_batches(batch):
            with nullcontext() if is_last else self._unsynchronised():
                outputs.append(self._backward(part, share))
            ids.append(part.sample_ids)
        self.epoch_outputs += outputs  # on the device: nothing waits for them here
        self.epoch_ids += ids

    def _begin_step(self) -> None:
        self._seed_step()
        self.optimiser.zero_grad(set_to_none=True)

    def _micro_batches(self, batch: Batch) -> Iterator[tuple[Batch, bool]]:
        """Parts of nearly equal size, so that none is a single unit where others are many.

        As many in every process, for they meet in each.
        """
        most, fewest = int(self.shares[:, 0].max()), int(self.shares[:, 1].min())
        units, parts = batch.unit_count, min(-(-most // self.micro_batch), fewest)
        cuts = [round(number * units / parts) for number in range(parts + 1)]
        for number, (start, stop) in enumerate(pairwise(cuts)):
            yield batch.part(start, stop), number == parts - 1

    def _backward(self, batch: Batch, share: float) -> torch.Tensor:
        inputs = batch.inputs
        if self.channels_last and isinstance(inputs, torch.Tensor) and inputs.ndim == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        device = first_part(inputs).device
        targets = self.targets[batch.sample_ids].to(device, non_blocking=True)

        def loss(outputs: torch.Tensor) -> torch.Tensor:
            return self.loss(batch.rows(outputs).float(), targets, share).total

        varied = self._varied(inputs)
        if self.plan.adversarial.weight:
            against = judging(self.model, self.plan.train.model)
            judged = judged_with_adversary(against, varied, loss, self.plan.adversarial)
            outputs, total = judged.outputs, judged.total
        else:
            found = scored(self.forward_model(varied))
            outputs, total = found.scores, loss(found.scores)  # (b, K), or (u, S, K)
            if found.penalty is not None:
                total = total + found.penalty
        self.manual_backward(total * (len(targets) / self.rows_per_process))
        return batch.rows(outputs).detach()

    def _varied(self, inputs: Inputs) -> Inputs:
        """Blank a share of the planes of each sample; which ones depends on the step alone."""
        share = self.plan.augment.drop_planes
        if not share or isinstance(inputs, dict):
            return inputs
        kept = torch.rand(inputs.shape[:2]) >= share  # (b, C)
        shape = (*kept.shape, *[1] * (inputs.ndim - 2))
        return inputs * kept.view(shape).to(inputs.device, inputs.dtype)

    def _penalise(self) -> None:
        """Add the gradient of the weight penalty, which every process computes alike."""
        weights = [weight for weight in self.weights if weight.grad is not None]
        penalty = weight_penalty(weights, self.plan.loss)
        if penalty is not None:
            for weight, more in zip(weights, torch.autograd.grad(penalty, weights), strict=True):
                assert weight.grad is not None
                weight.grad += more
        head_penalty(self.model, self.plan.loss)

    def _judge(self, norm: float) -> Verdict:
        """The guard's word, but for a gradient that was merely scaled too high for fp16."""
        if self.scaler and self.scaler.get_scale() > 1.0 and not math.isfinite(norm):
            return "skip"  # the next one is scaled by less
        return self.guard.judge(norm)

    def _clipped_norm(self) -> float:
        """The norm of the gradient before it is clipped."""
        if self.scaler:
            self.scaler.unscale_(self.optimiser)
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        if self.plan.train.clip_norm:
            nn.utils.clip_grads_with_norm_(self.weights, self.plan.train.clip_norm, norm)
        if self.plan.train.clip_value:
            nn.utils.clip_grad_value_(self.weights, self.plan.train.clip_value)
        return float(norm)

    def _step(self) -> None:
        """Move the weights; Lightning's face of the optimiser would unscale once more."""
        if self.scaler:
            self.scaler.step(self.optimiser)
        else:
            stepper: Any = self.optimizers()
            stepper.step()

    @property
    def scaler(self) -> torch.amp.GradScaler | None:
        """What keeps the gradients of fp16 from vanishing; None for other types."""
        found: torch.amp.GradScaler | None = getattr(self.trainer.precision_plugin, "scaler", None)
        return found

    def _unsynchronised(self) -> Any:
        """Gradients of micro-batches but the last stay in their process."""
        wrapped: Any = self.trainer.strategy.model
        return wrapped.no_sync() if hasattr(wrapped, "no_sync") else nullcontext()

    def _prepared(self, model: nn.Module) -> Callable[[Inputs], torch.Tensor | PenalisedScores]:
        """The model as its steps are computed; its weights keep their names."""
        if self.channels_last:
            model.to(memory_format=torch.channels_last)
        if self.plan.speed.checkpoint_activations and not set_recompute(model, True):
            raise ConfigError(
                phrase(
                    "{model} has no blocks whose activations could be computed twice.",
                    model=self.plan.train.model,
                ),
                where="speed.checkpoint_activations",
                remedy="Leave it false, or use a ResNet or a swin.",
            )
        if ranks.world_size() > 1:
            ranks.share_batch_norms(model)
        return torch.compile(model) if self.plan.speed.compile else model
