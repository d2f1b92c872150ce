"""Symbols side by side at each decision time."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.cross_section.cross_section import cross_section, overlapping_t
from quantsig.backtest.execution import Execution
from quantsig.backtest.significance.newey_west import mean_t
from quantsig.backtest.statistics.figures import UndefinedFigure

START = datetime(2024, 1, 1, tzinfo=UTC)
TIMES = pl.Datetime("us", "UTC")


def bars(symbol: str, opens: list[float], volume: float = 10.0) -> pl.DataFrame:
    days = [START + timedelta(days=day) for day in range(len(opens))]
    return pl.DataFrame(
        {
            "symbol": symbol,
            "timestamp": pl.Series(days, dtype=TIMES),
            "open": opens,
            "close": [price + 1.0 for price in opens],
            "volume": volume,
        }
    )


def rows(symbol: str, days: list[int], direction: int = 1, horizon: int = 2) -> pl.DataFrame:
    decided = [START + timedelta(days=day) for day in days]
    return pl.DataFrame(
        {
            "symbol": symbol,
            "decision_time": pl.Series(decided, dtype=TIMES),
            "probability": [0.1 * (day + 1) for day in days],
            "direction": direction,
            "delay_bars": 1,
            "horizon_bars": horizon,
        }
    )


PRICES = [100.0, 110.0, 120.0, 150.0, 90.0, 60.0]


def test_returns_are_those_of_a_trade_from_open_to_open() -> None:
    """Decided on day 0, in at 110, out two bars later at 150."""
    section = cross_section(rows("A", [0, 1]), bars("A", PRICES), Execution())
    assert section.returns[:, 0] == pytest.approx([150 / 110 - 1, 90 / 120 - 1])
    assert section.probabilities[:, 0] == pytest.approx([0.1, 0.2])


def test_shorts_earn_when_prices_fall() -> None:
    """In at 120, out at 90: a quarter."""
    section = cross_section(rows("A", [1], direction=-1), bars("A", PRICES), Execution())
    assert section.returns[0, 0] == pytest.approx(0.25)


def test_settings_go_over_the_labels_own() -> None:
    """Two bars of delay and one of holding: in at 120, out at 150."""
    execution = Execution(delay_bars=2, holding_bars=1)
    section = cross_section(rows("A", [0]), bars("A", PRICES), execution)
    assert section.returns[0, 0] == pytest.approx(0.25)


def test_trades_that_are_still_open_are_unknown() -> None:
    """Of day 3 the exit would be day 6, which has no bar."""
    section = cross_section(rows("A", [2, 3]), bars("A", PRICES), Execution())
    assert np.isnan(section.returns[1, 0])
    assert np.isnan(section.probabilities[1, 0])


def test_dollar_volume_looks_back_only() -> None:
    """Mean close times volume of the bars up to the decision, whatever comes later."""
    given = bars("A", PRICES)
    section = cross_section(rows("A", [1]), given, Execution())
    assert section.dollar_volumes[0, 0] == pytest.approx(10 * (101 + 111) / 2)
    late = pl.int_range(pl.len()) > 1
    changed = given.with_columns(pl.when(late).then(1e9).otherwise("volume").alias("volume"))
    again = cross_section(rows("A", [1]), changed, Execution())
    assert again.dollar_volumes == pytest.approx(section.dollar_volumes)


def test_dollar_volume_is_that_of_twenty_bars() -> None:
    """Older bars do not count."""
    opens = [1e6] * 5 + [99.0] * 30
    section = cross_section(rows("A", [26]), bars("A", opens), Execution())
    assert section.dollar_volumes[0, 0] == pytest.approx(1000.0)


def test_symbols_stand_side_by_side() -> None:
    """A symbol without a row at a time is NaN there."""
    decided = pl.concat([rows("A", [0, 1]), rows("B", [1])])
    priced = pl.concat([bars("A", PRICES), bars("B", PRICES)])
    section = cross_section(decided, priced, Execution())
    assert section.symbols == ("A", "B")
    assert np.isnan(section.probabilities).tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize(
    ("days", "horizon", "overlap"), [([0, 1, 2], 2, 2), ([0, 2], 2, 1), ([0, 1, 2], 1, 1)]
)
def test_overlap_counts_decisions_held_at_once(days: list[int], horizon: int, overlap: int) -> None:
    """Every day for two days: two; every second day: one; for one day: one."""
    section = cross_section(rows("A", days, horizon=horizon), bars("A", PRICES), Execution())
    assert section.overlap == overlap


def test_overlapping_t_takes_the_lag_from_the_overlap() -> None:
    """Five at once share four steps with the next ones."""
    values = np.random.default_rng(1).normal(0.01, 0.1, 60)
    assert overlapping_t(values, 5) == mean_t(values, 4)
    with pytest.raises(UndefinedFigure, match="more than a quarter"):
        overlapping_t(values, 16)
