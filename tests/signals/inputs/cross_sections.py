"""Symbols that are not always there, for models of whole cross-sections."""

from datetime import timedelta
from pathlib import Path

import polars as pl

from quantsig.data.bars import check_bars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted_leader import RISE_FRACTION, planted_panel
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec

CHART = ChartSpec(timeframes=(1,), bars=8, height=32, width=48, slow_bars=8)
SPEC = SequenceSpec(features=("returns",), window_bars=6, timeframes=(1,))
LISTED_LATE, HALTED, OTHER_HOURS = "P03", "P05", "P07"
LABEL = LabelSpec(name="rise", horizon_bars=1, rise_fraction=RISE_FRACTION)


def uneven_bars(times: int = 160, seed: int = 3, symbols: int = 9) -> pl.DataFrame:
    """One symbol listed late, one halted for a while, one that closes five minutes later."""
    bars = planted_panel(times, seed, symbols).bars
    stamps = bars["timestamp"].unique().sort()
    late = pl.col("timestamp") < stamps[times // 2]
    halted = pl.col("timestamp").is_between(stamps[times // 3], stamps[times // 3 + 9])
    kept = bars.filter(
        ~((pl.col("symbol") == LISTED_LATE) & late) & ~((pl.col("symbol") == HALTED) & halted)
    )
    other = pl.col("symbol") == OTHER_HOURS
    later = pl.col("timestamp") + timedelta(minutes=5)
    moved = pl.when(other).then(later).otherwise(pl.col("timestamp"))
    return kept.with_columns(timestamp=moved).sort("symbol", "timestamp")


def uneven_samples(folder: Path, bars: pl.DataFrame | None = None, stride: int = 1) -> SampleSet:
    """A sample of every bar with the history."""
    checked = check_bars(uneven_bars() if bars is None else bars)
    return build_samples(checked, folder, chart=CHART, label=LABEL, stride_bars=stride)
