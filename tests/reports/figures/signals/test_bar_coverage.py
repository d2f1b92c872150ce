"""Where bars are missing."""

from datetime import UTC, datetime, timedelta

import polars as pl

from quantsig.reports.figures.signals.bar_coverage import coverage

START = datetime(2024, 1, 1, tzinfo=UTC)


def bars(days: dict[str, list[int]]) -> pl.DataFrame:
    rows = [(symbol, START + timedelta(days=day)) for symbol in days for day in days[symbol]]
    return pl.DataFrame(rows, schema=["symbol", "timestamp"], orient="row")


def test_a_bar_is_missing_where_another_symbol_has_one() -> None:
    """B lacks days 2 and 3; before its first and after its last bar nothing is expected."""
    found = coverage(bars({"A": [0, 1, 2, 3, 4, 9], "B": [1, 4]}))
    assert found["symbol"].to_list() == ["A", "B"]
    assert found["missing"].to_list() == [0, 2]
    assert found["longest_days"].to_list() == [5.0, 3.0]


def test_one_symbol_alone_misses_nothing() -> None:
    """No calendar says that a bar should have been there."""
    found = coverage(bars({"A": [0, 7]}))
    assert (found["missing"][0], found["longest_days"][0]) == (0, 7.0)
