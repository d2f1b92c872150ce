"""What a researcher sets about a training. Imports nothing heavy."""

import math
from dataclasses import dataclass, field
from typing import Literal

from quantsig.data.errors import ConfigError, refused, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.signals.figures import FIGURES
from quantsig.signals.loss_settings import LossSettings
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.optimisation.sampling import SamplingSettings
from quantsig.signals.optimisation.schedules import ScheduleSettings
from quantsig.signals.training.recipes import recipe_named
from quantsig.signals.training.tracking.trackers import TRACKERS

JUDGES = {  # figures of the validation split that can choose an epoch: +1 where more is better
    name: FIGURES[name].good
    for name in (
        "loss",
        "average_precision",
        "roc_auc",
        "accuracy",
        "f1",
        "mcc",
        "expectancy",
        "r2",
        "rank_correlation",
    )
}
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Scoring = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """Model, loss, length and stopping rule of one training."""

    recipe: str | None = None  # the name alone: its values are set where settings are read
    model: str = "resnet18"
    loss: str = "cross_entropy"
    epochs: int = 10
    batch_size: int = 32  # samples an optimiser step sees, over all micro-batches and processes
    clip_norm: float = 1.0  # largest norm of the gradient; 0 leaves it
    clip_value: float = 0.0  # largest size of one of its numbers; 0 leaves them
    patience: int = 7  # epochs without a better figure before stopping
    min_delta: float = 0.0  # change of the figure that counts as better
    best_by: tuple[str, ...] = ("loss",)  # the first chooses the epoch, weights are kept by each
    seed: int = 37
    seeds: int = 1  # so many trainings, from `seed` up, whose scores are averaged
    save_minutes: float = 5.0  # between two savings of the state inside an epoch
    keep_state: bool = True  # in a finished run, so that more epochs go on; thrice the weights
    track: tuple[str, ...] = ()  # who follows it beside its run: names of TRACKERS

    def __post_init__(self) -> None:
        if self.recipe is not None:
            recipe_named(self.recipe)
        for name in ("epochs", "patience", "save_minutes"):
            _at_least(name, getattr(self, name), 0, above=True)
        for name in ("min_delta", "seed", "clip_norm", "clip_value"):
            _at_least(name, getattr(self, name), 0)
        _at_least("batch_size", self.batch_size, 2)
        _at_least("seeds", self.seeds, 1)
        if self.clip_norm and self.clip_value:
            raise ConfigError(
                "the gradient is to be clipped by norm and by value.",
                where="train.clip_value",
                remedy="Set clip_norm to 0 to clip by value.",
            )
        for name in self.best_by:
            if name not in JUDGES:
                raise unknown_name("figure", name, JUDGES, where="train.best_by")
        for name in self.track:
            if name not in TRACKERS:
                raise unknown_name("tracker", name, TRACKERS, where="train.track")
        if not self.best_by:
            raise ConfigError(
                "no figure chooses the epoch.",
                where="train.best_by",
                remedy=phrase("Name one or more of {names}.", names=", ".join(JUDGES)),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedSettings:
    """How a step is computed; none of this changes what is learnt but for rounding."""

    precision: Precision = "auto"  # bf16 on a GPU that has it, else fp32
    scoring: Scoring | None = None  # of scores; None: fp32 on a CPU, that of the steps on a GPU
    channels_last: bool | Literal["auto"] = "auto"  # memory order; auto: where it is faster
    compile: bool = False  # torch.compile: minutes at the start, faster steps after
    micro_batch: int = 0  # samples computed at a time, gradients added up; 0: the whole batch
    checkpoint_activations: bool = False  # compute them twice instead of keeping them
    deterministic: bool = False  # the same numbers however many threads there are; on a CPU in one

    def __post_init__(self) -> None:
        _at_least("micro_batch", self.micro_batch, 0, section="speed")


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentSettings:
    """What training samples are varied by; every epoch differently, none shows a later bar."""

    shift_bars: int = 0  # a chart may end so many bars before its decision
    noise: float = 0.0  # of prices, in standard deviations of the symbol's one-bar log return
    drop_planes: float = 0.0  # share of planes that are blanked, 0..1

    def __post_init__(self) -> None:
        _at_least("shift_bars", self.shift_bars, 0, section="augment")
        _at_least("noise", self.noise, 0, section="augment")
        if not 0.0 <= self.drop_planes < 1.0:
            raise ConfigError(
                phrase(
                    "a share of {share} of the planes cannot be dropped.", share=self.drop_planes
                ),
                where="augment.drop_planes",
                remedy="Give a number from 0 to below 1.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmSettings:
    """When training is called collapsed, idle, too good, or out of hand."""

    collapse_spread: float = 1e-3  # log-odds: scores that differ less are one score
    collapse_share: float = 0.999  # of the rows on one side that are all of them
    no_learning_epochs: int = 3  # epochs that a model is given to leave the base rate
    no_learning_fraction: float = 0.005  # of the entropy: a smaller gain is none
    leak_skill: float = 0.5  # way from chance to certainty, 0..1, that is too good to be true
    leak_margin: float = 0.1  # balanced accuracy of the window's direction over one half
    gradient_factor: float = 100.0  # times the running median of the norm is an explosion
    gradient_window: int = 100  # good steps that the median runs over
    gradient_fewest: int = 20  # good steps before an explosion can be told
    gradient_calm: int = 10  # good steps in a row after which skipped ones are forgotten
    gradient_skips: int = 3  # bad steps that are skipped before the next rolls back
    gradient_roll_backs: int = 3  # roll backs before the next stops the training

    def __post_init__(self) -> None:
        for name in ("collapse_share", "no_learning_fraction", "leak_skill", "leak_margin"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise refused(f"alarms.{name}", getattr(self, name), "Give a share from 0 to 1.")
        for name, least in (
            ("collapse_spread", 0),
            ("no_learning_epochs", 1),
            ("gradient_factor", 1),
            ("gradient_window", 1),
            ("gradient_fewest", 1),
            ("gradient_calm", 1),
            ("gradient_skips", 0),
            ("gradient_roll_backs", 0),
        ):
            if not getattr(self, name) >= least:
                raise refused(
                    f"alarms.{name}",
                    getattr(self, name),
                    phrase("Give a number from {least} up.", least=least),
                )
        if self.gradient_fewest > self.gradient_window:
            raise refused(
                "alarms.gradient_fewest",
                self.gradient_fewest,
                phrase("Give at most gradient_window, {most}.", most=self.gradient_window),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Everything that decides what a training learns."""

    train: TrainSettings = field(default_factory=TrainSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    speed: SpeedSettings = field(default_factory=SpeedSettings)


def _at_least(
    name: str, value: float, least: float, *, above: bool = False, section: str = "train"
) -> None:
    if not least <= value < math.inf or (above and value == least):
        remedy = (
            phrase("Give a number above {least}.", least=least)
            if above
            else phrase("Give a number of at least {least}.", least=least)
        )
        raise refused(f"{section}.{name}", value, remedy)
