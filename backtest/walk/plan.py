"""What a walk is to do: rows, models, rule and execution, fixed before the first fold."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.data.errors import DataError, UsageError
from quantsig.data.folds import Combinatorial, Fold, WalkForward
from quantsig.data.identity import identity_of, identity_text
from quantsig.data.language.messages import phrase
from quantsig.data.samples.store import SampleSet, open_earlier
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.records import record_of
from quantsig.data.storage.resuming import Work, plain_work
from quantsig.signals.layout import WALK
from quantsig.signals.models import find_model
from quantsig.signals.runs import WALK_WORK, trial_id
from quantsig.signals.scoring.device import find_device
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training import ranks
from quantsig.signals.training.folds import check_folds, cut_folds
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.record import (
    identity,
    planned,
    resume_key,
    training_work,
)
from quantsig.signals.walk_record import WalkRecord

REMEDY = "Use the version of quantsig that wrote it, or walk again: quantsig walk `force`"


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkSettings:
    """How rows are cut, thresholds chosen and signals traded."""

    folding: WalkForward | Combinatorial = field(default_factory=WalkForward)
    rule: AskedRule = field(default_factory=AskedRule)
    execution: Execution = field(default_factory=Execution)
    cost_fraction: float = 4e-4  # of a round trip, what the rule reckons with
    open_test: bool = False  # walk through the time of the locked test split, too


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Everything that is fixed before the first fold."""

    samples: SampleSet
    plan: Plan
    splits: SplitSpec
    settings: WalkSettings
    device: str

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """The rows of each fold.

        Raises:
            DataError: there are too few rows.
        """
        index = self.samples.index
        free = index if self.settings.open_test else self.samples.ended_before(self.splits)
        return cut_folds(self.samples, self.plan, self.settings.folding, free)

    @property
    def trial_id(self) -> str:
        """The same for the same samples, settings, folds, rule and execution."""
        settings = self.settings
        return trial_id(
            identity(self.samples, self.plan, self.splits),
            identity_text(settings.folding),
            settings.open_test,
            identity_of(settings.rule),
            settings.cost_fraction,
            identity_of(settings.execution),
        )

    @property
    def folds_key(self) -> str:
        """The same for folds that are trained alike, whatever is made of their predictions."""
        return trial_id(
            resume_key(self.samples, self.plan, self.splits, find_device(self.device).type),
            identity_text(self.settings.folding),
            self.settings.open_test,
        )

    @property
    def work(self) -> Work:
        """What its folds are made from; rules and costs cost no training, so they may change."""
        device = find_device(self.device).type
        training = training_work(self.samples, self.plan, self.splits, device)
        folding = {
            "folding": identity_text(self.settings.folding),
            "open_test": self.settings.open_test,
        }
        return plain_work(WALK_WORK, {**training.made_from, **folding}, {"train.save_minutes"})

    @property
    def scheme(self) -> str:
        """anchored, rolling or combinatorial."""
        return self.settings.folding.name.partition("-")[0]

    @property
    def name(self) -> str:
        """Of its folder, where none is given: the same walk has the same name."""
        return f"walk-{self.plan.train.model}-{self.settings.folding.name}-{self.trial_id[:8]}"


def plan_walk(
    samples: SampleSet, plan: Plan, splits: SplitSpec, settings: WalkSettings, *, device: str
) -> Walk:
    """A walk, checked as far as can be before anything is trained.

    Raises:
        ConfigError: a name is unknown, or settings contradict each other.
        DataError: times or bars are not known, there are too few rows, or the event never or
            always happens where a fold learns it.
        UsageError: several processes were started.
    """
    find_model(plan.train.model)
    if ranks.world_size() > 1:
        raise UsageError(
            "several processes cannot share a walk.",
            where="quantsig walk",
            remedy="Start it without torchrun.",
        )
    _refuse_untimed(samples)
    samples.require_bars()
    walk = Walk(samples=samples, plan=plan, splits=splits, settings=settings, device=device)
    check_folds(samples, walk.folds, plan, device)
    return walk


def recorded_walk(home: Path, record: WalkRecord) -> Walk:
    """The walk that a record is of, on the samples that it was taken through.

    Args:
        home: the folder of the walk.
        record: its walk.json.

    Raises:
        DataError: the samples are not where they were, or are others now; another version's
            settings.
        IntegrityError: they are damaged.
    """
    source = home / WALK
    scheme: type[WalkForward | Combinatorial]
    scheme = WalkForward if record.paths is None else Combinatorial
    settings = WalkSettings(
        folding=record_of(record.folding, scheme, source, remedy=REMEDY),
        rule=record_of(record.rule, AskedRule, source, remedy=REMEDY),
        execution=record_of(record.execution, Execution, source, remedy=REMEDY),
        cost_fraction=record.cost_fraction,
        open_test=record.test_split == "opened",
    )
    samples = open_earlier(record.samples.place(home), record.samples.fingerprint)
    device = "cpu" if record.environment.get("device") == "cpu" else "auto"
    return plan_walk(samples, planned(record.settings), record.splits, settings, device=device)


def _refuse_untimed(samples: SampleSet) -> None:
    """Raise where it is not known which rows come before which."""
    labelled = samples.index.filter(pl.col("label").is_not_null())
    for name in ("decision_time", "label_end"):
        if labelled[name].null_count():
            raise DataError(
                phrase(
                    "{missing} of {samples} labelled samples have no {name}, so there is no "
                    "walking through them in the order of time.",
                    missing=labelled[name].null_count(),
                    samples=len(labelled),
                    name=name,
                ),
                where=str(samples.path),
                remedy="Build the samples from bars, or import them with their times and `bars`.",
            )
