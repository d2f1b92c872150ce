"""What whole processes take, measured from outside."""

import os
from pathlib import Path

import pytest

from quantsig.backtest.benchmarks.real import measure, process
from quantsig.data.benchmarks.bounds import BOUNDS
from quantsig.data.benchmarks.scale import QUICK

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not tell")


def test_a_process_is_weighed_and_timed_from_outside(tmp_path: Path) -> None:
    """One holds 200 MB and works for .3 s of its own clock; the other does neither."""
    heavy = process(
        tmp_path,
        "-c",
        "import time; held = bytearray(b'1') * 200_000_000\nwhile time.process_time() < 0.5: pass",
    )
    light = process(tmp_path, "-c", "pass")
    assert heavy.peak_mb >= 200
    assert heavy.cpu_seconds >= 0.5
    assert light.cpu_seconds < heavy.cpu_seconds


def test_what_a_failing_process_says_is_told(tmp_path: Path) -> None:
    """Or a benchmark would time an error."""
    with pytest.raises(RuntimeError, match="no such thing"):
        process(tmp_path, "-c", "raise SystemExit('no such thing')")


def test_a_stop_ends_the_process_that_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it would go on writing where the folder is being removed."""
    started: list[int] = []

    def stopped(pid: int, options: int) -> None:
        started.append(pid)
        raise KeyboardInterrupt

    monkeypatch.setattr("quantsig.backtest.benchmarks.real.os.wait4", stopped)
    with pytest.raises(KeyboardInterrupt):
        process(tmp_path, "-c", "import time; time.sleep(60)")
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_modules_are_compiled_once_even_where_python_is_told_not_to_keep_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a user's Python does; what is kept lies in the folder that is thrown away."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    process(tmp_path, "-c", "import json.tool")
    assert list((tmp_path / "compiled").rglob("tool.*.pyc"))


@pytest.mark.soak
def test_every_figure_is_there() -> None:
    """Bars to signals to report by the commands that a user gives, at a tiny size."""
    found = measure(QUICK)
    assert found.figures.keys() == BOUNDS["real"].keys()
    assert all(figure and figure > 0 for figure in found.figures.values())
    assert found.details["test_signals"] > 0
