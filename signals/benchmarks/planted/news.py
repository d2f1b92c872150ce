"""The control of models of news: a word decides the next move, and must be found in time alone."""

import tempfile
from pathlib import Path

import torch

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION
from quantsig.data.demo.planted_news import planted_news
from quantsig.data.label_spec import LabelSpec
from quantsig.data.news.options import NewsOptions
from quantsig.data.news.table import read_news
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.benchmarks.planted.seed_result import (
    FIRST_SEED,
    SeedResult,
    details_of,
    figures_of,
    plan_by_validation,
    train_and_judge,
)
from quantsig.signals.training.settings import Plan

WINDOW = SequenceSpec(window_bars=10, timeframes=(1,))
CHART = ChartSpec(timeframes=(1,), bars=10, height=32, width=60, slow_bars=10)


def measure(
    scale: Scale, device: torch.device, progress: Progress = silent, network: str = "han"
) -> BenchmarkFigures:
    """Average precision on the test split, beside an oracle's and that of news that came late.

    Every seed has bars and news of its own. Where every decisive item is stamped after its
    decision nothing can be known, so the same network must be at the base rate there.

    Args:
        scale: how many cells of bars, seeds and epochs.
        device: where the networks train.
        progress: told about seeds.
        network: that is trained; a key of MODELS that reads news.
    """
    found: list[SeedResult] = []
    late: list[SeedResult] = []
    for number in range(scale.planted_seeds):
        progress(number, scale.planted_seeds)
        plan = plan_of(network, FIRST_SEED + number, scale)
        found.append(_one(plan, scale, device, late=False))
        late.append(_one(plan, scale, device, late=True))
    progress(scale.planted_seeds, scale.planted_seeds)
    return BenchmarkFigures(
        figures=figures_of(found),
        details={
            **details_of(network, found),
            "planted": "a word that decides the next move",
            "late_average_precisions": [one.test for one in late],
            "late_base_rates": [one.base_rate for one in late],
        },
        remarks=("Of news that is stamped after the decision nothing is found: the base rate.",),
    )


def plan_of(network: str, seed: int, scale: Scale) -> Plan:
    """As for networks of sequences on the planted pattern, of fewer epochs."""
    return plan_by_validation(network, seed, scale.planted_news_epochs, WINDOW, 2e-3)


def _one(plan: Plan, scale: Scale, device: torch.device, *, late: bool) -> SeedResult:
    made = planted_news(scale.planted_cells, plan.train.seed, late=late)
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        source = Path(folder) / "news.parquet"
        made.news.write_parquet(source)
        bars = check_bars(made.bars)
        samples = build_samples(
            bars,
            Path(folder) / "samples",
            chart=CHART,
            label=LabelSpec(name="rise", horizon_bars=CELL_BARS, rise_fraction=RISE_FRACTION),
            stride_bars=CELL_BARS,
            job=BuildJob(news=read_news(source, bars, NewsOptions())),
        )
        return train_and_judge(samples, Path(folder) / "run", plan, made.decisions, device)
