"""What a walk would take: its folds and their trainings, measured on the largest."""

from dataclasses import dataclass

from quantsig.backtest.walk.plan import Walk
from quantsig.signals.dry_run.training import TrainingDryRun, dry_run_of
from quantsig.signals.training.folds import fold_setups


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkDryRun:
    """What a walk would take.

    Attributes:
        folds: trainings, each with all seeds.
        trainings: of all folds together; its samples are those of the last one.
    """

    folds: int
    trainings: TrainingDryRun


def dry_run_walk(walk: Walk) -> WalkDryRun:
    """What `run_walk` would take where no fold is trained yet; nothing is written."""
    setups = list(fold_setups(walk.samples, walk.folds, walk.plan, walk.device))
    trainings = dry_run_of(setups, seeds=walk.plan.train.seeds)
    return WalkDryRun(folds=len(setups), trainings=trainings)
