"""Whole commands on many bars, each a process that is measured from outside.

The bars are those of 14 futures at 5 minutes, and of 1,026 stocks by the day.

What is counted is what a user's machine does: processor time of the process with its imports, and
the most memory it held. Bars, samples and training are made before and are not counted. Python
keeps compiled modules as it does unless it is told not to; where it is told, in the folder that
the benchmark throws away.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.stock_bars import sessions
from quantsig.data.progress import Progress, silent
from quantsig.signals import layout

SIGNAL_SHARE = 0.0085  # of the calibration rows: some 280 signals on 33,000 test rows
SETTINGS = """
[bars]
source = "bars.parquet"
interval = "5m"
bar_label = "close"

[samples]
preset = "intraday-laptop"
stride_bars = 6

[label]
name = "rise"
horizon_bars = 12
rise_fraction = 0.006
barrier_unit = "fraction"

[train]
model = "bars_cnn"
epochs = 1
batch_size = 256
"""
MADE = (
    ("samples", "build"),
    ("train", "--out", "run", "--no-baselines"),
)
BACKTEST = ("backtest", "run", "--force")
LATEST = ("signals", "run", "bars.parquet", "--latest", "--force")
DECILES = (*BACKTEST, "--deciles", "10")
YARDSTICK = ("-c", "import torch")  # how fast the machine is at what these verbs do first
DAILY_SHARE = 0.4  # of the calibration rows: some 26,000 trades
DAILY_SETTINGS = """
[bars]
source = "bars.parquet"
interval = "1d"
bar_label = "close"

[samples]
preset = "small"

[train]
model = "logistic"

[splits]
"""
DAILY_CUTS = {"since": 0.65, "validation": 0.70, "calibration": 0.77, "test": 0.85}  # of the days
FIGURES = (
    "backtest_cpu_seconds",
    "latest_cpu_seconds",
    "backtest_mb",
    "dailies_cpu_seconds",
    "dailies_mb",
)
STEPS = 11


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a process took."""

    cpu_seconds: float  # user and system, of all its threads
    peak_mb: float


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Make bars, samples and runs, and time `backtest` and `signals --latest`.

    Each is run twice: the first compiles modules and kernels that are not cached yet, the second
    is the figure.

    Args:
        scale: how many bars of how many futures and stocks.
        progress: told of each step.
    """
    if not hasattr(os, "wait4"):
        reason = "this system does not tell what a finished process took"
        return BenchmarkFigures(
            figures=dict.fromkeys(FIGURES), missing=dict.fromkeys(FIGURES, reason)
        )
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as name:
        folder = Path(name)
        trades = _make(folder, scale, progress)
        spent = {}
        for step, (verb, words) in enumerate((("backtest", BACKTEST), ("latest", LATEST))):
            for number, turn in enumerate(("first", "again")):
                spent[verb, turn] = quantsig(folder, *words)
                progress(4 + 2 * step + number, STEPS)
        yardstick = process(folder, *YARDSTICK)
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as name:
        folder = Path(name)
        _make_dailies(folder, scale)
        progress(9, STEPS)
        for number, turn in enumerate(("first", "again")):
            spent["dailies", turn] = quantsig(folder, *DECILES)
            progress(10 + number, STEPS)
        daily_trades = pl.scan_parquet(folder / "run" / layout.BACKTEST / layout.TRADES).select(
            pl.len()
        )
        daily_trades = daily_trades.collect().item()
    backtest, latest, dailies = (spent[verb, "again"] for verb in ("backtest", "latest", "dailies"))
    return BenchmarkFigures(
        figures={
            "backtest_cpu_seconds": backtest.cpu_seconds,
            "latest_cpu_seconds": latest.cpu_seconds,
            "backtest_mb": backtest.peak_mb,
            "dailies_cpu_seconds": dailies.cpu_seconds,
            "dailies_mb": dailies.peak_mb,
        },
        details={
            "bars": scale.futures_bars,
            "futures": scale.futures,
            "test_signals": trades,
            "backtest_first_cpu_seconds": spent["backtest", "first"].cpu_seconds,
            "latest_first_cpu_seconds": spent["latest", "first"].cpu_seconds,
            "latest_mb": latest.peak_mb,
            "import_torch_cpu_seconds": yardstick.cpu_seconds,
            "dailies": scale.dailies,
            "daily_bars": scale.daily_bars,
            "daily_trades": daily_trades,
            "dailies_first_cpu_seconds": spent["dailies", "first"].cpu_seconds,
        },
    )


def process(folder: Path, *words: str) -> Spent:
    """Run a command of this Python in a folder to its end, and say what it took.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryFile("w+") as said:
        started = subprocess.Popen(
            [sys.executable, *words],
            cwd=folder,
            env=_environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            _, status, used = os.wait4(started.pid, 0)
        except BaseException:  # stopped: what still writes would outlive its folder
            started.kill()
            started.wait()
            raise
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(words)} ended with {started.returncode}: {said.read()}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Spent(cpu_seconds=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss * unit / 1e6)


def _environment(folder: Path) -> dict[str, str]:
    """That of this process, but Python may keep compiled modules, out of the way if need be."""
    known = dict(os.environ)
    if known.pop("PYTHONDONTWRITEBYTECODE", None):
        known["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    return known


def quantsig(folder: Path, *words: str) -> Spent:
    """Run a verb as `process` does."""
    return process(folder, "-m", "quantsig.cli.app", *words)


def _make(folder: Path, scale: Scale, progress: Progress) -> int:
    """Bars, samples, a run and its signals; returns how many signals the test rows have."""
    (folder / "quantsig.toml").write_text(SETTINGS, encoding="utf-8")
    sizes = (str(scale.futures_bars), str(scale.futures))
    process(folder, "-m", "quantsig.data.benchmarks.futures_bars", "bars.parquet", *sizes)
    for number, words in enumerate(MADE):
        quantsig(folder, *words)
        progress(1 + number, STEPS)
    _signal(folder, SIGNAL_SHARE)
    progress(3, STEPS)
    signals = pl.read_parquet(folder / "run" / layout.SIGNALS).filter(split="test")
    return int(signals["signal"].sum())


def _make_dailies(folder: Path, scale: Scale) -> None:
    """Bars of stocks, a model that learns on a short stretch of them, and its signals."""
    days = sessions(scale.daily_bars)
    since, *cuts = (f'"{days[int(share * len(days))]}"' for share in DAILY_CUTS.values())
    splits = f"since = {since}\nat = [{', '.join(cuts)}]\n"
    (folder / "quantsig.toml").write_text(DAILY_SETTINGS + splits, encoding="utf-8")
    sizes = (str(scale.daily_bars), str(scale.dailies))
    process(folder, "-m", "quantsig.data.benchmarks.stock_bars", "bars.parquet", *sizes)
    for words in MADE:
        quantsig(folder, *words)
    _signal(folder, DAILY_SHARE)


def _signal(folder: Path, share: float) -> None:
    """Signals on the test rows, above what this share of the calibration rows reach."""
    known = pl.read_parquet(folder / "run" / layout.PREDICTIONS).filter(split="calibration")
    threshold = known["probability"].quantile(1.0 - share, "higher")
    quantsig(folder, "signals", "run", "--threshold", str(threshold))
