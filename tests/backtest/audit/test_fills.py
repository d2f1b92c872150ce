"""Fills are after their decision, at a price of their bar."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from quantsig.backtest.audit.fills import audit_fills
from quantsig.backtest.execution import Execution
from quantsig.data.audit.finding import AuditFinding

START = datetime(2020, 1, 1, tzinfo=UTC)
TIMES = [START + timedelta(days=n) for n in range(6)]
OPENS = [100.0, 102.0, 104.0, 103.0, 101.0, 105.0]
BARS = pl.DataFrame(
    {
        "symbol": ["A"] * 6,
        "timestamp": TIMES,
        "open": OPENS,
        "high": [price + 3.0 for price in OPENS],
        "low": [price - 3.0 for price in OPENS],
        "close": [price + 1.0 for price in OPENS],
    }
)
EXECUTION = Execution(slippage_bps=10.0)


def found(
    entry_bar: int = 2, entry_price: float = 104.0 * 1.001, exit_price: float = 101.0 * 0.999
) -> tuple[AuditFinding, ...]:
    """What the audit finds of a long trade decided at bar 1 that leaves at bar 4."""
    trade = pl.DataFrame(
        {
            "symbol": ["A"],
            "direction": [1],
            "decision_time": [TIMES[1]],
            "entry_time": [TIMES[entry_bar]],
            "exit_time": [TIMES[4]],
            "entry_price": [entry_price],
            "exit_price": [exit_price],
        }
    )
    return audit_fills(trade, BARS, EXECUTION, 1).findings


def test_the_next_open_is_reached() -> None:
    """With slippage on both sides."""
    assert found() == ()


def test_a_fill_in_the_decision_bar_is_found() -> None:
    """Its open was there before the decision, which is at its close."""
    features = {one.feature for one in found(entry_bar=1, entry_price=102.0 * 1.001)}
    assert features == {"entry_time"}


def test_an_entry_at_the_close_before_the_decision_is_found() -> None:
    """A price of the right bar's range, and not its open."""
    (early,) = found(entry_price=103.0 * 1.001)
    assert early.feature == "entry_price"
    assert early.size == pytest.approx(1.001)
    assert "open 1 bars after its decision is 104" in early.sentence


def test_a_price_that_was_not_there_is_found() -> None:
    """An exit above the high of its bar."""
    (away,) = found(exit_price=109.0)
    assert away.feature == "exit_price"
    assert "98 to 104" in away.sentence


def test_a_fill_between_bars_is_found() -> None:
    """At a time at which no bar closes."""
    trade = pl.DataFrame(
        {
            "symbol": ["A"],
            "direction": [1],
            "decision_time": [TIMES[1]],
            "entry_time": [TIMES[2] + timedelta(hours=1)],
            "exit_time": [TIMES[4]],
            "entry_price": [104.0 * 1.001],
            "exit_price": [101.0 * 0.999],
        }
    )
    features = {one.feature for one in audit_fills(trade, BARS, EXECUTION, 1).findings}
    assert "entry_time" in features
