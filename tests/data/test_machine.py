"""What the machine tells, and None where it does not."""

import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from quantsig.data import machine


def test_cores_are_those_this_process_may_use() -> None:
    """One after it was bound to one."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert machine.cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert machine.cores() == len(before)


def test_cores_without_an_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS and Windows know of the machine's cores alone, and may not know them at all."""
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert machine.cores() == 12
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores() == 1


def test_peak_memory_counts_what_was_held() -> None:
    """100 MB more, once they were written to and given back; in a process of its own."""
    script = (
        "from quantsig.data.machine import peak_memory_bytes as peak\n"
        "before = peak()\n"
        "bytearray(b'x') * (before + 100_000_000)\n"
        "print(before, peak())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    before, after = map(int, answer.stdout.split())
    assert before + 90_000_000 < after < 2 * before + 200_000_000


def test_peak_memory_without_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has neither /proc nor `resource`: None, not zero."""
    monkeypatch.setattr(Path, "is_file", lambda self: False)
    assert machine.peak_memory_bytes()
    monkeypatch.setitem(sys.modules, "resource", None)
    assert machine.peak_memory_bytes() is None


def test_memory_without_sysconf(monkeypatch: pytest.MonkeyPatch) -> None:
    """None where nobody can be asked."""
    known = machine.memory_bytes()
    assert known is not None
    assert known > 1 << 28
    monkeypatch.delattr(os, "sysconf")
    assert machine.memory_bytes() is None


def test_free_memory_is_given_back() -> None:
    """Pieces that lie between others, which a C library keeps otherwise."""
    program = """
from quantsig.data.machine import give_memory_back
def held():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
pieces = [b"x" * 100_000 for _ in range(4000)]
kept = pieces[::40]
del pieces
before = held()
give_memory_back()
print(before, held())
"""
    if sys.platform != "linux":
        pytest.skip("no /proc")
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    before, after = map(int, answer.stdout.split())
    assert after < before - 300_000_000


def test_polars_returns_memory_at_once() -> None:
    """What its own allocator keeps for a while otherwise."""
    program = """
from quantsig.data.machine import return_memory_at_once
return_memory_at_once()
import polars as pl
def held():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before = held()
made = [pl.Series([0.5]).new_from_index(0, 250_000) for _ in range(100)]
most = held()
del made
print(before, most, held())
"""
    if sys.platform != "linux":
        pytest.skip("no /proc")
    told = {**os.environ, machine.AT_ONCE[0]: "dirty_decay_ms:500,muzzy_decay_ms:1000"}
    answer = subprocess.run(  # as polars itself tells the processes that come after
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=told
    )
    before, most, after = map(int, answer.stdout.split())
    assert most > before + 180_000_000
    assert after < before + 20_000_000


def test_circles_are_freed() -> None:
    """What only refers to itself goes at once, not when the collector comes to it."""

    class Circle:
        def __init__(self) -> None:
            self.me = self

    seen = weakref.ref(Circle())
    assert seen() is not None
    machine.give_memory_back()
    assert seen() is None


def test_where_nothing_can_be_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other systems have no such call."""
    machine._c_library.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    machine.give_memory_back()
    machine._c_library.cache_clear()
