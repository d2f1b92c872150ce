"""A small world with news, samples of it, and a run that reads them, for the tests of the chain."""

from dataclasses import dataclass
from pathlib import Path

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.demo.planted_news import planted_news
from quantsig.data.news.options import NewsOptions
from quantsig.data.news.table import NewsItems, read_news
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.runs import Run
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import LABEL

CHART = ChartSpec(timeframes=(1,), bars=6, height=16, width=24, slow_bars=6, calendar="day")
SPEC = SequenceSpec(window_bars=6, timeframes=(1,), max_items=3)
PLAN = Plan(train=TrainSettings(model="han", epochs=1), input=SPEC)


@dataclass(frozen=True)
class Told:
    """Bars with news, and a run of them."""

    bars: CheckedBars
    news: NewsItems
    samples: SampleSet
    run: Run


def built(folder: Path, bars: CheckedBars, news: NewsItems, **job: object) -> SampleSet:
    """A sample of each cell."""
    return build_samples(
        bars,
        folder,
        chart=CHART,
        label=LABEL,
        stride_bars=CELL_BARS,
        job=BuildJob(news=news, **job),  # type: ignore[arg-type]
    )


def told(folder: Path, cells: int = 300, plan: Plan = PLAN) -> Told:
    """Some cells of the planted world with a run that was trained on them."""
    made = planted_news(cells, 3)
    made.news.write_parquet(folder / "news.parquet")
    bars = check_bars(made.bars)
    news = read_news(folder / "news.parquet", bars, NewsOptions())
    samples = built(folder / "samples", bars, news)
    run = train(samples, folder / "runs" / "han", plan, SplitSpec())
    return Told(bars, news, samples, run)
