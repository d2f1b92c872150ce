"""Made daily bars of stocks keep the week and the contract of bars."""

from datetime import UTC, datetime

import polars as pl

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.stock_bars import sessions, stock_bars


def test_sessions_are_weekdays() -> None:
    """The sixth is the Monday after the first five."""
    assert list(map(str, sessions(6)[[0, 4, 5]])) == ["2012-01-02", "2012-01-06", "2012-01-09"]


def test_they_are_bars_that_share_a_market() -> None:
    """Every rule is kept, the same seed gives the same, and symbols move together."""
    bars = stock_bars(300, symbols=3)
    assert check_bars(bars).rejected.is_empty()
    assert bars["timestamp"].min() == datetime(2012, 1, 3, tzinfo=UTC)
    assert bars.equals(stock_bars(300, symbols=3))
    assert bars["symbol"].unique().sort().to_list() == ["S0000", "S0001", "S0002"]
    moves = bars.select("symbol", pl.col("close").log().diff().over("symbol").alias("move"))
    first, second = (moves.filter(symbol=name)["move"] for name in ("S0000", "S0001"))
    together = pl.DataFrame([first.alias("a"), second.alias("b")]).drop_nulls()
    assert together.select(pl.corr("a", "b")).item() > 0.1
