"""Small inputs that went wrong in silence once: each has its right value here."""

import gzip
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantsig.data.errors import DataError
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions

HOUR = timedelta(hours=1)
PRICES = "10,12,9,11,100"
DAILY = "Date,Open,High,Low,Close,Volume"
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def closes(path: Path, options: ReadOptions | None = None) -> list[datetime]:
    return read_bars(path, options or ReadOptions(), now=LATER).bars["timestamp"].to_list()


def arrow_table(times: pa.Array) -> pa.Table:
    price = pa.array([10.0] * len(times))
    names = ("open", "high", "low", "close")
    return pa.table({"date": times, **dict.fromkeys(names, price)})


# Times


@pytest.mark.parametrize(
    ("first", "second", "units"),
    [
        ("1735686000000", "1735689600000000", "ms and us"),
        ("1735686000", "1735689600000", "s and ms"),
        ("1735686000", "1735689600000000000", "s and ns"),
    ],
)
def test_each_epoch_number_is_in_the_unit_of_its_size(
    tmp_path: Path, first: str, second: str, units: str
) -> None:
    """Binance wrote milliseconds up to 2024 and microseconds from 2025 on."""
    path = written(
        tmp_path / "BTC.csv",
        "open_time,open,high,low,close,volume,close_time",
        f"{first},{PRICES},{first}",
        f"{second},{PRICES},{second}",
    )
    checked = read_bars(path, ReadOptions(), now=LATER)
    assert checked.bars["timestamp"].to_list() == [
        datetime(2025, 1, 1, 0, tzinfo=UTC),
        datetime(2025, 1, 1, 1, tzinfo=UTC),
    ]
    assert checked.interval == HOUR
    assert any(units in note for note in checked.notes)


def test_integers_of_two_units_in_parquet(tmp_path: Path) -> None:
    """As in text."""
    times = pa.array([1735686000000, 1735689600000000])
    pq.write_table(arrow_table(times), tmp_path / "A.parquet")
    assert closes(tmp_path / "A.parquet")[0] == datetime(2025, 1, 1, tzinfo=UTC)


def test_a_column_of_one_unit_that_reaches_back_to_1970(tmp_path: Path) -> None:
    """Days since 1969 in milliseconds: small numbers, yet none of them is in seconds."""
    first = datetime(1969, 12, 1, tzinfo=UTC)
    days = [first + timedelta(days=day) for day in range(2000)]
    rows = (f"{int(day.timestamp() * 1000)},{PRICES}" for day in days)
    path = written(tmp_path / "A.csv", "timestamp,open,high,low,close,volume", *rows)
    assert closes(path) == [day + timedelta(days=1) for day in days]


@pytest.mark.parametrize("minutes", [330, 345, 570, -210])
def test_fixed_offsets_in_parquet_are_instants(tmp_path: Path, minutes: int) -> None:
    """+05:30, +05:45, +09:30 and -03:30: no clock of a zone is needed for what is unambiguous."""
    offset = timezone(timedelta(minutes=minutes))
    times = pa.array(
        [datetime(2024, 1, 2, 9, 15 + 5 * step, tzinfo=offset) for step in range(3)],
        pa.timestamp("us", tz=f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:"
                     f"{abs(minutes) % 60:02}"),
    )  # fmt: skip
    pq.write_table(arrow_table(times), tmp_path / "NSE.parquet")
    first = datetime(2024, 1, 2, 9, 20, tzinfo=offset)
    assert closes(tmp_path / "NSE.parquet")[0] == first.astimezone(UTC)


@pytest.mark.parametrize("kind", [pa.decimal128(12, 4), pa.decimal256(50, 4)])
def test_decimal_prices_in_parquet(tmp_path: Path, kind: pa.DataType) -> None:
    """Exact decimals are read as the nearest float64."""
    price = pa.array([Decimal("10.1234")] * 2, kind)
    days = pa.array([datetime(2024, 1, 2), datetime(2024, 1, 3)])
    table = pa.table({"date": days, "open": price, "high": price, "low": price, "close": price})
    pq.write_table(table, tmp_path / "A.parquet")
    assert read_bars(tmp_path / "A.parquet", ReadOptions()).bars["close"].to_list() == [10.1234] * 2


# Volume


MT5 = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"


def test_the_volume_that_has_values_is_taken_and_said(tmp_path: Path) -> None:
    """A broker that knows no real volume writes zeros there, and ticks beside."""
    rows = (f"2024.01.02\t0{hour}:00:00\t1\t1\t1\t1\t{hour + 9}\t0\t4" for hour in range(3))
    checked = read_bars(written(tmp_path / "EURUSD.csv", MT5, *rows), ReadOptions())
    assert checked.bars["volume"].to_list() == [9.0, 10.0, 11.0]
    assert checked.has_volume
    assert any("volume from <TICKVOL>, as <VOL> has no values" in note for note in checked.notes)


def test_a_real_volume_goes_before_ticks(tmp_path: Path) -> None:
    """Where both have values."""
    rows = (f"2024.01.02\t0{hour}:00:00\t1\t1\t1\t1\t9\t{hour}\t4" for hour in range(3))
    checked = read_bars(written(tmp_path / "ES.csv", MT5, *rows), ReadOptions())
    assert checked.bars["volume"].to_list() == [0.0, 1.0, 2.0]
    assert not any("volume from" in note for note in checked.notes)


# Unfinished and overlapping bars


def test_a_bar_that_closes_after_now_is_left_out_and_named(tmp_path: Path) -> None:
    """At 18:24 the hour that began at 18:00 is still running."""
    rows = (f"2024-01-02 {hour}:00,{PRICES}" for hour in (16, 17, 18))
    path = written(tmp_path / "AAA.csv", "timestamp,open,high,low,close,volume", *rows)
    now = datetime(2024, 1, 2, 18, 24, tzinfo=UTC)
    checked = read_bars(path, ReadOptions(), now=now)
    assert checked.bars["timestamp"].max() == datetime(2024, 1, 2, 18, tzinfo=UTC)
    assert "1 bars that close after now, UTC: AAA 2024-01-02 19:00" in checked.notes[-1]
    kept = read_bars(path, ReadOptions(drop_unfinished=False), now=now)
    assert kept.bars.height == 3
    assert "not finished" in kept.notes[-1]


def test_many_bars_after_now_are_a_wrong_zone(tmp_path: Path) -> None:
    """Shanghai's morning read as UTC lies eight hours ahead."""
    rows = (f"2024-01-02 {hour}:00,{PRICES}" for hour in (10, 11, 13, 14))
    path = written(tmp_path / "A.csv", "timestamp,open,high,low,close,volume", *rows)
    now = datetime(2024, 1, 2, 7, tzinfo=UTC) + 5 * HOUR
    assert "`timezone`" in read_bars(path, ReadOptions(), now=now).notes[-1]


def test_a_file_of_the_future_alone_is_refused(tmp_path: Path) -> None:
    """Nothing is left of it."""
    rows = (f"2124-01-0{day},{PRICES}" for day in (1, 2, 3))
    with pytest.raises(DataError) as caught:
        read_bars(written(tmp_path / "A.csv", DAILY, *rows), ReadOptions())
    assert "every bar closes after now" in caught.value.what


LIVE = (
    *(f"2024-05-{day:02} 00:00:00-04:00,{PRICES}" for day in (6, 7, 8, 9, 10)),
    f"2024-05-10 16:00:01-04:00,{PRICES}",
)
WEEKS = (
    *(f"2022-{day},{PRICES}" for day in ("05-30", "06-06", "06-13", "06-20")),
    f"2022-06-24,{PRICES}",
)
MONTHS = (*(f"2022-{month:02}-01,{PRICES}" for month in range(1, 7)), f"2022-06-24,{PRICES}")
HOURS = (
    *(f"2024-05-10 {hour}:30:00,{PRICES}" for hour in range(10, 15)),
    f"2024-05-10 14:47:12,{PRICES}",
)


@pytest.mark.parametrize("start", [datetime(2024, 3, 4), datetime(2024, 10, 28)])
@pytest.mark.parametrize("hours", [4, 6, 12])
def test_bars_of_a_day_whose_clock_changes_do_not_overlap(
    tmp_path: Path, start: datetime, hours: int
) -> None:
    """Round the clock in New York's time, in March and in November."""
    rows = (f"{start + hours * HOUR * bar},{PRICES}" for bar in range(24 * 14 // hours))
    path = written(tmp_path / "BTC.csv", DAILY, *rows)
    checked = read_bars(path, ReadOptions(timezone="America/New_York"), now=LATER)
    assert len(checked.bars) == 24 * 14 // hours


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("rows", [LIVE, WEEKS, MONTHS, HOURS], ids=["day", "week", "month", "hour"])
def test_a_live_row_overlaps_the_bar_before(
    tmp_path: Path, rows: tuple[str, ...], zone: str
) -> None:
    """A second row of one day, week, month or hour is no further bar."""
    path = written(tmp_path / "AAPL.csv", DAILY, *rows)
    with pytest.raises(DataError) as caught:
        read_bars(path, ReadOptions(timezone=zone))
    assert "overlapping 1" in caught.value.what
    assert f"row {len(rows) + 1} " in caught.value.where
    checked = read_bars(path, ReadOptions(timezone=zone), quarantine=True)
    assert checked.rejected["rule"].to_list() == ["overlapping"]
    assert checked.bars.height == len(rows) - 1


@pytest.mark.parametrize(
    "days",
    [
        ["2024-01-08", "2024-01-16", "2024-01-22", "2024-01-29"],  # a Tuesday after a holiday
        ["2024-09-27", "2024-09-30", "2024-10-11", "2024-10-18"],  # China's golden week
        ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"],  # 31, 29, 31 days
    ],
)
def test_weeks_and_months_of_unequal_length_do_not_overlap(tmp_path: Path, days: list[str]) -> None:
    """Holidays shorten a step, not a bar."""
    path = written(tmp_path / "A.csv", DAILY, *(f"{day},{PRICES}" for day in days))
    assert read_bars(path, ReadOptions()).bars.height == len(days)


def test_a_short_last_bar_of_every_session_does_not_overlap(tmp_path: Path) -> None:
    """60-minute bars of Chinese futures: the one at 14:15 is followed by one at 15:00."""
    clock = ("10:00", "11:15", "14:15", "15:00")
    rows = [f"2024-01-{day:02} {time},{PRICES}" for day in range(2, 12) for time in clock]
    path = written(tmp_path / "RB.csv", DAILY, *rows)
    options = ReadOptions(interval=HOUR, timezone="Asia/Shanghai")
    assert read_bars(path, options).bars.height == len(rows)


# Folders


def test_a_new_listing_has_the_interval_of_the_folder(tmp_path: Path) -> None:
    """A Friday and a Monday are three days apart, as every Friday and Monday are."""
    days = ("2024-02-21", "2024-02-22", "2024-02-23", "2024-02-26", "2024-02-27")
    written(tmp_path / "AAA.csv", DAILY, *(f"{day},{PRICES}" for day in days))
    written(tmp_path / "IPO.csv", DAILY, *(f"{day},{PRICES}" for day in days[2:4]))
    checked = read_bars(tmp_path, ReadOptions())
    assert checked.interval == timedelta(days=1)
    assert any(note.endswith("IPO") for note in checked.notes)


def test_gz_is_read_and_other_files_are_named(tmp_path: Path) -> None:
    """No file of a folder is dropped in silence."""
    rows = [f"2024-02-{day},{PRICES}" for day in (21, 22, 23)]
    written(tmp_path / "AAA.csv", DAILY, *rows)
    content = "\n".join([DAILY, *rows]).encode()
    (tmp_path / "BBB.csv.gz").write_bytes(gzip.compress(content))
    (tmp_path / "notes.docx").write_bytes(b"x")
    checked = read_bars(tmp_path, ReadOptions())
    assert checked.bars["symbol"].unique().sort().to_list() == ["AAA", "BBB"]
    assert "not read: notes.docx" in checked.notes


def test_monthly_files_are_one_symbol(tmp_path: Path) -> None:
    """COIN-12h-2023-01 to -03 follow each other: one coin, in the order of time."""
    for month in (1, 2, 3):
        rows = (f"2023-{month:02}-{day:02} {hour},{PRICES}" for day in range(1, 29)
                for hour in ("00:00", "12:00"))  # fmt: skip
        written(tmp_path / f"COIN-12h-2023-{month:02}.csv", DAILY, *rows)
    checked = read_bars(tmp_path, ReadOptions())
    assert checked.bars["symbol"].unique().to_list() == ["COIN-12h"]
    assert checked.bars.height == 3 * 28 * 2
    assert any("3 files" in note and "read as one" in note for note in checked.notes)
    apart = read_bars(tmp_path, ReadOptions(join=False))
    assert apart.bars["symbol"].n_unique() == 3


def test_pieces_that_overlap_are_refused(tmp_path: Path) -> None:
    """A bar that two months repeat: pieces of one symbol or two symbols, which nobody can tell."""
    written(tmp_path / "A-2023-01.csv", DAILY, f"2023-01-30,{PRICES}", f"2023-01-31,{PRICES}")
    written(tmp_path / "A-2023-02.csv", DAILY, f"2023-01-31,{PRICES}", f"2023-02-01,{PRICES}")
    with pytest.raises(DataError) as caught:
        read_bars(tmp_path, ReadOptions())
    assert "join" in caught.value.remedy


def test_contracts_that_trade_at_once_are_symbols(tmp_path: Path) -> None:
    """ES_202403 and ES_202406 have other prices at the same time."""
    days = [f"2024-02-{day}" for day in (21, 22, 23)]
    written(tmp_path / "ES_202403.csv", DAILY, *(f"{day},10,12,9,11,100" for day in days))
    written(tmp_path / "ES_202406.csv", DAILY, *(f"{day},20,22,19,21,100" for day in days))
    assert read_bars(tmp_path, ReadOptions()).bars["symbol"].n_unique() == 2


# Prices


def test_a_close_one_unit_above_the_high_widens_it(tmp_path: Path) -> None:
    """Adjusted prices are rounded apart; the day closed at its high."""
    path = written(
        tmp_path / "A.csv",
        DAILY,
        "2006-05-29,29.56,30.05,29.5,29.9,1",
        "2006-05-30,29.62,30.035994999999996,29.6,30.035995,1",
    )
    checked = read_bars(path, ReadOptions())
    assert checked.bars["high"][1] == 30.035995
    assert any("low..high" in note and ": 1;" in note for note in checked.notes)


def test_a_close_further_above_the_high_is_refused(tmp_path: Path) -> None:
    """A hundredth of a percent is no rounding."""
    path = written(tmp_path / "A.csv", DAILY, f"2006-05-29,{PRICES}", "2006-05-30,10,12,9,12.002,1")
    with pytest.raises(DataError) as caught:
        read_bars(path, ReadOptions())
    assert "close_outside_range 1" in caught.value.what


def test_the_bytes_of_plain_files_are_read_as_ever(tmp_path: Path) -> None:
    """Nothing is to be said of a plain file."""
    path = written(tmp_path / "A.csv", DAILY, *(f"2024-01-0{day},{PRICES}" for day in (2, 3, 4)))
    checked = read_bars(path, ReadOptions())
    assert checked.notes == ()
    assert checked.bars["close"].dtype == pl.Float64


def test_a_leap_second_is_the_midnight_after_it(tmp_path: Path) -> None:
    """23:59:60, which no clock of Python knows."""
    stamps = ("2016-12-31 23:58:00", "2016-12-31 23:59:60", "2017-01-01 00:02:00")
    source = tmp_path / "A.csv"
    rows = "".join(f"{stamp},1,2,1,2\n" for stamp in stamps)
    source.write_text(f"timestamp,open,high,low,close\n{rows}")
    bars = read_bars(source, ReadOptions(bar_label="close")).bars
    assert bars["timestamp"][1] == datetime(2017, 1, 1, tzinfo=UTC)
