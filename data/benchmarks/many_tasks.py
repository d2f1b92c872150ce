"""What a cluster costs beside processes of this machine, and how both would grow."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from itertools import cycle, islice
from statistics import median

import numpy as np

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.progress import Progress, silent
from quantsig.data.tasks.growth import Costs, Grown, breaks_at, growth
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import Hear, Task
from quantsig.data.tasks.workers import Workers

PROCESSES = 2
TASKS = 4  # of one measurement, after one of each worker that is not counted
TASK_SECONDS = 5.0
QUICK_SECONDS = 0.1
EMPTY = 200  # tasks that do nothing, for what handing one over costs
REPETITIONS = 3
RESULT_BYTES = 200_000  # of a task: rows of a fold, say
SIMULATED = 4096
NO_RAY = "Ray is not installed"
SORTED = 1 << 16


def work(rounds: int, hear: Hear) -> tuple[float, float]:
    """Sort the same numbers so often; gives when it began and ended."""
    begin = time.time()
    numbers = np.random.default_rng(3).random(SORTED)
    for _ in range(rounds):
        np.sort(numbers)
    return begin, time.time()


def measure(
    repetitions: int, *, quick: bool = False, progress: Progress = silent
) -> BenchmarkFigures:
    """Do the same tasks in processes and in a cluster of this machine, turn by turn.

    Args:
        repetitions: at most so many turns.
        quick: with tiny tasks, to see that it runs.
        progress: told of each turn.
    """
    seconds = QUICK_SECONDS if quick else TASK_SECONDS
    rounds = _rounds_of(seconds)
    homes = ("local", "ray") if find_spec("ray") else ("local",)
    turns = [home for _ in range(min(repetitions, REPETITIONS)) for home in homes]
    spans: dict[str, list[float]] = {home: [] for home in homes}
    starts: dict[str, list[float]] = {home: [] for home in homes}
    tasks: list[float] = []
    for done, home in enumerate(turns):
        progress(done, len(turns) + 1)
        started, marks = time.time(), _times(home, [1] * PROCESSES + [rounds] * TASKS)
        measured = marks[PROCESSES:]
        starts[home].append(marks[0][0] - started)
        spans[home].append(max(end for _, end in measured) - min(begin for begin, _ in measured))
        tasks += [end - begin for begin, end in measured] if home == "local" else []
    progress(len(turns), len(turns) + 1)
    handing = {home: _handing(home, 10 if quick else EMPTY) for home in homes}
    took = {home: median(found) for home, found in spans.items()}
    ratio = took["ray"] / took["local"] if "ray" in took else None
    home = homes[-1]
    costs = Costs(handing=handing[home], starting=median(starts[home]), bytes_a_task=RESULT_BYTES)
    grown = list(growth(list(islice(cycle(tasks), SIMULATED)), costs))
    return BenchmarkFigures(
        figures={"ray_overhead": ratio},
        missing={} if ratio else {"ray_overhead": NO_RAY},
        details={
            "tasks": TASKS,
            "processes": PROCESSES,
            "task_seconds": median(tasks),
            **{f"{name}_seconds": value for name, value in took.items()},
            **{f"{name}_start_seconds": median(found) for name, found in starts.items()},
            **{f"{name}_handing_ms": 1e3 * value for name, value in handing.items()},
            "simulated_tasks": SIMULATED,
            "workers_below_80_percent": breaks_at(grown),
            "growth": [_row(one) for one in grown],
        },
    )


def _row(one: Grown) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(one).items()}


def _times(home: str, rounds: Sequence[int]) -> list[tuple[float, float]]:
    """When each task began and ended."""
    tasks = [Task(name=f"task {number}", work=count) for number, count in enumerate(rounds)]
    return list(run_tasks(work, tasks, on=Workers(home=home, count=PROCESSES)))


def _handing(home: str, tasks: int) -> float:
    """Seconds that one more task costs, from those of many that do nothing."""
    marks = _times(home, [0] * (PROCESSES + tasks))[PROCESSES:]
    return (marks[-1][1] - marks[0][0]) / tasks


def _rounds_of(seconds: float) -> int:
    """How often the numbers are sorted in so many seconds of processor time."""
    started, rounds = time.process_time(), 20
    work(rounds, lambda name, *told: None)
    return max(1, round(seconds * rounds / max(time.process_time() - started, 1e-6)))
