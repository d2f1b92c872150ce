"""Drawing: against the user's decode, matplotlib, PIL, and a memset of the output."""

from collections.abc import Callable
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.rivals import (
    CHARTS,
    by_collections,
    by_matplotlib,
    by_pil,
    windows_of,
)
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.charts.draw import draw
from quantsig.data.errors import DataError
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks import legacy_format
from quantsig.signals.scoring.arithmetic import computed_in

SLOW = ("matplotlib", "matplotlib_collections")
REPEATS = 3  # matplotlib draws every third chart, and its time counts threefold


def measure(samples: SampleSet, scale: Scale) -> BenchmarkFigures:
    """Every figure of drawing, in one thread.

    Args:
        samples: a set of storage `bars`; samples spread over it are drawn in turn.
        scale: how many charts a call draws.

    Raises:
        DataError: the set stores frames.
    """
    if not samples.drawn:
        raise DataError(
            "this set stores frames; there are no bars to draw.",
            where=str(samples.path),
            remedy="Name a set that was built from bars.",
        )
    spread = np.linspace(0, len(samples) - 1, 8 * scale.charts).astype(np.int64)
    rows = samples.decision_rows[np.random.default_rng(0).permutation(spread)]
    ours, theirs = _our_tasks(samples, rows, scale.charts), _their_tasks(samples, rows[0])
    with computed_in(1):
        seconds = medians(ours | theirs, scale.repetitions)
    calls = dict.fromkeys(ours, scale.charts) | dict.fromkeys(SLOW, 1 / REPEATS)
    sample = {name: time / calls.get(name, 1) for name, time in seconds.items()}
    return BenchmarkFigures(
        figures={
            "draw_f32_speedup": sample["legacy_decode"] / sample["draw_f32"],
            "draw_vs_matplotlib": sample["matplotlib"] / sample["draw_u8"],
            "draw_vs_pil": sample["pil"] / sample["draw_u8"],
            "draw_over_memset": sample["draw_u8"] / sample["memset_u8"],
        },
        details={f"{name}_ms": 1e3 * time for name, time in sample.items()},
        remarks=(
            f"matplotlib and PIL each draw {CHARTS} candle charts with an average of the same "
            "bars at the same size. Their pictures differ from ours: colours on white, other "
            "roundings, and matplotlib smooths its lines. It is used as commonly seen, by vlines "
            "and bar; with one collection for all wicks and one for all bodies it takes "
            f"{1e3 * sample['matplotlib_collections']:.0f} ms a sample.",
        ),
    )


def _our_tasks(
    samples: SampleSet, rows: NDArray[np.int64], charts: int
) -> dict[str, Callable[[], object]]:
    """Each call draws the next so many charts into buffers that are used again."""
    bars, spec = samples.matrix, samples.chart
    turns = cycle(np.split(rows, len(rows) // charts))
    out = draw(bars, next(turns), spec)
    floats = np.empty(out.shape, np.float32)
    return {
        "memset_u8": lambda: out.fill(1),
        "draw_u8": lambda: draw(bars, next(turns), spec, out),
        "draw_f32": lambda: draw(bars, next(turns), spec, floats, form="float32"),
    }


def _their_tasks(samples: SampleSet, row: np.int64) -> dict[str, Callable[[], object]]:
    """Each call makes one sample, or one part of its charts where that takes long."""
    bars, spec = samples.matrix, samples.chart
    windows = windows_of(bars, int(row), spec)
    once = windows[: CHARTS // REPEATS]
    picture = draw(bars, np.array([row]), spec)[0].astype(np.float16)
    file = legacy_format.encode(picture)
    return {
        "legacy_decode": lambda: legacy_format.decode(file),
        "matplotlib_collections": lambda: [by_collections(window, spec) for window in once],
        "matplotlib": lambda: [by_matplotlib(window, spec) for window in once],
        "pil": lambda: [by_pil(window, spec) for window in windows],
    }
