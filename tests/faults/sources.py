"""What the verbs that a disk fails under start from."""

from pathlib import Path

import polars as pl

from quantsig.data.demo.planted import planted_bars
from tests.cli.conftest import SETTINGS
from tests.data.samples.legacy_files import write

CELLS = 1000  # so that each fold of a walk, and what has come out, holds events


def write_sources(folder: Path) -> None:
    """Settings, bars, the same bars with newer ones, and old sample files."""
    folder.mkdir(parents=True)
    bars = planted_bars(CELLS, seed=1).bars.drop("adjustment")
    times = bars["timestamp"].unique().sort()
    bars.filter(pl.col("timestamp") <= times[len(times) * 9 // 10]).write_csv(folder / "bars.csv")
    bars.write_csv(folder / "newer.csv")
    (folder / "quantsig.toml").write_text(SETTINGS)
    (folder / "legacy").mkdir()
    write(folder / "legacy", 12)
