"""How the steps of a research grow with the number of symbols."""

import os
from pathlib import Path

import pytest

from quantsig.backtest.benchmarks.growth import STEPS, exponent, measure
from quantsig.backtest.benchmarks.real import Spent
from quantsig.data.benchmarks.bounds import BOUNDS
from quantsig.data.benchmarks.scale import FULL, QUICK, Scale

SIZES = (100, 1000, 10_000)


@pytest.mark.parametrize("power", [0.8, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("start", [0.0, 30.0])
def test_the_power_is_found_whatever_a_process_takes_to_start(power: float, start: float) -> None:
    """Seconds of a known curve."""
    seconds = [start + 0.02 * size**power for size in SIZES]
    assert exponent(seconds, SIZES) == pytest.approx(power)


def test_what_hardly_grows_has_no_power() -> None:
    """It would be that of the noise."""
    assert exponent([3.0, 3.4, 9.0], SIZES) is None
    assert exponent([3.0, 5.0, 4.0], SIZES) is None


@pytest.mark.parametrize("scale", [FULL, QUICK])
def test_sizes_are_a_geometric_series(scale: Scale) -> None:
    """Or the formula does not hold."""
    first, second, third = scale.growth_symbols
    assert first * third == second**2


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not tell")
def test_the_worst_step_is_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps are straight lines but one; the first run, at the smallest size, is dropped."""
    runs: list[int] = []

    def made(folder: Path, symbols: int, days: int) -> tuple[dict[str, Spent], int]:
        compiled = 1000.0 if runs else 0.0
        runs.append(symbols)
        spent = {
            step: Spent(cpu_seconds=3.0 + symbols / 100 + 1000.0 - compiled, peak_mb=symbols / 10)
            for step in STEPS
        }
        spent["sweep"] = Spent(cpu_seconds=(symbols / 100) ** 1.5, peak_mb=1200.0)
        return spent, symbols * days

    monkeypatch.setattr("quantsig.backtest.benchmarks.growth.steps", made)
    found = measure(FULL)
    assert runs == [100, 100, 1000, 10_000]
    assert found.figures["largest_mb"] == 1200.0
    assert found.figures["largest_exponent"] == pytest.approx(1.5)
    powers = {row["step"]: row["exponent"] for row in found.details["steps"]}
    assert powers["build"] == pytest.approx(1.0)


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not tell")
def test_every_step_is_weighed_at_every_size() -> None:
    """Bars to page by the commands that a user gives, at tiny sizes."""
    found = measure(QUICK)
    assert found.figures.keys() == BOUNDS["scale"].keys()
    assert found.figures["largest_mb"]
    assert [row["step"] for row in found.details["steps"]] == list(STEPS)
    for row in found.details["steps"]:
        assert all(row[f"seconds_{symbols}"] > 0 for symbols in QUICK.growth_symbols)
