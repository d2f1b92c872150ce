"""Everything that is fixed before the first step of a training, and checked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import Message, phrase, term
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.calibration.prior_shift import PriorShift, prior_shift, refuse_stacking
from quantsig.signals.events import Event, long_event, short_event
from quantsig.signals.inputs import INPUTS, feed_for, resolved_spec
from quantsig.signals.inputs.feed import Feed
from quantsig.signals.inputs.news_checks import knowing_model, refuse_later_texts
from quantsig.signals.losses import Loss, find_loss
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.models import (
    Model,
    build_member,
    channels_last,
    find_model,
    own_settings,
    refuse_unread,
)
from quantsig.signals.optimisation.sampler import FEWEST, EpochOrder, find_order
from quantsig.signals.optimisation.sampling import SamplingSettings
from quantsig.signals.optimisation.time_order import find_time_order, refuse_mix
from quantsig.signals.scoring.arithmetic import threads_of
from quantsig.signals.scoring.device import find_device
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.shape import ModelRecord, shape_of_samples
from quantsig.signals.training import ranks
from quantsig.signals.training.problem import Ids, Problem, check_problem, find_problem, thinned
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.steps.adversary import judging
from quantsig.signals.training.steps.augment import refuse_shared

MOST_FITTED_VALUES = 50_000_000  # of all inputs of a model that is fitted at once: 200 MB


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSetup:
    """Everything that is fixed before the first step."""

    samples: SampleSet
    problem: Problem
    plan: Plan
    model: Model
    record: ModelRecord
    loss: Loss
    order: EpochOrder
    shift: PriorShift | None
    device: torch.device
    precision: str  # of the steps
    threads: int  # that sums are computed in
    alter: Callable[[Feed], Feed] | None = None  # what controls do to the inputs

    @property
    def scoring_precision(self) -> str:
        """Of the scores that judge epochs; fp32 until the best weights say what `auto` is."""
        asked = self.plan.speed.scoring
        if asked is None:
            return self.precision if self.device.type == "cuda" else "fp32"
        return "fp32" if asked == "auto" else asked

    @property
    def channels_last(self) -> bool:
        """Whether pictures are in that order in memory, which `auto` leaves to what is faster."""
        asked = self.plan.speed.channels_last
        return channels_last(self.model, self.device) if asked == "auto" else asked

    @property
    def event(self) -> Event:
        """What a signal to enter foresees."""
        return long_event(self.samples.classes, self.loss.prediction_column)

    def warnings(self) -> list[Message]:
        """What to tell the user before the first step."""
        found = self.shift.warnings() if self.shift else []
        if self.model.reads == "news":
            found += knowing_model(self.samples, self.problem.ids)
        if self.model.fit and self.plan.sampling.positives is not None:
            found.append(SignalsSentence.MIX_NOT_USED(model=self.record.name))
        size, whole = self.plan.speed.micro_batch, self.plan.train.batch_size
        if 0 < size < whole and not self.loss.kind.by_row and not self.model.fit:
            found.append(
                SignalsSentence.LOSS_OF_WHOLE_BATCHES(loss=self.loss.name, size=size, whole=whole)
            )
        if self.model.fit and len(self.fitted_rows) < len(self.problem.ids["train"]):
            found.append(
                SignalsSentence.LEARNS_FROM_FEWER(
                    model=self.record.name,
                    rows=len(self.fitted_rows),
                    whole=len(self.problem.ids["train"]),
                )
            )
        return found

    @property
    def fitted_rows(self) -> Ids:
        """The training rows that a model which is fitted at once learns from: what memory holds."""
        shape = self.record.shape
        values = max(1, shape.scaled_channels * shape.scaled_bars)
        return thinned(self.problem.ids["train"], max(1, MOST_FITTED_VALUES // values))

    def feed(self, samples: SampleSet) -> Feed:
        """How samples reach the device."""
        if self.alter is None:
            return feed_for(samples, self.device, self.model.reads, self.record.input)
        drawn_here = torch.device("cpu")  # so that what is altered is pixels
        return self.alter(feed_for(samples, drawn_here, self.model.reads, self.record.input))

    def scorer(self, model: nn.Module) -> Scorer:
        """What turns samples into scores with a trained model."""
        return Scorer(
            model=model,
            reads=self.model.reads,
            input=self.record.input,
            channels_last=channels_last(self.model, self.device),
            event=self.event,
            short=short_event(self.samples.classes, self.loss.prediction_column),
            shift=self.shift,
            precision=self.scoring_precision,
            device=self.device,
            arithmetic_threads=self.threads,
        )


def find_setup(samples: SampleSet, plan: Plan, splits: SplitSpec, device: str) -> TrainingSetup:
    """Check everything that can be checked before anything is written."""
    find_model(plan.train.model)
    find_device(device)
    return set_up(find_problem(samples, splits), plan, device)


def set_up(problem: Problem, plan: Plan, device: str) -> TrainingSetup:
    """The training setup of a plan on a problem, checked."""
    samples = problem.samples
    model = find_model(plan.train.model)
    target = find_device(device)
    loss = find_loss(plan.train.loss, plan.loss, problem.counts)
    check_problem(problem)
    _check_figures(plan.train.best_by, problem)
    if model.fit and not problem.classes and loss.outputs > 1:
        raise ConfigError(
            phrase(
                "{model} foresees one return, and the loss {loss} needs {outputs} outputs.",
                model=plan.train.model,
                loss=loss.name,
                outputs=loss.outputs,
            ),
            where="train.loss",
            remedy="Use mse with it, or a network.",
        )
    own = own_settings(plan.train.model, plan.model)
    refuse_unread(plan.train.model, plan.input)
    if model.reads == "news":
        refuse_later_texts(samples, problem.ids)
    spec = resolved_spec(samples, model.reads, plan.input, problem.ids["train"])
    named = ModelRecord(
        name=plan.train.model,
        shape=shape_of_samples(samples, loss.outputs, spec),
        settings=own,
        input=spec,
        members=plan.train.seeds,
        returns=not problem.classes,
    )
    with torch.device("meta"):
        untrained = build_member(named)
    if plan.adversarial.weight:
        judging(untrained, plan.train.model)
    order = order_of(problem, plan, fewest=2 * ranks.world_size())
    fitted = "weighted_cross_entropy" if model.fit and problem.classes else loss.name
    shift = _shift(problem, replace(loss, name=fitted), order)
    if shift:
        refuse_stacking(shift, consent=plan.sampling.stack_corrections)
    return TrainingSetup(
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
        threads=threads_of(target, deterministic=plan.speed.deterministic),
    )


def order_of(problem: Problem, plan: Plan, *, fewest: int = FEWEST) -> EpochOrder:
    """The order of a problem's training rows: whole times, where the model reads these.

    Raises:
        ConfigError: the mix or the variation that is set cannot be had.
        DataError: there is no positive or no negative to balance.
    """
    rows, model = problem.ids["train"], find_model(plan.train.model)
    happened, size, seed = problem.happened[rows], plan.train.batch_size, plan.train.seed
    if INPUTS[model.reads].together:
        refuse_mix(plan.sampling)
        refuse_shared(plan.augment)
        times = problem.samples.index["decision_time"].to_physical().to_numpy()[rows]
        return find_time_order(rows, times, int(happened.sum()), size, seed)
    mix = SamplingSettings() if model.fit else plan.sampling
    return find_order(rows, happened, size, seed=seed, settings=mix, fewest=fewest)


def _shift(problem: Problem, loss: Loss, order: EpochOrder) -> PriorShift | None:
    if not problem.classes:
        return None
    natural = float(problem.happened[problem.ids["train"]].mean())
    return prior_shift(loss, natural, order.positive_share)


def _check_figures(names: Iterable[str], problem: Problem) -> None:
    """Refuse to choose the epoch by a figure that these samples never have."""
    if problem.classes:
        _refuse(names, ("r2", "rank_correlation"), "the label has classes")
    if np.isnan(problem.returns[problem.ids["validation"]]).all():
        _refuse(names, ("expectancy",), "what the samples earn is not known")


def _refuse(names: Iterable[str], absent: tuple[str, ...], reason: str) -> None:
    for name in set(names) & set(absent):
        raise ConfigError(
            phrase(
                "there is no {name} to choose the epoch by: {reason}.",
                name=name,
                reason=term(reason),
            ),
            where="train.best_by",
            remedy="Choose another figure, such as loss or average_precision.",
        )


def used_precision(asked: str, device: torch.device) -> str:
    """fp32, bf16 or fp16: what `auto` means on a device.

    Raises:
        ConfigError: fp16 on a CPU, which trains in fp32 or bf16.
    """
    if asked == "fp16" and device.type == "cpu":
        raise ConfigError(
            "fp16 needs a GPU.",
            where="speed.precision = fp16, device = cpu",
            remedy="Use fp32 or bf16 on a CPU.",
        )
    if asked != "auto":
        return asked
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
