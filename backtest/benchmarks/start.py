"""How long verbs that only look take to start: whole processes, imports included."""

import os
import tempfile
from pathlib import Path
from statistics import median

from quantsig.backtest.benchmarks.real import Spent, process, quantsig
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.demo import demo_path
from quantsig.data.progress import Progress, silent

# What a process forked from this one held at most counts this one's memory, too: it tells its own.
TELLING = """
import sys
from pathlib import Path
from quantsig.cli.app import main
code = main()
from quantsig.data.benchmarks.peak import peak_mb
Path("peak").write_text(str(peak_mb()))
sys.exit(code)
"""
PROCESSES = 5  # of each verb, after one that is not counted
MADE = (
    ("samples", "build", str(demo_path()), "--preset", "small"),
    ("train", "--model", "logistic", "--out", "run", "--no-baselines"),
)


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Start `runs list` in an empty folder and `thresholds` on a finished run of the demo bars.

    Args:
        scale: at most so many repetitions.
        progress: told of each process.
    """
    if not hasattr(os, "wait4"):
        names = ("runs_list_seconds", "runs_list_mb", "thresholds_seconds")
        reason = "this system does not tell what a finished process took"
        return BenchmarkFigures(figures=dict.fromkeys(names), missing=dict.fromkeys(names, reason))
    processes = min(PROCESSES, scale.repetitions)
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as name:
        folder, empty = Path(name), Path(name) / "empty"
        empty.mkdir()
        steps = len(MADE) + 2 * (processes + 1)
        for number, words in enumerate(MADE):
            quantsig(folder, *words)
            progress(1 + number, steps)
        listed, held, judged = [], [], []
        for number in range(processes + 1):
            listed.append(process(empty, "-c", TELLING, "runs", "list"))
            held.append(float((empty / "peak").read_text(encoding="utf-8")))
            judged.append(quantsig(folder, "thresholds", "run"))
            progress(len(MADE) + 2 * (number + 1), steps)
    return BenchmarkFigures(
        figures={
            "runs_list_seconds": _seconds(listed[1:]),
            "runs_list_mb": median(held[1:]),
            "thresholds_seconds": _seconds(judged[1:]),
        },
        details={
            "processes": processes,
            "runs_list_first_seconds": listed[0].cpu_seconds,
            "thresholds_first_seconds": judged[0].cpu_seconds,
        },
    )


def _seconds(processes: list[Spent]) -> float:
    return median(one.cpu_seconds for one in processes)
