"""Candles of several bars hold what their bars did."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from quantsig.reports.figures.candles import breaks, fold, six_digits

MONDAY = datetime(2024, 1, 1, 21, tzinfo=UTC)


def bars(count: int) -> pl.DataFrame:
    opens = [10.0 + n for n in range(count)]
    return pl.DataFrame(
        {
            "timestamp": [MONDAY + timedelta(hours=n) for n in range(count)],
            "open": opens,
            "high": [value + 2 for value in opens],
            "low": [value - 3 for value in opens],
            "close": [value + 1 for value in opens],
        }
    )


def test_few_bars_are_left_alone() -> None:
    """A candle a bar where there is room."""
    assert fold(bars(5), 5).bars.equals(bars(5))


def test_a_folded_candle_spans_its_bars() -> None:
    """First open, highest high, lowest low, last close, stamped with the last bar."""
    folded = fold(bars(7), 3)
    assert folded.bars_each == 3
    assert folded.bars.select("open", "high", "low", "close").rows() == [
        (10.0, 14.0, 7.0, 13.0),
        (13.0, 17.0, 10.0, 16.0),
        (16.0, 18.0, 13.0, 17.0),
    ]
    assert folded.bars["timestamp"][0] == MONDAY + timedelta(hours=2)


@pytest.mark.parametrize(("price", "shown"), [(123456.789, 123457.0), (0.0012345678, 0.0012345678)])
def test_prices_keep_six_digits(price: float, shown: float) -> None:
    """Of large and of small ones."""
    assert six_digits(pl.Series([price]))[0] == pytest.approx(shown, rel=1e-5)


def test_weekends_are_left_out_where_nothing_traded() -> None:
    """A bar on a Saturday keeps them in."""
    week = pl.Series([MONDAY + timedelta(days=n) for n in range(5)])
    assert breaks(week) == [{"bounds": ["sat", "mon"]}]
    assert breaks(pl.Series([MONDAY + timedelta(days=5)])) == []
