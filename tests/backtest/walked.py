"""A small planted set of two symbols, and walks through it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.backtest.walk.plan import WalkSettings, plan_walk
from quantsig.backtest.walk.walkforward import run_walk
from quantsig.data.folds import Fold, WalkForward
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import parquet
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from tests.planted import build, planted_frame

PLAN = Plan(train=TrainSettings(model="logistic", loss="weighted_cross_entropy", seed=3))
THREE = WalkForward(folds=3)
CELLS = 500


def two_symbols() -> pl.DataFrame:
    """Bars of A and B, each with the planted pattern."""
    return pl.concat(
        planted_frame(CELLS, seed).with_columns(symbol=pl.lit(name))
        for name, seed in (("A", 1), ("B", 2))
    )


def two_symbol_set(path: Path) -> SampleSet:
    """Charts of both."""
    return build(two_symbols(), path)


@dataclass(frozen=True, kw_only=True)
class Walked:
    """A finished walk and what it was made from."""

    path: Path
    samples: SampleSet
    folds: tuple[Fold, ...]
    document: dict[str, Any]

    def frame(self, name: str) -> pl.DataFrame:
        return parquet.read_parquet(self.path / name)


def walk(
    samples: SampleSet,
    runs: Path,
    settings: WalkSettings | None = None,
    *,
    plan: Plan = PLAN,
    force: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> Walked:
    """Walk in a folder of runs, under the walk's own name."""
    chosen = settings or WalkSettings(folding=THREE)
    walk = plan_walk(samples, plan, SplitSpec(), chosen, device="cpu")
    out = runs / walk.name
    record, stats = run_walk(walk, out, force=force, callbacks=Callbacks(tell=tell))
    document = record.as_dict() | {"stats": stats and stats.as_dict()}
    return Walked(path=out, samples=samples, folds=walk.folds, document=document)
