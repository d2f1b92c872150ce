"""The bars that ship with quantsig."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, adjusted
from quantsig.data.demo import demo_bars, demo_path


@pytest.fixture(scope="module")
def demo() -> CheckedBars:
    return demo_bars()


def bar(demo: CheckedBars, symbol: str, close: datetime) -> dict[str, float]:
    return demo.bars.row(
        by_predicate=(pl.col("symbol") == symbol) & (pl.col("timestamp") == close), named=True
    )


def test_all_rows_of_the_source_are_there(demo: CheckedBars) -> None:
    """Five symbols with the row counts of the source, none rejected."""
    counts = dict(demo.bars.group_by("symbol").len().iter_rows())
    assert counts == {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}
    assert demo.rejected.is_empty()


def test_the_bars_are_daily_with_volume(demo: CheckedBars) -> None:
    """The interval is one day and the volume is real."""
    assert demo.interval == timedelta(days=1)
    assert demo.has_volume


def test_the_first_bar_is_the_first_row_of_the_source(demo: CheckedBars) -> None:
    """AAPL of 2000-03-01 (118.56, 132.06, 118.5, 130.31) closes as that New York day ends."""
    first = bar(demo, "AAPL", datetime(2000, 3, 2, 5, tzinfo=UTC))
    prices = [first[name] for name in ("open", "high", "low", "close", "volume")]
    assert prices == [118.56, 132.06, 118.5, 130.31, 9616100.0]
    assert first["adjustment"] * 130.31 == pytest.approx(4.186662803811, rel=1e-12)


def test_summer_days_end_an_hour_earlier_in_utc(demo: CheckedBars) -> None:
    """FB's first day, 2012-05-18, ends at 04:00 UTC because New York has daylight saving time."""
    assert demo.bars.filter(symbol="FB")["timestamp"][0] == datetime(2012, 5, 19, 4, tzinfo=UTC)


def test_the_adjustment_takes_the_splits_out(demo: CheckedBars) -> None:
    """Over MSFT's split of 2003-02-18 the raw close halves, the adjusted one does not."""
    raw = demo.bars.filter(symbol="MSFT")
    day = raw["timestamp"].index_of(datetime(2003, 2, 19, 5, tzinfo=UTC))
    assert day is not None
    smooth = adjusted(raw)["close"]
    assert raw["close"][day] / raw["close"][day - 1] == pytest.approx(0.5, abs=0.03)
    assert smooth[day] / smooth[day - 1] == pytest.approx(1.0, abs=0.04)


def test_the_file_is_small_enough_to_ship() -> None:
    """The demo bars stay under half a megabyte."""
    assert demo_path().stat().st_size < 500_000
