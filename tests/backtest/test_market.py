"""Bars and signals are checked where they enter the backtest."""

from datetime import UTC, datetime

import polars as pl
import pytest

from quantsig.backtest.market import SymbolBars, cut_market, place_signals
from quantsig.backtest.period import priced
from quantsig.data.calendar.sessions import UTC_DAYS
from quantsig.data.errors import DataError

DAYS = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 5)]


def bars_frame(
    days: list[datetime] = DAYS, symbol: str = "A", **columns: list[float | None]
) -> pl.DataFrame:
    prices = {name: [100.0] * len(days) for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"symbol": symbol, "timestamp": days, **prices, **columns})
    return frame.with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))


def signals_frame(*days: datetime, symbol: str = "A") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "symbol": symbol,
            "decision_time": days,
            "direction": 1,
            "delay_bars": 1,
            "horizon_bars": 5,
            "stop": pl.Series([None] * len(days), dtype=pl.Float64),
            "target": 0.1,
            "probability": 0.7,
        }
    ).with_columns(pl.col("decision_time").cast(pl.Datetime("us", "UTC")))


def cut(
    frame: pl.DataFrame,
    symbols: tuple[str, ...] = ("A",),
    start: datetime = DAYS[0],
    end: datetime = DAYS[-1],
) -> dict[str, SymbolBars]:
    return cut_market(frame, symbols, start=start, end=end, where="bars.parquet", calendar=UTC_DAYS)


def test_only_bars_of_the_period_are_kept() -> None:
    """Both ends belong to the period."""
    market = cut(bars_frame(), start=DAYS[1], end=DAYS[2])
    assert len(market["A"].times) == 2


def test_symbols_that_are_not_traded_are_left_out() -> None:
    """Bars of B do not enter a backtest of A."""
    frame = pl.concat([bars_frame(), bars_frame(symbol="B")])
    assert list(cut(frame)) == ["A"]


def test_what_is_cut_does_not_hang_on_symbols_that_are_not_traded() -> None:
    """Bars are copied only where some of them are not traded; the arrays are the same."""
    alone = cut(bars_frame(), start=DAYS[1])["A"]
    among = cut(pl.concat([bars_frame(), bars_frame(symbol="B")]), start=DAYS[1])["A"]
    assert alone.times.tolist() == among.times.tolist()
    assert alone.prices.close.tolist() == among.prices.close.tolist()
    assert alone.earlier.closes.tolist() == among.earlier.closes.tolist() == [100.0]


def test_bars_whose_adjustment_is_one_are_not_copied() -> None:
    """Times one they would be the same; a factor that is not, or not known, is multiplied by."""
    plain = bars_frame(volume=[3.0] * 4, adjustment=[1.0] * 4)
    assert priced(plain) is plain
    halved = priced(bars_frame(volume=[3.0] * 4, adjustment=[0.5, 1.0, 1.0, 1.0]))
    assert halved["close"].to_list() == [50.0, 100.0, 100.0, 100.0]
    assert halved["adjustment"].to_list() == [0.5, 1.0, 1.0, 1.0]
    unknown = priced(bars_frame(volume=[3.0] * 4, adjustment=[None, 1.0, 1.0, 1.0]))
    assert unknown["close"].to_list() == [None, 100.0, 100.0, 100.0]


@pytest.mark.parametrize("days", [[DAYS[1], DAYS[0]], [DAYS[0], DAYS[0]]])
def test_unsorted_and_duplicate_bars_are_refused(days: list[datetime]) -> None:
    """The message names the symbol and the time."""
    with pytest.raises(DataError, match="not later") as caught:
        cut(bars_frame(days))
    assert "A at 2024-01-01" in caught.value.where


@pytest.mark.parametrize("price", [0.0, -1.0, None, float("nan"), float("inf")])
def test_a_price_that_is_none_is_refused(price: float | None) -> None:
    """Zero, negative, missing and not finite prices cannot be traded."""
    with pytest.raises(DataError, match="price"):
        cut(bars_frame(low=[100.0, price, 100.0, 100.0]))


def test_a_symbol_without_bars_is_refused() -> None:
    """B has signals but no bars."""
    with pytest.raises(DataError, match="B has signals but no bars"):
        cut(bars_frame(), symbols=("A", "B"))


def test_signals_stand_on_the_bar_they_were_decided_at() -> None:
    """Rows are found by time; a missing stop is NaN."""
    placed = place_signals(signals_frame(DAYS[2], DAYS[0]), cut(bars_frame()), where="s")
    assert placed["A"].bars.tolist() == [0, 2]
    assert placed["A"].targets.tolist() == [0.1, 0.1]
    assert placed["A"].stops[0] != placed["A"].stops[0]


def test_a_symbol_without_signals_has_none() -> None:
    """Every symbol of the market has an entry."""
    placed = place_signals(signals_frame(), cut(bars_frame()), where="s")
    assert len(placed["A"].bars) == 0


def test_signals_of_an_unknown_symbol_are_refused() -> None:
    """B has no bars in the market."""
    with pytest.raises(DataError, match="B has signals but no bars"):
        place_signals(signals_frame(DAYS[0], symbol="B"), cut(bars_frame()), where="s")


def test_bars_that_end_before_the_signals_are_refused() -> None:
    """A signal of 4 January where the bars end on the 2nd."""
    market = cut(bars_frame(), end=DAYS[1])
    with pytest.raises(DataError, match="end before the signals") as caught:
        place_signals(signals_frame(DAYS[3]), market, where="signals.parquet")
    assert str(caught.value).count("\n") == 2


def test_a_signal_between_two_bars_is_refused() -> None:
    """No bar closed at noon."""
    noon = datetime(2024, 1, 2, 12, tzinfo=UTC)
    with pytest.raises(DataError, match="no bar closed"):
        place_signals(signals_frame(noon), cut(bars_frame()), where="s")
