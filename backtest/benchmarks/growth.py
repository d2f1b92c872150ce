"""How time and memory grow with the number of symbols: each step of a research as a process.

The same steps on three sizes, each ten times the last: samples, their opening, a logistic training
that scores every row, thresholds, signals, a sweep of the calibration rows, a backtest with its
page, and the page once more. Time is processor time and memory is what the process held at most,
both taken from outside, imports included.
"""

import os
import tempfile
from math import log
from pathlib import Path

from quantsig.backtest.benchmarks.real import Spent, process, quantsig
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.manifest import read_manifest

SETTINGS = """
[bars]
source = "bars.parquet"
interval = "1d"
bar_label = "close"

[samples]
preset = "small"
stride_bars = 6

[train]
model = "logistic"
"""
STEPS = {
    "build": ("samples", "build", "--force"),
    "open": ("samples", "info"),
    "score": ("train", "--out", "run", "--no-baselines", "--force"),
    "thresholds": ("thresholds", "run"),
    "signals": ("signals", "run", "--force"),
    "sweep": ("sweep", "run", "--force"),
    "backtest": ("backtest", "run", "--force"),
    "report": ("report", "run", "--force"),
}
SIGNALS_A_DAY = 0.01  # of each symbol
LEAST_SECONDS = 1.0  # that a step has to grow by from a size to the next, or noise is fitted
FIGURES = ("largest_mb", "largest_exponent")


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Take each step at each size, the smallest size twice: its first run compiles and is dropped.

    Args:
        scale: how many bars of how many symbols.
        progress: told of each size.
    """
    if not hasattr(os, "wait4"):
        reason = "this system does not tell what a finished process took"
        return BenchmarkFigures(
            figures=dict.fromkeys(FIGURES), missing=dict.fromkeys(FIGURES, reason)
        )
    sizes = scale.growth_symbols
    spent: dict[int, dict[str, Spent]] = {}
    samples = 0
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as name:
        turns = (*sizes[:1] * min(2, scale.repetitions), *sizes[1:])
        for number, symbols in enumerate(turns):
            folder = Path(name) / str(symbols)
            spent[symbols], samples = steps(folder, symbols, scale.growth_bars)
            progress(1 + number, len(turns))
    seconds = {step: [spent[symbols][step].cpu_seconds for symbols in sizes] for step in STEPS}
    exponents = {step: exponent(seconds[step], sizes) for step in STEPS}
    known = [one for one in exponents.values() if one is not None]
    missing = {} if known else {"largest_exponent": "no step grew by a second from size to size"}
    return BenchmarkFigures(
        figures={
            "largest_mb": max(one.peak_mb for one in spent[sizes[-1]].values()),
            "largest_exponent": max(known, default=None),
        },
        missing=missing,
        details={
            "symbols": sizes[-1],
            "bars": sizes[-1] * scale.growth_bars,
            "samples": samples,
            "steps": [
                {"step": step, "exponent": exponents[step], **_by_size(step, spent)}
                for step in STEPS
            ],
        },
    )


def steps(folder: Path, symbols: int, days: int) -> tuple[dict[str, Spent], int]:
    """Make bars of so many days in a folder; what each step on them took, and how many samples."""
    folder.mkdir(exist_ok=True)
    (folder / "quantsig.toml").write_text(SETTINGS, encoding="utf-8")
    made = ("-m", "quantsig.data.benchmarks.stock_bars", "bars.parquet", str(days), str(symbols))
    process(folder, *made)
    chosen = ("--top-k", str(max(1.0, SIGNALS_A_DAY * symbols)))
    spent = {
        step: quantsig(folder, *words, *(chosen if step == "thresholds" else ()))
        for step, words in STEPS.items()
    }
    return spent, read_manifest(folder / "samples").samples


def exponent(seconds: list[float], sizes: tuple[int, int, int]) -> float | None:
    """The p of the curve c + a n^p through three sizes, each so many times the last.

    What a process takes to start is in c, and c is nowhere in p: the second difference over the
    first is the step from size to size to the power of p.

    Args:
        seconds: at each size.
        sizes: a geometric series.

    Returns:
        None where the seconds grow by less than `LEAST_SECONDS` from a size to the next.
    """
    first, second = seconds[1] - seconds[0], seconds[2] - seconds[1]
    if min(first, second) < LEAST_SECONDS:
        return None
    return log(second / first) / log(sizes[1] / sizes[0])


def _by_size(step: str, spent: dict[int, dict[str, Spent]]) -> dict[str, float]:
    """Seconds and megabytes of a step at each size."""
    return {
        f"{unit}_{symbols}": figure
        for symbols, took in spent.items()
        for unit, figure in (
            ("seconds", took[step].cpu_seconds),
            ("mb", took[step].peak_mb),
        )
    }
