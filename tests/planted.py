"""A small planted sample set that the tests of the chain share."""

from pathlib import Path

import polars as pl

from quantsig.data.bars import check_bars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, planted_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.training.settings import Plan, TrainSettings

CHART = ChartSpec(timeframes=(1, 2), bars=8, height=32, width=48, slow_bars=8, calendar="day")
LABEL = LabelSpec(rise_fraction=RISE_FRACTION, horizon_bars=CELL_BARS)
SETTINGS = Plan(
    train=TrainSettings(model="small", epochs=3, seed=5),
    optimiser=OptimiserSettings(learning_rate=2e-3),
)
COST_FRACTION = 4e-4
CELLS = 2400


def planted_frame(cells: int = CELLS, seed: int = 11) -> pl.DataFrame:
    """Bars with the planted pattern."""
    return planted_bars(cells, seed).bars


def build(
    bars: pl.DataFrame, out: Path, label: LabelSpec = LABEL, chart: ChartSpec = CHART
) -> SampleSet:
    """A sample set of one decision per cell."""
    return build_samples(check_bars(bars), out, chart=chart, label=label, stride_bars=CELL_BARS)
