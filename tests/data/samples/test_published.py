"""The samples of a published benchmark, counted as it was published."""

import os
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars
from quantsig.data.charts.spec import PRESETS
from quantsig.data.label_spec import LabelSpec
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.samples.build import build_samples
from quantsig.data.split_spec import SplitSpec

ACL18 = Path(os.environ.get("MARKET_BARS", "")) / "acl18_stocknet"
LABEL = LabelSpec(name="close_direction", horizon_bars=1)
SPLITS = SplitSpec(at=("2015-08-01", "2015-10-01"), since="2014-01-01", until="2016-01-01")


NEEDED = "MARKET_BARS" not in os.environ


def acl18_bars(folder: Path) -> CheckedBars:
    """The 87 stocks that have bars in the years of the benchmark, with their adjustment."""
    closes = pl.read_parquet(ACL18 / "adj_close.parquet")
    bars = pl.read_parquet(ACL18 / "bars_1d.parquet").join(closes, on=["symbol", "timestamp"])
    bars.filter(pl.col("symbol") != "GMRE").write_parquet(folder / "bars.parquet")
    return read_bars(folder / "bars.parquet", ReadOptions(timezone="America/New_York"))


@pytest.mark.skipif(NEEDED, reason="the bars of MARKET_BARS are needed")
def test_the_samples_of_acl18_are_those_that_were_published(tmp_path: Path) -> None:
    """Of 87 stocks 2,555 of validation and 3,720 of test, 51.29 % up (Feng et al. 2019)."""
    samples = build_samples(
        acl18_bars(tmp_path), tmp_path / "set", chart=PRESETS["jkx5"], label=LABEL
    )
    rows = samples.with_splits(SPLITS).drop_nulls("split")
    counts = dict(rows["split"].value_counts().iter_rows())
    assert (counts["validation"], counts["test"]) == (2555, 3720)
    assert rows["symbol"].n_unique() == 87
    up = rows.filter(split="test")["label"].to_numpy().mean()
    assert f"{up:.2%}" == "51.29%"
    ends = rows.filter(split="test")["label_end"]
    assert str(samples.calendar.dates(ends).min()) == "2015-10-01"


@pytest.mark.skipif(NEEDED, reason="the bars of MARKET_BARS are needed")
def test_without_a_history_all_rows_of_acl18_are_labelled(tmp_path: Path) -> None:
    """20,346 of training, where a sample needs its own bar alone; the others lose none."""
    chart = replace(PRESETS["sequence"], bars=1)
    samples = build_samples(acl18_bars(tmp_path), tmp_path / "set", chart=chart, label=LABEL)
    rows = samples.with_splits(SPLITS).drop_nulls("split")
    counts = dict(rows["split"].value_counts().iter_rows())
    assert counts == {"train": 20_346, "validation": 2_555, "test": 3_720}
