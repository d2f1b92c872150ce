"""Tasks are timed in turns."""

from quantsig.data.benchmarks.timing import medians


def test_tasks_take_turns() -> None:
    """One round unmeasured, then so many that count."""
    calls: list[str] = []
    tasks = {name: lambda name=name: calls.append(name) for name in ("a", "b")}
    seconds = medians(tasks, 2)
    assert calls == ["a", "b"] * 3
    assert set(seconds) == {"a", "b"}
    assert all(time >= 0 for time in seconds.values())
