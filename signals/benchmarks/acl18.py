"""ACL18: the published trainings of Feng et al. beside rules and simple models, by whole days.

The bars are those of Xu and Cohen (ACL 2018), splits, labels and numbers those of Feng et al.
(IJCAI 2019). A label leaves small moves out by looking at them, so an accuracy here is no share of
won trades; and stocks move together, so intervals draw whole days again.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, get_type_hints

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.bars import CheckedBars
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.charts.spec import PRESETS
from quantsig.data.label_spec import LabelSpec
from quantsig.data.progress import Progress, silent
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.features import SCALED
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import parquet
from quantsig.signals.metrics import event_metrics
from quantsig.signals.models import find_model
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.significance.block_bootstrap import block_weights, ratio_interval
from quantsig.signals.training.fit import fit_run
from quantsig.signals.training.recipes import Recipe, recipe_named
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch

Floats = NDArray[np.float64]
FIRST_SEED = 37
CONFIDENCE = 0.95
BARS, CLOSES = "bars_1d.parquet", "adj_close.parquet"
ZONE = "America/New_York"
WITHOUT_ROWS = "GMRE"  # has no bars in the years of the benchmark
PUBLISHED = {  # accuracy and Matthews correlation of the test, Feng et al. 2019, table 2
    "acl18_lstm": (0.5318, 0.0674),
    "acl18_alstm": (0.5490, 0.1043),
    "acl18_adv_alstm": (0.5720, 0.1483),
}
RULE = "window_reversal"  # that others are laid beside, row by row
COMPARED = ("window_direction", RULE, "logistic", "linear_svm", "boosting")


@dataclass(frozen=True, kw_only=True, slots=True)
class TestRows:
    """The rows that are judged."""

    ids: NDArray[np.int64]
    rose: NDArray[np.bool_]
    day: NDArray[np.int64]  # number of the day of each


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredTest:
    """What a model said of the rows that are judged."""

    model: str
    test: TestRows
    scores: list[Floats]  # of each seed
    published: tuple[float, float] | None = None  # accuracy and Matthews correlation

    @property
    def right(self) -> Floats:
        """(n,) 1 where the mean score of the seeds has the direction, else 0."""
        found: Floats = ((np.mean(self.scores, axis=0) > 0) == self.test.rose).astype(np.float64)
        return found

    def over(self, other: "ScoredTest") -> tuple[float | None, float | None, float | None]:
        """How much more often it is right on the same rows, and the interval of that.

        Nothing where the rows are others: a longer window leaves out what a shorter one judges.
        """
        same = np.array_equal(self.test.day, other.test.day)
        if not same or not np.array_equal(self.test.rose, other.test.rose):
            return None, None, None
        difference = self.right - other.right
        return float(difference.mean()), *_interval(difference, self.test.day)


def measure(
    bars: CheckedBars, scale: Scale, device: str = "auto", progress: Progress = silent
) -> BenchmarkFigures:
    """Train the published networks from several seeds, and simple models once, and judge the test.

    Args:
        bars: of the benchmark, as `read_acl18` gives them.
        scale: how many seeds and epochs.
        device: where the networks train.
        progress: told about trainings.
    """
    total = len(PUBLISHED) * scale.acl18_seeds + len(COMPARED)
    done = 0
    found: list[ScoredTest] = []
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as name:
        folder = Path(name)
        for recipe, published in PUBLISHED.items():
            samples, splits = _samples(bars, recipe_named(recipe), folder / recipe)
            test, scores = _test(samples, splits), []
            for number in range(scale.acl18_seeds):
                progress(done, total)
                plan = _plan(recipe_named(recipe), FIRST_SEED + number, scale.acl18_epochs)
                out = folder / f"{recipe}-{number}"
                scores.append(_scores(samples, splits, plan, out, test.ids, device))
                done += 1
            found.append(ScoredTest(model=recipe, test=test, scores=scores, published=published))
            if recipe == "acl18_alstm":  # simple models see the rows and features of this one
                for model in COMPARED:
                    progress(done, total)
                    plan = _simple(model, recipe_named(recipe))
                    score = _scores(samples, splits, plan, folder / model, test.ids, device)
                    found.append(ScoredTest(model=model, test=test, scores=[score]))
                    done += 1
    progress(total, total)
    rule = next(one for one in found if one.model == RULE)
    rows = [_row(one, rule) for one in found]
    by_name = {row["model"]: row for row in rows}
    return BenchmarkFigures(
        figures={
            f"{name.removeprefix('acl18_')}_{figure}": by_name[name][figure]
            for name in PUBLISHED
            for figure in ("accuracy", "mcc")
        },
        details={
            "test_rows": len(test.ids),
            "test_days": len(np.unique(test.day)),
            "rose": float(test.rose.mean()),
            "seeds": scale.acl18_seeds,
            "epochs": scale.acl18_epochs,
            "models": rows,
        },
        remarks=(
            "accuracy and mcc are means over seeds; together is the accuracy of their mean score, "
            "low and high its 95 % interval with whole days drawn again. Published numbers that "
            "lie inside cannot be told from ours.",
            "over is together less the accuracy of window_reversal on the same rows, with the "
            "interval of that difference, days drawn again for both at once: where it holds zero, "
            "nothing was learnt beyond one line of code.",
            "the label leaves out moves that nobody knows at the decision: no share of won trades.",
        ),
    )


def read_acl18(folder: Path) -> CheckedBars:
    """The bars of the benchmark with their adjustment.

    Args:
        folder: holds files of bars that say their adjusted closes, as those of stocknet-dataset;
            or BARS with CLOSES beside.

    Raises:
        DataError: these are no bars.
    """
    options = ReadOptions(timezone=ZONE)
    if not (folder / CLOSES).is_file():
        return read_bars(folder, options)
    closes = parquet.read_parquet(folder / CLOSES)
    bars = parquet.read_parquet(folder / BARS).join(closes, on=["symbol", "timestamp"])
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as name:
        whole = Path(name) / BARS
        parquet.write_parquet(whole, bars.filter(pl.col("symbol") != WITHOUT_ROWS))
        return read_bars(whole, options)


def _section(recipe: Recipe, section: str) -> dict[str, Any]:
    return {
        name.partition(".")[2]: value
        for name, value in recipe.items()
        if name.partition(".")[0] == section
    }


def _samples(bars: CheckedBars, recipe: Recipe, out: Path) -> tuple[SampleSet, SplitSpec]:
    """The samples that a recipe speaks of, and how it splits them."""
    chart = dict(_section(recipe, "samples"))
    drawn = replace(PRESETS[chart.pop("preset")], **chart)
    label = LabelSpec(**_section(recipe, "label"))
    samples = build_samples(bars, out, chart=drawn, label=label)
    return samples, SplitSpec(**_section(recipe, "splits"))


def _plan(recipe: Recipe, seed: int, epochs: int) -> Plan:
    """The training of a recipe from a seed."""
    kinds: Mapping[str, Any] = get_type_hints(Plan)
    sections = {one.name: kinds[one.name](**_section(recipe, one.name)) for one in fields(Plan)}
    plan = Plan(**sections)
    return replace(plan, train=replace(plan.train, seed=seed, epochs=epochs, keep_state=False))


def _simple(model: str, recipe: Recipe) -> Plan:
    """A simple model on the window of a recipe: rules see its scaled bars, others its features."""
    spec = _plan(recipe, FIRST_SEED, 1).input
    if find_model(model).scaled_first:
        spec = replace(spec, features=(SCALED,))
    return Plan(train=TrainSettings(model=model, seed=FIRST_SEED), input=spec)


def _test(samples: SampleSet, splits: SplitSpec) -> TestRows:
    rows = samples.with_splits(splits).filter(split="test")
    days = rows["label_end"].to_physical().to_numpy()
    return TestRows(
        ids=rows["sample_id"].to_numpy(),
        rose=rows["label"].to_numpy() == 1,
        day=np.unique(days, return_inverse=True)[1],
    )


def _scores(
    samples: SampleSet,
    splits: SplitSpec,
    plan: Plan,
    out: Path,
    ids: NDArray[np.int64],
    device: str,
) -> Floats:
    """(n,) what a training says of rows."""
    run = fit_run(samples, out, plan, splits, Launch(device=device))
    return open_scorer(run, device).scores(samples, ids).long


def _row(one: ScoredTest, rule: ScoredTest) -> dict[str, Any]:
    """Figures of a model's seeds: each, their deviations, and together with an interval."""
    test = one.test
    each = [event_metrics(test.rose, scores) for scores in one.scores]
    accuracy, mcc = [of.accuracy or 0.0 for of in each], [of.mcc or 0.0 for of in each]
    low, high = _interval(one.right, test.day)
    over, over_low, over_high = one.over(rule)
    published = one.published or (None, None)
    return {
        "model": one.model,
        "accuracy": fmean(accuracy),
        "accuracy_sd": stdev(accuracy) if len(accuracy) > 1 else None,
        "mcc": fmean(mcc),
        "mcc_sd": stdev(mcc) if len(mcc) > 1 else None,
        "together": float(one.right.mean()),
        "low": low,
        "high": high,
        "over": over,
        "over_low": over_low,
        "over_high": over_high,
        "published": published[0],
        "published_mcc": published[1],
    }


def _interval(value: Floats, day: NDArray[np.int64]) -> tuple[float, float]:
    """Of the mean of a value of each row, with whole days drawn again."""
    sums = np.bincount(day, value).astype(np.float64)[:, None]
    rows = np.bincount(day).astype(np.float64)[:, None]
    low, high = ratio_interval(block_weights(len(rows)), sums, rows, CONFIDENCE)
    return float(low[0]), float(high[0])
