"""How a work of many tasks grows with its workers, event by event, before anyone rents them."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WORKERS = tuple(1 << power for power in range(11))  # 1 to 1,024


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What is paid beside the tasks, in seconds.

    Attributes:
        handing: of the one process that hands tasks out and takes results in, a task.
        worker: of the worker, a task: it unpacks the work and packs the result.
        starting: until a worker can begin its first task.
        bytes_a_task: work and result together.
        bytes_a_second: between that process and all workers.
    """

    handing: float
    worker: float = 0.0
    starting: float = 0.0
    bytes_a_task: float = 0.0
    bytes_a_second: float = 1.25e9  # 10 Gbit/s

    @property
    def driver(self) -> float:
        """Seconds that a task keeps the one process busy: handing over and moving bytes."""
        return self.handing + self.bytes_a_task / self.bytes_a_second


@dataclass(frozen=True, kw_only=True, slots=True)
class Grown:
    """What so many workers make of a work.

    Attributes:
        workers: at once.
        seconds: from the start to the last result.
        efficiency: seconds of the tasks over seconds of all workers, 0..1.
    """

    workers: int
    seconds: float
    efficiency: float


def simulated(tasks: Sequence[float], workers: int, costs: Costs) -> Grown:
    """Do tasks in order on so many workers, each free one given the next.

    Args:
        tasks: seconds of each.
        workers: at once.
        costs: beside them.
    """
    free = [costs.starting] * workers  # when each worker is free, a heap
    driver, last = 0.0, 0.0
    for seconds in tasks:
        begin = max(heapq.heappop(free), driver)
        driver = begin + costs.driver
        end = driver + costs.worker + seconds
        heapq.heappush(free, end)
        last = max(last, end)
    return Grown(workers=workers, seconds=last, efficiency=sum(tasks) / (workers * last))


def growth(
    tasks: Sequence[float], costs: Costs, workers: Sequence[int] = WORKERS
) -> Iterator[Grown]:
    """The same work on more and more workers."""
    for count in workers:
        yield simulated(tasks, count, costs)


def breaks_at(grown: Sequence[Grown], least: float = 0.8) -> int | None:
    """The first number of workers of which less than a share is at work; None: not among these."""
    return next((one.workers for one in grown if one.efficiency < least), None)
