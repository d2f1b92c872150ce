"""What building a sample set would take: rows, bytes, and the time as a piece foretells it."""

import time
from dataclasses import dataclass

import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.label_spec import LabelSpec
from quantsig.data.machine import cores
from quantsig.data.samples.build import MOST_THREADS
from quantsig.data.samples.in_memory import SamplesInMemory, check_passing
from quantsig.data.samples.index import SampleRule
from quantsig.data.samples.parts import INDEX_SCHEMA, PART_ROWS, packed

PROBE_BARS = 1 << 16  # whose samples are made and packed


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildDryRun:
    """What building a sample set would take.

    Attributes:
        samples: that it would hold, those whose label is not known yet among them.
        symbols: with bars enough.
        left_out: symbols with too few.
        bars: that it would hold.
        bytes_on_disk: of bars and index, about.
        seconds: about, without the reading of the bars.
        parts: seconds of each piece that workers share, one thread each.
    """

    samples: int
    symbols: int
    left_out: int
    bars: int
    bytes_on_disk: int
    seconds: float
    parts: tuple[float, ...]


def dry_run_build(
    checked: CheckedBars, *, chart: ChartSpec, label: LabelSpec, stride_bars: int = 1
) -> BuildDryRun:
    """What `build_samples` would take; nothing is written.

    Raises:
        ConfigError, DataError: as the building itself would.
    """
    rule = SampleRule(history_bars=chart.history_bars, stride_bars=stride_bars, label=label)
    passing = SamplesInMemory(checked=checked, chart=chart, rule=rule)
    check_passing(passing)
    started = time.perf_counter()
    piece = next(passing.pieces(PROBE_BARS))
    rows = piece.index.select(*INDEX_SCHEMA)
    some = checked.bars.head(PROBE_BARS)
    index_bytes, bar_bytes = (len(packed(frame, {}).getbuffer()) for frame in (rows, some))
    spent = time.perf_counter() - started
    probed = max(_bars_of(rows, stride_bars), len(some))
    threads = min(cores(), MOST_THREADS, max(1, len(checked.bars) // PROBE_BARS))
    pieces = -(-len(checked.bars) // PART_ROWS)
    whole = spent / probed * len(checked.bars)  # in one thread
    left_out = passing.left_out()
    return BuildDryRun(
        samples=len(passing),
        symbols=len(passing.symbol_bars) - len(left_out),
        left_out=len(left_out),
        bars=len(checked.bars),
        bytes_on_disk=round(
            index_bytes / len(rows) * len(passing) + bar_bytes / len(some) * len(checked.bars)
        ),
        seconds=whole / threads,
        parts=(whole / pieces,) * pieces,
    )


def _bars_of(rows: pl.DataFrame, stride_bars: int) -> int:
    """The bars that so many samples are made of."""
    return len(rows) * stride_bars
