"""Market values beside the bars: never later than they were known, and nothing guessed."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.cross_section.deciles import DecileCut, decile_portfolios
from quantsig.backtest.cross_section.market_values import market_values_at, read_market_values
from quantsig.data.calendar.sessions import UTC_DAYS
from quantsig.data.errors import DataError
from tests.backtest.cross_section.test_deciles import FREE, four


def written(folder: Path, text: str) -> Path:
    path = folder / "values.csv"
    path.write_text(text, encoding="utf-8")
    return path


def micro(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1e6)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize("name", ["market_value", "Market Cap", "mktcap", "总市值", "流通市值"])
def test_names_in_use_are_read(tmp_path: Path, name: str) -> None:
    """Symbols stay text; rows without a value are left out."""
    path = written(tmp_path, f"symbol,date,{name}\n000001,2024-01-05,7e9\n000002,2024-01-05,\n")
    found = read_market_values(path)
    assert found["symbol"].to_list() == ["000001"]
    assert found["market_value"].to_list() == [7e9]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2024-01-05", (2024, 1, 6)),  # a day is known when it is over
        ("20240105", (2024, 1, 6)),
        ("2024/01/05", (2024, 1, 6)),
        ("2024-01-05 15:30:00", (2024, 1, 5, 15, 30)),
        ("2024-01-05T15:30:00+08:00", (2024, 1, 5, 7, 30)),
        ("2024-01-05T15:30:00Z", (2024, 1, 5, 15, 30)),
    ],
)
def test_when_a_value_is_known(tmp_path: Path, text: str, known: tuple[int, ...]) -> None:
    """Dates count from their end, times from themselves, in UTC."""
    path = written(tmp_path, f"symbol,timestamp,market_value\nA,{text},5\n")
    assert read_market_values(path)["known"].to_list() == [
        datetime(*known, tzinfo=UTC)  # type: ignore[arg-type, misc]
    ]


def test_the_newest_that_was_known_counts(tmp_path: Path) -> None:
    """A microsecond before it is known, the one before holds; before the first there is none."""
    lines = "symbol,date,market_value\nA,2024-01-05,5\nA,2024-01-08,8\nB,2024-01-01,1\n"
    values = read_market_values(written(tmp_path, lines))
    times = np.array([micro(2024, 1, 5), micro(2024, 1, 9) - 1, micro(2024, 1, 9)])
    found = market_values_at(values, times, ("A", "B", "C"))
    np.testing.assert_array_equal(found[:, 0], [np.nan, 5.0, 8.0])
    np.testing.assert_array_equal(found[:, 1], [1.0, 1.0, 1.0])
    assert np.isnan(found[:, 2]).all()


def test_parquet_dates_and_times_count_alike(tmp_path: Path) -> None:
    """As the same in text."""
    day = pl.Series("date", [datetime(2024, 1, 5, tzinfo=UTC).date()])
    frame = pl.DataFrame({"symbol": "A", "market_value": 5.0}).with_columns(day)
    frame.write_parquet(tmp_path / "days.parquet")
    moment = pl.col("date").cast(pl.Datetime("ns")).dt.offset_by("7h")
    frame.with_columns(date=moment).write_parquet(tmp_path / "times.parquet")
    days, times = (read_market_values(tmp_path / f"{name}.parquet") for name in ("days", "times"))
    assert days["known"].to_list() == [datetime(2024, 1, 6, tzinfo=UTC)]
    assert times["known"].to_list() == [datetime(2024, 1, 5, 7, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol,date,总市值,流通市值\nA,2024-01-05,5,4\n", "two columns may be market_value"),
        ("symbol,date\nA,2024-01-05\n", "no column is market_value"),
        ("symbol,date,mktcap\nA,yesterday,5\n", "no time that can be read"),
        ("symbol,date,mktcap\nA,2024-01-05,-5\n", "no market value above 0"),
        ("symbol,date,mktcap\nA,2024-01-05,much\n", "no market value above 0"),
        ("symbol,date,mktcap\nA,2024-01-05,5\nA,20240105,6\n", "second of its symbol and time"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the row."""
    with pytest.raises(DataError, match=said):
        read_market_values(written(tmp_path, text))


def test_symbols_spelled_otherwise_are_said(tmp_path: Path) -> None:
    """Weights of nothing would be silence."""
    values = read_market_values(written(tmp_path, "symbol,date,mktcap\nAA,2024-01-05,5\n"))
    with pytest.raises(DataError, match="A are traded, AA are valued"):
        market_values_at(values, np.array([micro(2024, 1, 9)]), ("A",))


def test_value_weights_by_hand(tmp_path: Path) -> None:
    """D is worth three times as much as C: a quarter of 3 and three quarters of 8 %.

    A has no value before the decision, so that the low part is B alone: 2 %. What is known later
    changes nothing.
    """
    lines = "symbol,date,mktcap\nB,2023-12-29,1\nC,2023-12-29,2\nD,2023-12-29,6\nA,2024-01-01,9\n"
    rows, bars = four({"C": 100.0})
    values = read_market_values(written(tmp_path, lines))
    found = decile_portfolios(
        rows, bars, FREE, DecileCut(count=2, market_values=values), calendar=UTC_DAYS
    )
    assert found.table["return_value"].to_list() == pytest.approx([0.02, 0.0675])
    assert found.table["return_equal"].to_list() == pytest.approx([0.015, 0.055])
    assert found.record.value_weights == "market value"
    assert found.record.without_value == 1
    plain = decile_portfolios(rows, bars, FREE, DecileCut(count=2), calendar=UTC_DAYS).record
    assert (plain.value_weights, plain.without_value) == ("dollar volume", 0)
