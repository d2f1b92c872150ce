"""A simulated work against what can be counted by hand."""

import pytest

from quantsig.data.tasks.growth import Costs, breaks_at, growth, simulated

FREE = Costs(handing=0.0)


@pytest.mark.parametrize(
    ("tasks", "workers", "costs", "seconds"),
    [
        ([5.0] * 8, 1, FREE, 40.0),
        ([5.0] * 8, 4, FREE, 10.0),
        ([5.0] * 9, 4, FREE, 15.0),  # the ninth waits for all others
        ([5.0] * 8, 64, FREE, 5.0),  # no more workers than tasks
        ([1.0, 9.0, 1.0], 2, FREE, 9.0),
        ([5.0] * 4, 4, Costs(handing=1.0), 9.0),  # the fourth is handed out after four seconds
        ([5.0] * 2, 2, Costs(handing=0.0, starting=3.0, worker=0.5), 8.5),
        ([1.0], 1, Costs(handing=0.0, bytes_a_task=5e9, bytes_a_second=1e9), 6.0),
    ],
)
def test_the_last_result_comes_when_it_must(
    tasks: list[float], workers: int, costs: Costs, seconds: float
) -> None:
    assert simulated(tasks, workers, costs).seconds == pytest.approx(seconds)


def test_efficiency_breaks_where_one_process_hands_out_all() -> None:
    """Tasks of 5 s, 10 ms each to hand over: 500 workers are all that can be kept busy."""
    grown = list(growth([5.0] * 4096, Costs(handing=0.01)))
    by_workers = {one.workers: one for one in grown}
    assert by_workers[1].efficiency > 0.99
    assert by_workers[256].efficiency > 0.9
    assert by_workers[1024].efficiency < 0.5
    assert by_workers[1024].seconds == pytest.approx(4096 * 0.01 + 5.0)
    assert by_workers[512].efficiency == pytest.approx(20480 / (512 * 45.96))
    assert breaks_at(grown) == 1024


def test_work_that_never_breaks_says_so() -> None:
    assert breaks_at(list(growth([5.0] * 1024, FREE))) is None
