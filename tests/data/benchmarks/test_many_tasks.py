"""`quantsig bench tasks` without Ray, whose own test stands with the other homes."""

import pytest

from quantsig.data.benchmarks import many_tasks
from quantsig.data.benchmarks.bounds import BOUNDS


def test_without_ray_the_overhead_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The growth is that of processes then."""
    monkeypatch.setattr(many_tasks, "find_spec", lambda name: None)
    found = many_tasks.measure(1, quick=True)
    assert found.figures.keys() == BOUNDS["tasks"].keys() == found.missing.keys()
    rows = found.details["growth"]
    assert [row["workers"] for row in rows] == [1 << power for power in range(11)]
    seconds = [row["seconds"] for row in rows]
    assert seconds == sorted(seconds, reverse=True)
