"""Times that can be compared: medians of tasks that take turns."""

import time
from collections.abc import Callable, Mapping
from statistics import median

Task = Callable[[], object]


def medians(tasks: Mapping[str, Task], repetitions: int) -> dict[str, float]:
    """Median seconds of each task.

    Every task runs once unmeasured. Then they take turns, so that whatever else the machine does
    slows all of them alike and their ratios hold.

    Args:
        tasks: by name.
        repetitions: rounds that count, 1 or more.
    """
    for task in tasks.values():
        task()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repetitions):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            seconds[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in seconds.items()}
