"""However many bars and samples there are, a build fits into two gigabytes."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
SYMBOLS, BARS = 20, 500_000
WRITER = f"""
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import numpy as np
import polars as pl
from quantsig.data.bars import write_bars

start = datetime(2020, 1, 1, tzinfo=UTC)
minutes = pl.datetime_range(
    start, start + timedelta(minutes={BARS - 1}), "1m", time_unit="us", eager=True
)
frames = []
for seed in range({SYMBOLS}):
    random = np.random.default_rng(seed)
    close = np.round(500 + np.cumsum(random.normal(0, 0.02, {BARS})), 2)
    frames.append(pl.DataFrame({{
        "symbol": pl.repeat(f"S{{seed:02}}", {BARS}, eager=True), "timestamp": minutes,
        "open": close - 0.01, "high": close + 0.02, "low": close - 0.03, "close": close,
        "volume": random.integers(1, 999, {BARS}) * 100.0, "adjustment": 1.0,
    }}))
write_bars(Path(sys.argv[1]), pl.concat(frames))
"""
BUILDER = """
import resource, sys
from pathlib import Path
from quantsig.data.charts.spec import PRESETS
from quantsig.data.labels import LabelSpec
from quantsig.data.readers import ReadOptions, read_bars
from quantsig.data.samples.build import build_samples

samples = build_samples(
    read_bars(Path(sys.argv[1]), ReadOptions()), Path(sys.argv[2]),
    chart=PRESETS["intraday-laptop"], label=LabelSpec(), stride_bars=10,
)
print(len(samples), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


GROWER = """
import resource, sys
from pathlib import Path
import polars as pl
from quantsig.data.charts.spec import PRESETS
from quantsig.data.labels import LabelSpec
from quantsig.data.readers import ReadOptions, read_bars
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.extend import extend_samples
from quantsig.data.samples.verify.sample_set import verify_samples

first, whole, out = map(Path, sys.argv[1:])
options = ReadOptions(bar_label="close")
build_samples(
    read_bars(first, options), out,
    chart=PRESETS["intraday-laptop"], label=LabelSpec(), stride_bars=10,
)
extend_samples(out, read_bars(whole, options))
print(verify_samples(out).samples, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
SPLITTER = """
import sys
from pathlib import Path
import polars as pl
from quantsig.data.benchmarks.minute_bars import minute_bars

bars = minute_bars(600_000, symbols=5).drop("adjustment").sort("timestamp", "symbol")
for rows, path in ((1_500_000, sys.argv[1]), (len(bars), sys.argv[2])):
    bars.head(rows).write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")
"""


def run(script: str, *words: object) -> str:
    """What a script prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout


@pytest.mark.soak
def test_ten_million_bars_and_a_million_samples(tmp_path: Path) -> None:
    """Read, checked and built: 20 x (500,000 - 1,530 + 1) / 10 samples, under 2 GB at the peak."""
    run(WRITER, tmp_path / "bars.parquet")
    built, peak_kib = run(BUILDER, tmp_path / "bars.parquet", tmp_path / "set").split()
    assert int(built) == 20 * 49_848
    assert int(peak_kib) * 1024 < 2e9


@pytest.mark.soak
def test_text_in_the_order_of_time_that_grows(tmp_path: Path) -> None:
    """1.5 million bars of CSV, all symbols mixed, then 3 million over them, and verified.

    Reading such a file as one table of text took 1.3 GB; the libraries alone take 0.25.
    """
    first, whole = tmp_path / "first.csv", tmp_path / "whole.csv"
    run(SPLITTER, first, whole)
    built, peak_kib = run(GROWER, first, whole, tmp_path / "set").split()
    assert int(built) == 5 * 59_848
    assert int(peak_kib) * 1024 < 1.0e9
