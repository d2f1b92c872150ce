"""Whether permutation finds the planes that draw the planted pattern, and nothing in noise.

Only the finest timeframe draws the pattern: one bar of twenty hides its wick, and its volume. With
finer ones beside it each of seven timeframes would say the same, and none be missed alone.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, planted_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import build_samples
from quantsig.data.split_spec import CALIBRATION, SplitSpec
from quantsig.signals.explain.explain import Question, open_exchange
from quantsig.signals.explain.measures import event_measure, losses
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.runs import Run
from quantsig.signals.significance.label_days import times_of
from quantsig.signals.significance.stretches import stretches
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch

FIRST_SEED = 37
CHART = ChartSpec(
    timeframes=(1, 20, 25, 30, 35, 40, 45),
    bars=8,
    slow_bars=8,
    height=32,
    width=48,
    calendar="day",
)
SPLITS = SplitSpec(train=0.5, validation=0.1, calibration=0.35, test=0.05)
HAMMER = {f"candles.{plane}@1" for plane in ("up", "down", "wicks")} | {
    f"volume.{plane}@1" for plane in ("up", "down")
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedSeed:
    """What one seed's training came to."""

    first: tuple[str, ...]  # two planes
    average_precision: float
    rows: int
    leaves: tuple[bool, ...]  # an interval a plane and shuffle, whether it leaves zero


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Train on the planted pattern, rank the planes, then shuffle the labels and look again.

    Args:
        scale: how many cells of bars, seeds and shuffles.
        progress: told about seeds.
    """
    found = []
    for number in range(scale.explained_seeds):
        progress(number, scale.explained_seeds)
        found.append(_one(FIRST_SEED + number, scale))
    progress(scale.explained_seeds, scale.explained_seeds)
    leaves = [leave for one in found for leave in one.leaves]
    return BenchmarkFigures(
        figures={
            "hammer_first": sum(HAMMER.issuperset(one.first) for one in found) / len(found),
            "shuffled_leaves": sum(leaves) / len(leaves),
        },
        details={
            "planes": len(CHART.planes),
            "first_planes": [" ".join(one.first) for one in found],
            "average_precision": median(one.average_precision for one in found),
            "rows": found[0].rows,
            "shuffled_intervals": len(leaves),
        },
    )


def _one(seed: int, scale: Scale) -> ExplainedSeed:
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        run = _trained(Path(folder), seed, scale.explained_cells)
        rows = run.predictions().filter(pl.col("split") == CALIBRATION)
        times = times_of(rows, run.calendar)
        assert times is not None
        exchange, parts = open_exchange(run, rows, times, Question(rows=0, seed=seed))
        planes = [part for part in parts if part.kind == "plane"]
        whole = exchange.scores()
        without = [exchange.scores(part.mask) for part in planes]
    happened = run.happened(rows)
    value = event_measure(happened).value
    left = {part.name: value(one) for part, one in zip(planes, without, strict=True)}
    block = stretches(times.decided, times.ended, times.calendar)
    random = np.random.default_rng(seed)
    leaves: list[bool] = []
    for _ in range(scale.shuffles):
        shuffled = losses(event_measure(random.permutation(happened)), whole, block, seed)
        intervals = [shuffled.of(one) for one in without]
        leaves += [one.speaks or (one.high or 0.0) < 0.0 for one in intervals]
    return ExplainedSeed(
        first=tuple(sorted(left, key=left.__getitem__)[:2]),
        average_precision=value(whole),
        rows=len(rows),
        leaves=tuple(leaves),
    )


def _trained(folder: Path, seed: int, cells: int) -> Run:
    samples = build_samples(
        check_bars(planted_bars(cells, seed).bars),
        folder / "samples",
        chart=CHART,
        label=LabelSpec(name="rise", horizon_bars=CELL_BARS, rise_fraction=RISE_FRACTION),
        stride_bars=CELL_BARS,
    )
    plan = Plan(
        train=TrainSettings(model="small", epochs=2, best_by=("average_precision",), seed=seed),
        optimiser=OptimiserSettings(learning_rate=2e-3),
    )
    return train(samples, folder / "run", plan, SPLITS, launch=Launch(device="cpu"))
