"""Everything that is settled before the first step of a training, and checked."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from quantsig.data.samples.store import SampleSet
from quantsig.data.splits import SplitSpec
from quantsig.signals.device import find_device
from quantsig.signals.events import Event, long_event, short_event
from quantsig.signals.feeds import Feed, feed_for
from quantsig.signals.losses import Loss, find_loss
from quantsig.signals.models import Model, build_model, find_model
from quantsig.signals.prior_shift import PriorShift, prior_shift, refuse_stacking
from quantsig.signals.sampler import Order, find_order
from quantsig.signals.scorer import Scorer
from quantsig.signals.shape import ModelRecord, shape_of_samples
from quantsig.signals.training import ranks
from quantsig.signals.training.problem import Problem, check_problem, find_problem
from quantsig.signals.training.settings import Plan


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
    alter: Callable[[Feed], Feed] | None = None  # what controls do to the inputs

    @property
    def scoring_precision(self) -> str:
        """Of every score that leaves the model."""
        return self.precision if self.device.type == "cuda" else "fp32"

    @property
    def event(self) -> Event:
        """What a signal to enter foresees."""
        return long_event(self.samples.classes, self.loss.prediction_column)

    def feed(self, samples: SampleSet) -> Feed:
        """How samples reach the device."""
        if self.alter is None:
            return feed_for(samples, self.device, self.model.reads)
        drawn_here = torch.device("cpu")  # so that what is altered is pixels
        return self.alter(feed_for(samples, drawn_here, self.model.reads))

    def scorer(self, model: nn.Module) -> Scorer:
        """What turns samples into scores with a trained model."""
        return Scorer(
            model=model,
            reads=self.model.reads,
            event=self.event,
            short=short_event(self.samples.classes, self.loss.prediction_column),
            shift=self.shift,
            precision=self.scoring_precision,
            device=self.device,
        )


def find_trial(samples: SampleSet, plan: Plan, splits: SplitSpec, device: str) -> Trial:
    """Check everything that can be checked before anything is written."""
    find_model(plan.train.model)
    find_device(device)
    return settle(find_problem(samples, splits), plan, device)


def settle(problem: Problem, plan: Plan, device: str) -> Trial:
    """The trial of a plan on a problem, checked."""
    samples = problem.samples
    model = find_model(plan.train.model)
    target = find_device(device)
    loss = find_loss(plan.train.loss, plan.loss, problem.counts)
    check_problem(problem)
    named = ModelRecord(
        name=plan.train.model,
        shape=shape_of_samples(samples, loss.outputs),
        members=plan.train.seeds,
    )
    with torch.device("meta"):
        build_model(named.name, named.shape)
    rows = problem.ids["train"]
    order = find_order(
        rows,
        problem.happened[rows],
        plan.train.batch_size,
        seed=plan.train.seed,
        settings=plan.sampling,
        fewest=2 * ranks.world_size(),
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


def used_precision(asked: str, device: torch.device) -> str:
    """fp32, bf16 or fp16: what `auto` means on a device."""
    if asked != "auto":
        return asked
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
