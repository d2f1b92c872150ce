"""The contract of bars: each rule finds its rows, and nothing is dropped or filled in silence."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, adjusted, check_bars, write_bars
from quantsig.data.calendar.timestamps import rising
from quantsig.data.errors import DataError
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions

START = datetime(2024, 1, 2, 15, tzinfo=UTC)


def five_bars(**changes: Sequence[object]) -> pl.DataFrame:
    """Five good hourly bars of one symbol, with whole columns replaced by `changes`."""
    columns: dict[str, Sequence[object]] = {
        "symbol": ["BTC/USDT"] * 5,
        "timestamp": [START + timedelta(hours=hour) for hour in range(5)],
        "open": [10.0, 11.0, 12.0, 13.0, 14.0],
        "high": [12.0, 13.0, 14.0, 15.0, 16.0],
        "low": [9.0, 10.0, 11.0, 12.0, 13.0],
        "close": [11.0, 12.0, 13.0, 14.0, 15.0],
        "volume": [100.0, 0.0, 300.0, 400.0, 500.0],
    }
    return pl.DataFrame(columns | changes, strict=False)


def hours(*steps: int | None) -> list[datetime | None]:
    return [None if step is None else START + timedelta(hours=step) for step in steps]


def rejected_rows(checked: CheckedBars) -> list[tuple[int, str]]:
    return checked.rejected.select("row", "rule").rows()


BROKEN: dict[str, tuple[dict[str, Sequence[object]], int]] = {
    "duplicate": ({"timestamp": hours(0, 1, 1, 3, 4)}, 3),
    "back_step": ({"timestamp": hours(0, 1, 3, 2, 4)}, 4),
    "no_time": ({"timestamp": hours(0, None, 2, 3, 4)}, 2),
    "high_below_low": ({"high": [12.0, 13.0, 10.5, 15.0, 16.0]}, 3),
    "open_outside_range": ({"open": [10.0, 11.0, 12.0, 13.0, 16.5]}, 5),
    "close_outside_range": ({"close": [8.5, 12.0, 13.0, 14.0, 15.0]}, 1),
    "negative_volume": ({"volume": [100.0, -1.0, 300.0, 400.0, 500.0]}, 2),
    "missing_value": ({"close": [11.0, None, 13.0, 14.0, 15.0]}, 2),
    "not_finite": ({"volume": [100.0, float("nan"), 300.0, 400.0, 500.0]}, 2),
    "not_positive": ({"low": [0.0, 10.0, 11.0, 12.0, 13.0]}, 1),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_sets_aside_exactly_the_row_that_breaks_it(rule: str) -> None:
    """One bad row in five is rejected under its own rule only; the other four stay."""
    changes, row = BROKEN[rule]
    checked = check_bars(five_bars(**changes), quarantine=True)
    assert rejected_rows(checked) == [(row, rule)]
    assert checked.bars.height == 4


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_refuses_by_default_and_names_the_row(rule: str) -> None:
    """Without quarantine a broken rule is an error with row, symbol, rule and remedy."""
    changes, row = BROKEN[rule]
    with pytest.raises(DataError) as caught:
        check_bars(five_bars(**changes))
    assert caught.value.what == f"1 of 5 rows break a rule: {rule} 1."
    assert caught.value.where.startswith(f"bars, row {row} (BTC/USDT, closing ")
    assert "`quarantine`" in caught.value.remedy


def test_infinite_prices_are_not_finite() -> None:
    """An infinite high breaks a rule although it is above everything."""
    bars = five_bars(high=[float("inf"), 13.0, 14.0, 15.0, 16.0])
    assert rejected_rows(check_bars(bars, quarantine=True)) == [(1, "not_finite")]


def test_good_bars_pass_unchanged() -> None:
    """Five good bars come out as they went in, with an adjustment of one."""
    checked = check_bars(five_bars())
    assert checked.bars.drop("adjustment").equals(five_bars())
    assert checked.bars["adjustment"].to_list() == [1.0] * 5
    assert checked.rejected.is_empty()


def test_canonical_column_types() -> None:
    """The bars have exactly the columns and types that docs/artefacts.md names."""
    numbers = dict.fromkeys(["open", "high", "low", "close", "volume", "adjustment"], pl.Float64)
    expected = {"symbol": pl.String, "timestamp": pl.Datetime("us", "UTC"), **numbers}
    assert dict(check_bars(five_bars()).bars.schema) == expected


def test_rejected_has_its_columns_even_when_empty() -> None:
    """Whoever counts rejected rows by rule finds the columns in clean bars, too."""
    names = ["symbol", "timestamp", "source", "row", "rule"]
    assert check_bars(five_bars()).rejected.columns == names


def test_a_row_that_breaks_two_rules_is_listed_once_for_each() -> None:
    """A row with a zero low and a negative volume counts under both rules, and once as a row."""
    bars = five_bars(low=[9.0, 0.0, 11.0, 12.0, 13.0], volume=[100.0, -5.0, 300.0, 400.0, 500.0])
    checked = check_bars(bars, quarantine=True)
    assert rejected_rows(checked) == [(2, "not_positive"), (2, "negative_volume")]
    with pytest.raises(DataError, match=r"^1 of 5 rows"):
        check_bars(bars)


def test_of_duplicates_the_first_stays() -> None:
    """Three rows of one time leave the first; both later copies are rejected."""
    checked = check_bars(five_bars(timestamp=hours(0, 1, 1, 1, 4)), quarantine=True)
    assert rejected_rows(checked) == [(3, "duplicate"), (4, "duplicate")]
    assert checked.bars["open"].to_list() == [10.0, 11.0, 14.0]


def test_the_same_time_of_two_symbols_is_no_duplicate() -> None:
    """Two symbols may have bars at the same time, in any order of symbols."""
    both = pl.concat([five_bars(), five_bars(symbol=["^GSPC"] * 5)])
    assert check_bars(both).bars["symbol"].unique().sort().to_list() == ["BTC/USDT", "^GSPC"]


def test_interleaved_symbols_do_not_step_back() -> None:
    """A back step is judged within a symbol, and the result is sorted by symbol and time."""
    both = pl.concat([five_bars(symbol=["ES=F"] * 5), five_bars(symbol=["BRK.B"] * 5)])
    mixed = both.sort("timestamp", maintain_order=True)
    checked = check_bars(mixed)
    assert checked.bars["symbol"].to_list() == ["BRK.B"] * 5 + ["ES=F"] * 5
    assert checked.bars["timestamp"].to_list() == hours(*range(5), *range(5))


def test_a_back_step_is_seen_across_a_row_without_a_time() -> None:
    """A row after one with no time is compared with the last time there was."""
    checked = check_bars(five_bars(timestamp=hours(0, 3, None, 2, 4)), quarantine=True)
    assert rejected_rows(checked) == [(3, "no_time"), (4, "back_step")]


def test_quarantine_fills_no_gap() -> None:
    """The hour of a rejected bar is missing from the result."""
    checked = check_bars(five_bars(close=[11.0, 12.0, None, 14.0, 15.0]), quarantine=True)
    assert checked.bars["timestamp"].to_list() == hours(0, 1, 3, 4)


def test_quarantine_that_leaves_nothing_is_refused() -> None:
    """When every row is bad the source is at fault, so even quarantine refuses."""
    with pytest.raises(DataError, match="5 of 5 rows") as caught:
        check_bars(five_bars(volume=[-1.0] * 5), quarantine=True)
    assert "`quarantine`" not in caught.value.remedy


def test_back_steps_suggest_sorting() -> None:
    """The remedy for a back step is to sort."""
    with pytest.raises(DataError) as caught:
        check_bars(five_bars(timestamp=hours(4, 3, 2, 1, 0)))
    assert "`sort`" in caught.value.remedy


def test_bars_without_a_volume_say_so() -> None:
    """A missing volume column becomes zeros, and a column of zeros is as good as missing."""
    checked = check_bars(five_bars().drop("volume"))
    assert not checked.has_volume
    assert checked.bars["volume"].to_list() == [0.0] * 5
    assert not check_bars(five_bars(volume=[0.0] * 5)).has_volume
    assert check_bars(five_bars(volume=[0.0] * 4 + [1.0])).has_volume


def test_the_interval_is_the_most_common_step() -> None:
    """Steps of 1, 1, 5 and 7 hours make hourly bars."""
    checked = check_bars(five_bars(timestamp=hours(0, 1, 2, 7, 14)))
    assert checked.interval == timedelta(hours=1)


def test_a_stated_interval_is_kept() -> None:
    """The caller's interval wins over the inferred one."""
    assert check_bars(five_bars(), interval=timedelta(minutes=30)).interval == timedelta(minutes=30)


def test_one_bar_has_no_interval() -> None:
    """A single bar without a stated interval is refused rather than given an interval of zero."""
    with pytest.raises(DataError, match="interval of a bar cannot be told"):
        check_bars(five_bars().head(1))


@pytest.mark.parametrize("column", ["symbol", "timestamp", "close"])
def test_a_frame_without_a_column_is_refused(column: str) -> None:
    """A frame must hold symbol, time and prices."""
    with pytest.raises(DataError, match=f"no column for {column}"):
        check_bars(five_bars().drop(column))


def test_times_without_a_zone_are_refused() -> None:
    """A naive time is never taken for UTC in silence."""
    naive = five_bars().with_columns(pl.col("timestamp").dt.replace_time_zone(None))
    with pytest.raises(DataError, match="without a time zone"):
        check_bars(naive)


def test_times_of_another_zone_become_utc() -> None:
    """Zone-aware times are the same instants afterwards."""
    tokyo = five_bars().with_columns(pl.col("timestamp").dt.convert_time_zone("Asia/Tokyo"))
    assert check_bars(tokyo).bars["timestamp"].to_list() == hours(*range(5))


def test_an_empty_frame_is_refused() -> None:
    """No rows are no bars."""
    with pytest.raises(DataError, match="there are no bars"):
        check_bars(five_bars().head(0))


def test_adjusted_multiplies_prices_and_divides_volume() -> None:
    """A factor of one half halves the prices and doubles the volume; one changes nothing."""
    bars = check_bars(five_bars().with_columns(adjustment=pl.lit(0.5))).bars
    result = adjusted(bars)
    assert result.row(0)[2:] == (5.0, 6.0, 4.5, 5.5, 200.0)
    assert result.columns == bars.columns[:-1]


def test_a_factor_of_zero_is_not_positive() -> None:
    """An adjustment that would make the price zero breaks a rule."""
    bars = five_bars().with_columns(adjustment=pl.Series([1.0, 0.0, 1.0, 1.0, 1.0]))
    assert rejected_rows(check_bars(bars, quarantine=True)) == [(2, "not_positive")]


def test_written_bars_read_back_equal(tmp_path: Path) -> None:
    """read(write(bars)) == bars, whatever zone and label the options name."""
    bars = check_bars(five_bars()).bars
    write_bars(tmp_path / "bars.parquet", bars)
    options = ReadOptions(timezone="Asia/Shanghai", bar_label="open")
    checked = read_bars(tmp_path / "bars.parquet", options)
    assert checked.bars.equals(bars)
    assert checked.has_volume


def test_written_bars_without_volume_still_say_so(tmp_path: Path) -> None:
    """has_volume survives writing and reading."""
    write_bars(tmp_path / "bars.parquet", check_bars(five_bars().drop("volume")).bars)
    assert not read_bars(tmp_path / "bars.parquet", ReadOptions()).has_volume


@pytest.mark.parametrize(
    ("symbols", "days", "expected"),
    [
        ("AABB", [1, 2, 1, 2], True),
        ("BBAA", [1, 2, 1, 2], True),
        ("AAA", [1, 1, 2], False),
        ("AAA", [1, 3, 2], False),
        ("ABA", [1, 1, 2], False),
        ("A", [1], True),
        ("AA", [1, None], False),
    ],
)
def test_rows_in_order(symbols: str, days: list[int | None], expected: bool) -> None:
    """Symbols stand together and times rise strictly; anything unknown is out of order."""
    times = [None if day is None else datetime(2024, 1, day, tzinfo=UTC) for day in days]
    assert rising(pl.DataFrame({"symbol": list(symbols), "timestamp": times})) is expected


def test_faultless_bars_are_the_same_however_they_are_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In pieces, at once, and with their symbols in another order."""
    frame = pl.concat([five_bars().with_columns(symbol=pl.lit(name)) for name in "BA"])
    expected = frame.with_columns(adjustment=pl.lit(1.0)).sort("symbol", "timestamp")
    for rows in (1, 3, 100):
        monkeypatch.setattr("quantsig.data.bars.CHECKED_ROWS", rows)
        assert check_bars(frame).bars.equals(expected)
        assert check_bars(frame).rejected.is_empty()
