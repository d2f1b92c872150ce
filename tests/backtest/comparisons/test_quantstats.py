"""The report's figures of an equity are those of quantstats, in three zones.

quantstats brings a downloader of prices with it, so it is not installed here: quantstats.json is
what it said of the same returns, and `QUANTSTATS_PYTHON` names a Python that has it and is asked
again.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from quantsig.backtest.comparisons.beside_market import beside_market
from quantsig.backtest.statistics.calendar_returns import monthly, yearly
from quantsig.data.calendar.sessions import SessionCalendar
from tests.backtest.comparisons.test_beside_market import ZONES, curves
from tests.backtest.trade_rows import trades_frame

HERE = Path(__file__).parent
STORED = HERE / "quantstats.json"
CALENDAR = {"annual_return", "calmar"}  # quantstats counts sessions for years, we the days
NEAR = 1e-3  # of these


def told() -> dict[str, Any]:
    """What quantstats says of the curves."""
    document: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    return document


def asked(python: str) -> dict[str, Any]:
    """What the quantstats of another Python says of them."""
    frame, returns = curves("UTC")
    found = beside_market(frame, SessionCalendar(timezone="UTC", daily=True))
    assert found is not None
    document = {
        "days": [day.isoformat() for day in returns.index[1:]],  # the first has no return
        "periods_per_year": found.own["periods_per_year"],
        "returns": {str(name): returns[name].iloc[1:].tolist() for name in returns},
    }
    done = subprocess.run(
        [python, HERE / "quantstats_figures.py"],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("zone", ZONES)
def test_figures_and_tables_are_those_of_quantstats(zone: str) -> None:
    """Total return, CAGR, Sharpe, Sortino, Calmar, Omega, volatility, months and years."""
    frame, _ = curves(zone)
    calendar, oracle = SessionCalendar(timezone=zone, daily=True), told()
    found = beside_market(frame, calendar)
    assert found is not None
    for name, figures in (("equity", found.own), ("equal_weight", found.held)):
        for figure, value in oracle[name]["figures"].items():
            near = NEAR if figure in CALENDAR else 1e-9
            assert figures[figure] == pytest.approx(value, rel=near), figure
    times, equity = frame["timestamp"].dt.epoch("us").to_numpy(), frame["equity"].to_numpy()
    months = [
        (row["year"], row["month"], row["return"]) for row in monthly(times, equity, calendar)
    ]
    expected = {(year, month): value for year, month, value in oracle["equity"]["monthly"]}
    for year, month, value in months:
        assert value == pytest.approx(expected[year, month], abs=1e-12)
    for row in yearly(trades_frame([]), times, equity, calendar):
        assert row["return"] == pytest.approx(
            oracle["equity"]["yearly"][str(row["year"])], abs=1e-12
        )


def test_quantstats_still_says_so() -> None:
    """Asked again, where it can be."""
    python = os.environ.get("QUANTSTATS_PYTHON")
    if python is None:
        pytest.skip("QUANTSTATS_PYTHON names no Python that has quantstats")
    now, before = asked(python), told()
    for name in ("equity", "equal_weight"):
        assert now[name]["figures"] == pytest.approx(before[name]["figures"], rel=1e-9)
        assert now[name]["yearly"] == pytest.approx(before[name]["yearly"], abs=1e-12)


if __name__ == "__main__":
    STORED.write_text(json.dumps(asked(os.environ["QUANTSTATS_PYTHON"])) + "\n", encoding="utf-8")
