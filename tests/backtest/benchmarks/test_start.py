"""What it takes to start a verb that only looks."""

import os
from pathlib import Path

import pytest

from quantsig.backtest.benchmarks import start
from quantsig.backtest.benchmarks.real import Spent
from quantsig.data.benchmarks.bounds import BOUNDS
from quantsig.data.benchmarks.scale import FULL

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not tell")


def test_a_figure_is_the_median_of_five_processes_after_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first, which compiles, is told apart; one slow process of five moves nothing."""
    seconds = iter([9.0, 0.1, 0.2, 0.3, 0.4, 8.0])
    both = iter([second for second in seconds for _ in range(2)])

    def spent(folder: Path, *words: str) -> Spent:
        took = next(both) if {"list", "thresholds"} & set(words) else 100.0
        (folder / "peak").write_text(str(10 * took))
        return Spent(cpu_seconds=took, peak_mb=1e9)

    monkeypatch.setattr(start, "quantsig", spent)
    monkeypatch.setattr(start, "process", spent)
    found = start.measure(FULL)
    assert found.figures.keys() == BOUNDS["start"].keys()
    assert (found.figures["runs_list_seconds"], found.figures["thresholds_seconds"]) == (0.3, 0.3)
    assert found.figures["runs_list_mb"] == 3.0
    assert found.details["runs_list_first_seconds"] == 9.0
