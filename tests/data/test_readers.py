"""Reading bars: the files people have become the same bars, or an error that says what to do."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from quantsig.data.calendar.intervals import interval_text
from quantsig.data.errors import ConfigError, DataError, IntegrityError
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions

HEADER = "timestamp,open,high,low,close,volume"
BODY = (
    "2024-01-02 15:00,10,12,9,11,100",
    "2024-01-02 16:00,11,13,10,12,200",
    "2024-01-02 17:00,12,14,11,13,300",
)
CLOSES = [datetime(2024, 1, 2, hour, tzinfo=UTC) for hour in (16, 17, 18)]
AS_CLOSE = ReadOptions(bar_label="close")
NEW_YORK = ReadOptions(timezone="America/New_York")


def csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def stamped(folder: Path, *labels: str, options: ReadOptions = AS_CLOSE) -> list[datetime]:
    """The closing times read from a file of bars that carry `labels`."""
    path = csv(folder / "X.csv", HEADER, *(f'"{label}",10,12,9,11,100' for label in labels))
    return list(read_bars(path, options).bars["timestamp"])


def parquet(path: Path, times: pl.Series) -> Path:
    """Three bars with `times` as their time column, as another program would write them."""
    prices = {"Open": [10, 11, 12], "High": [12, 13, 14], "Low": [9, 10, 11], "Close": [11, 12, 13]}
    pl.DataFrame({"Date": times, **prices}).write_parquet(path)
    return path


def refused(path: Path, options: ReadOptions | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        read_bars(path, options or ReadOptions())
    assert len(str(caught.value).splitlines()) == 3
    assert caught.value.exit_code == 3
    return caught.value


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read as if they were far larger than what is handled at a time."""
    monkeypatch.setattr("quantsig.data.reading.csv_text.BLOCK_BYTES", 50)
    monkeypatch.setattr("quantsig.data.reading.table_rows.PIECE_ROWS", 2)
    monkeypatch.setattr("quantsig.data.calendar.timestamps.PIECE_ROWS", 2)


# What is read


def test_a_plain_csv(tmp_path: Path) -> None:
    """Three hourly bars labelled by their open close one hour later."""
    checked = read_bars(csv(tmp_path / "AAPL.csv", HEADER, *BODY), ReadOptions())
    assert checked.bars["timestamp"].to_list() == CLOSES
    assert checked.bars["close"].to_list() == [11.0, 12.0, 13.0]
    assert checked.interval == timedelta(hours=1)
    assert checked.sources == ("AAPL.csv",)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_detected(tmp_path: Path, separator: str) -> None:
    """Comma, semicolon and tab give the same bars."""
    lines = [line.replace(",", separator) for line in (HEADER, *BODY)]
    assert read_bars(csv(tmp_path / "A.csv", *lines), ReadOptions()).bars["volume"].sum() == 600


@pytest.mark.parametrize(
    "header",
    [
        "TIMESTAMP,OPEN,HIGH,LOW,CLOSE,VOLUME",
        " Date , Open , High , Low , Close , Vol ",
        "datetime,o,h,l,c,v",
        "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>",
        "open_time,Open_Price,high.price,low-price,close price,volume",
        "日期,开盘,最高,最低,收盘,成交量",
    ],
)
def test_column_names_in_use(tmp_path: Path, header: str) -> None:
    """Case, spaces, punctuation and common aliases make no difference."""
    checked = read_bars(csv(tmp_path / "A.csv", header, *BODY), ReadOptions())
    assert checked.bars.row(0)[2:7] == (10.0, 12.0, 9.0, 11.0, 100.0)


def test_date_and_time_in_two_columns(tmp_path: Path) -> None:
    """A date column and a time column make one stamp."""
    lines = [line.replace(" ", ",") for line in BODY]
    path = csv(tmp_path / "A.csv", HEADER.replace("timestamp", "Date,Time"), *lines)
    assert read_bars(path, ReadOptions()).bars["timestamp"].to_list() == CLOSES


def test_date_and_time_as_bare_numbers(tmp_path: Path) -> None:
    """20240102 and 930 are half past nine."""
    rows = ["20240102,930,10,12,9,11", "20240102,1000,10,12,9,11"]
    path = csv(tmp_path / "A.csv", "date,time,open,high,low,close", *rows)
    first = read_bars(path, AS_CLOSE).bars["timestamp"][0]
    assert first == datetime(2024, 1, 2, 9, 30, tzinfo=UTC)


def test_columns_without_meaning_are_left_aside(tmp_path: Path) -> None:
    """Dividends and other columns do not disturb."""
    lines = [f"{line},{extra}" for line, extra in zip((HEADER, *BODY), "Zabc", strict=True)]
    assert read_bars(csv(tmp_path / "A.csv", *lines), ReadOptions()).bars.height == 3


@pytest.mark.parametrize("symbol", ["BTC/USDT", "^GSPC", "ES=F", "BRK.B", "600519.SH", "NA"])
def test_symbols_stay_as_the_source_names_them(tmp_path: Path, symbol: str) -> None:
    """Real symbols, also one that looks like a missing value, pass unchanged."""
    path = csv(tmp_path / "all.csv", f"Ticker,{HEADER}", *(f"{symbol},{line}" for line in BODY))
    assert set(read_bars(path, ReadOptions()).bars["symbol"]) == {symbol}


def test_symbols_that_look_like_numbers_keep_their_zeros(tmp_path: Path) -> None:
    """000001 is not 1, in a column and as a file name."""
    column = csv(tmp_path / "all.csv", f"code,{HEADER}", *(f"000001,{line}" for line in BODY))
    named = csv(tmp_path / "000002.csv", HEADER, *BODY)
    assert read_bars(column, ReadOptions()).bars["symbol"][0] == "000001"
    assert read_bars(named, ReadOptions()).bars["symbol"][0] == "000002"


def test_the_symbol_option_names_a_file_without_symbols(tmp_path: Path) -> None:
    """The option goes before the file's name."""
    path = csv(tmp_path / "export.csv", HEADER, *BODY)
    assert read_bars(path, ReadOptions(symbol="EUR/USD")).bars["symbol"][0] == "EUR/USD"


def test_adjusted_close_becomes_the_factor(tmp_path: Path) -> None:
    """A close of 10 and an adjusted close of 2.5 make a factor of a quarter."""
    rows = ["2024-01-02,10,10,10,10,5,2.5", "2024-01-03,10,10,10,10,5,10"]
    path = csv(tmp_path / "A.csv", "Date,Open,High,Low,Close,Volume,Adj Close", *rows)
    assert read_bars(path, ReadOptions()).bars["adjustment"].to_list() == [0.25, 1.0]


def test_no_volume_column(tmp_path: Path) -> None:
    """Bars without volume are read, with has_volume False."""
    rows = [line.rsplit(",", 1)[0] for line in (HEADER, *BODY)]
    assert not read_bars(csv(tmp_path / "A.csv", *rows), ReadOptions()).has_volume


@pytest.mark.parametrize("nothing", ["", "NaN", "null", "0", "0.0"])
def test_a_volume_column_without_values_is_none(tmp_path: Path, nothing: str) -> None:
    """Some sources of currencies write the column and leave it empty, or at zero."""
    rows = [line.rsplit(",", 1)[0] + "," + nothing for line in BODY]
    checked = read_bars(csv(tmp_path / "A.csv", HEADER, *rows), ReadOptions())
    assert not checked.has_volume
    assert checked.bars["volume"].to_list() == [0.0] * len(BODY)


def test_a_file_of_zero_volume_may_stand_beside_others(tmp_path: Path) -> None:
    """An index among shares, say: the bars have a volume, this symbol's is zero."""
    csv(tmp_path / "A.csv", HEADER, *BODY)
    csv(tmp_path / "B.csv", HEADER, *(line.rsplit(",", 1)[0] + ",0" for line in BODY))
    assert read_bars(tmp_path, ReadOptions()).has_volume


def test_a_volume_column_of_no_numbers_is_not_taken_for_none(tmp_path: Path) -> None:
    """What cannot be read was said, and is set aside as such."""
    rows = [line.rsplit(",", 1)[0] + ",much" for line in BODY]
    path = csv(tmp_path / "A.csv", HEADER, *rows)
    assert '"much" is not a number' in refused(path).what
    with pytest.raises(DataError, match="missing_value"):
        read_bars(path, ReadOptions(), quarantine=True)


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    """What a spreadsheet writes is read like any other CSV."""
    path = tmp_path / "A.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([HEADER, *BODY, ""]).encode())
    assert read_bars(path, ReadOptions()).bars.height == 3


@pytest.mark.usefixtures("small_pieces")
def test_a_file_of_many_blocks_and_pieces(tmp_path: Path) -> None:
    """Lines, quoted fields over two lines and letters of two bytes are not cut apart."""
    note = 'ü "quoted",\nand a second line'.replace('"', '""')
    rows = [f'"{note}",{row}' for row in BODY] + [",,,,,,", ""]
    checked = read_bars(csv(tmp_path / "A.csv", f"note,{HEADER}", *rows), ReadOptions())
    assert checked.bars["timestamp"].to_list() == CLOSES
    assert checked.bars["volume"].to_list() == [100.0, 200.0, 300.0]


@pytest.mark.usefixtures("small_pieces")
def test_rows_of_later_blocks_are_named(tmp_path: Path) -> None:
    """By their line in the file, whatever is wrong with them."""
    lines = [HEADER, *BODY, "", BODY[0].replace("-02 15", "-03 15")]
    for wrong, what in (("2024-01-03 16:00,10,x,9,11,1", '"x"'), (BODY[0] + ",7", "7 fields")):
        error = refused(csv(tmp_path / "A.csv", *lines, wrong))
        assert error.what.startswith(what)
        assert error.where.endswith("A.csv, row 7")
    (tmp_path / "A.csv").write_bytes("\n".join([*lines, "ü"]).encode("latin-1"))
    assert refused(tmp_path / "A.csv").where.endswith("A.csv, row 7")


def test_symbols_that_take_turns_come_together(tmp_path: Path) -> None:
    """Bars in the order of time need no --sort; rejected rows stay in the file's order."""
    rows = [f"{symbol},{row}" for row in BODY for symbol in ("B", "A")]
    rows[2:2] = ["B,2024-01-02 15:30,0,12,9,11,1", "A,2024-01-02 15:30,-1,12,9,11,1"]
    path = csv(tmp_path / "AB.csv", f"symbol,{HEADER}", *rows)
    checked = read_bars(path, ReadOptions(interval=timedelta(hours=1)), quarantine=True)
    assert checked.bars["symbol"].to_list() == ["A"] * 3 + ["B"] * 3
    assert checked.bars["timestamp"].to_list() == CLOSES * 2
    assert checked.rejected["row"].unique(maintain_order=True).to_list() == [4, 5]


@pytest.mark.usefixtures("small_pieces")
def test_a_step_across_pieces_counts(tmp_path: Path) -> None:
    """Two bars of each symbol, which other pieces hold: the step is still found."""
    rows = [f"{symbol},{row}" for symbol in "ABC" for row in BODY[:2]]
    path = csv(tmp_path / "ABC.csv", f"symbol,{HEADER}", *rows)
    assert read_bars(path, ReadOptions()).interval == timedelta(hours=1)


def test_a_folder_holds_one_file_per_symbol(tmp_path: Path) -> None:
    """CSV and Parquet files in a folder become symbols by name; other files are left alone."""
    csv(tmp_path / "BRK.B.csv", HEADER.replace(",volume", ""), *(r[:-4] for r in BODY))
    parquet(tmp_path / "IBM.parquet", pl.Series([stamp - timedelta(hours=1) for stamp in CLOSES]))
    (tmp_path / "README.md").write_text("not bars")
    checked = read_bars(tmp_path, ReadOptions())
    assert checked.sources == ("BRK.B.csv", "IBM.parquet")
    assert checked.bars["symbol"].unique().sort().to_list() == ["BRK.B", "IBM"]
    assert checked.bars["timestamp"].to_list() == CLOSES * 2


# When a bar closed


@pytest.mark.parametrize(
    "labels",
    [
        ("2024-03-04 05:06", "2024-03-04 05:07"),
        ("2024-03-04T05:06:00", "2024-03-04T05:07:00"),
        ("2024-03-04T05:06:00Z", "2024-03-04T05:07:00Z"),
        ("2024-03-04 05:06:00 UTC", "2024-03-04 05:07:00 UTC"),
        ("2024-03-04 06:06:00+01:00", "2024-03-04 06:07:00+01:00"),
        ("2024-03-04T00:06:00.000-0500", "2024-03-04T00:07:00.000-0500"),
        ("2024-03-04 00:06:00 -05:00", "2024-03-04 01:07:00 -04:00"),
        ("2024.03.04 05:06", "2024.03.04 05:07"),
        ("20240304 050600", "20240304 050700"),
        ("202403040506", "202403040507"),
        ("20240304050600", "20240304050700"),
        ("04.03.2024 05:06", "04.03.2024 05:07"),
        ("03/04/2024 5:06 AM", "03/04/2024 5:07 AM", "03/29/2024 5:07 AM"),
        ("04/03/2024 05:06", "04/03/2024 05:07", "29/03/2024 05:07"),
        ("04-Mar-2024 05:06", "04-Mar-2024 05:07"),
        ("Mar 4, 2024 05:06", "Mar 4, 2024 05:07"),
        ("1709528760", "1709528820"),
        ("1709528760.0", "1709528820.0"),
        ("1709528760000", "1709528820000"),
        ("1709528760000000", "1709528820000000"),
        ("1709528760000000000", "1709528820000000000"),
    ],
)
def test_time_formats(tmp_path: Path, labels: tuple[str, ...]) -> None:
    """Every format gives 2024-03-04 05:06 and 05:07 in UTC."""
    expected = [datetime(2024, 3, 4, 5, minute, tzinfo=UTC) for minute in (6, 7)]
    assert stamped(tmp_path, *labels)[:2] == expected


@pytest.mark.parametrize(
    "labels", [("2024-03-04", "2024-03-05"), ("20240304", "20240305"), ("4/3/2024", "29/3/2024")]
)
@pytest.mark.parametrize("label", ["open", "close"])
def test_a_date_names_a_day_that_closes_when_it_ends(
    tmp_path: Path, labels: tuple[str, str], label: str
) -> None:
    """A daily bar can never be stamped with the midnight its day begins at."""
    options = ReadOptions(bar_label=label, interval=timedelta(days=1))  # type: ignore[arg-type]
    first = stamped(tmp_path, *labels, options=options)[0]
    assert first == datetime(2024, 3, 5, tzinfo=UTC)


def test_no_interval_closes_a_day_early(tmp_path: Path) -> None:
    """An interval of an hour stated for bars that name days does not end the day at 01:00."""
    options = ReadOptions(interval=timedelta(hours=1))
    first = stamped(tmp_path, "2024-03-04", "2024-03-05", options=options)[0]
    assert first == datetime(2024, 3, 5, tzinfo=UTC)


def test_a_close_label_is_the_closing_time(tmp_path: Path) -> None:
    """With bar_label close the stamps are those of the file, moved to UTC only."""
    options = ReadOptions(timezone="Asia/Shanghai", bar_label="close")
    first = stamped(tmp_path, "2024-01-02 15:00", "2024-01-02 16:00", options=options)[0]
    assert first == datetime(2024, 1, 2, 7, tzinfo=UTC)


def test_a_stated_interval_goes_before_the_common_step(tmp_path: Path) -> None:
    """Four-hour bars of which few are there close after four hours when told so."""
    options = ReadOptions(interval=timedelta(hours=4))
    first = stamped(tmp_path, "2024-01-02 00:00", "2024-01-02 12:00", options=options)[0]
    assert first == datetime(2024, 1, 2, 4, tzinfo=UTC)


def test_daily_bars_close_at_local_midnight_across_daylight_saving(tmp_path: Path) -> None:
    """New York's 2024-03-10 has 23 hours: its bar closes at 04:00 UTC, the one before at 05:00."""
    labels = ("2024-03-09", "2024-03-10", "2024-03-11")
    assert stamped(tmp_path, *labels, options=NEW_YORK) == [
        datetime(2024, 3, 10, 5, tzinfo=UTC),
        datetime(2024, 3, 11, 4, tzinfo=UTC),
        datetime(2024, 3, 12, 4, tzinfo=UTC),
    ]


def test_a_skipped_midnight_is_the_first_hour_after_it(tmp_path: Path) -> None:
    """São Paulo's 2018-11-04 began at 01:00 (03:00 UTC): there the bar of the day before closes."""
    options = ReadOptions(timezone="America/Sao_Paulo")
    closes = stamped(tmp_path, "2018-11-02", "2018-11-03", options=options)
    assert closes[1] == datetime(2018, 11, 4, 3, tzinfo=UTC)


def test_hourly_bars_through_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """On 2024-11-03 New York shows 01:00 twice; in a file with both the hours stay apart."""
    labels = [f"2024-11-03 0{hour}:00" for hour in (0, 1, 1, 2)]
    closes = stamped(tmp_path, *labels, options=NEW_YORK)
    assert closes == [datetime(2024, 11, 3, hour, tzinfo=UTC) for hour in (5, 6, 7, 8)]


def test_a_lone_bar_in_the_hour_that_comes_twice_is_the_later_one(tmp_path: Path) -> None:
    """When only one 01:00 is there, the later hour cannot leak."""
    labels = [f"2024-11-03 0{hour}:00" for hour in (0, 1, 2, 3)]
    closes = stamped(tmp_path, *labels, options=NEW_YORK)
    assert closes[1] == datetime(2024, 11, 3, 7, tzinfo=UTC)


def test_a_local_time_that_the_clock_skips_is_a_bad_row(tmp_path: Path) -> None:
    """02:00 on 2024-03-10 is no time in New York: the row is rejected, not guessed."""
    rows = [f"2024-03-10 0{hour}:00,10,12,9,11,100" for hour in (0, 1, 2, 3)]
    path = csv(tmp_path / "X.csv", HEADER, *rows)
    assert "the clock skips" in refused(path, NEW_YORK).where
    checked = read_bars(path, NEW_YORK, quarantine=True)
    assert checked.rejected.select("row", "rule").rows() == [(4, "no_time")]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_datetimes_of_any_unit_and_zone(
    tmp_path: Path, unit: Literal["ms", "us", "ns"]
) -> None:
    """Zone-aware Parquet stamps need no option, whatever their unit."""
    times = pl.Series(CLOSES).dt.convert_time_zone("Asia/Tokyo").dt.cast_time_unit(unit)
    checked = read_bars(parquet(tmp_path / "A.parquet", times), AS_CLOSE)
    assert checked.bars["timestamp"].to_list() == CLOSES


def test_parquet_dates_and_times_of_day(tmp_path: Path) -> None:
    """Typed date and time columns join like text."""
    days = parquet(tmp_path / "A.parquet", pl.Series([date(2024, 1, 2)] * 3))
    clock = pl.Series("Time", [time(16), time(17), time(18)])
    pl.read_parquet(days).with_columns(clock).write_parquet(days)
    assert read_bars(days, AS_CLOSE).bars["timestamp"].to_list() == CLOSES


def test_parquet_integer_times(tmp_path: Path) -> None:
    """Epoch milliseconds and YYYYMMDD numbers are told apart by their size."""
    epochs = pl.Series([int(stamp.timestamp() * 1000) for stamp in CLOSES])
    assert (
        read_bars(parquet(tmp_path / "A.parquet", epochs), AS_CLOSE).bars["timestamp"][0]
        == (CLOSES[0])
    )
    days = pl.Series([20240102.0, 20240103.0, 20240104.0])
    first = read_bars(parquet(tmp_path / "B.parquet", days), ReadOptions()).bars["timestamp"][0]
    assert first == datetime(2024, 1, 3, tzinfo=UTC)


# What is refused


def test_a_missing_source(tmp_path: Path) -> None:
    """A path that is not there is said so."""
    assert refused(tmp_path / "nothing.csv").what == "there is no nothing.csv."


def test_an_empty_folder(tmp_path: Path) -> None:
    """A folder without bars names the endings it looks for."""
    assert ".csv" in refused(tmp_path).remedy


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    """An empty file is called empty."""
    (tmp_path / "A.csv").write_bytes(content)
    assert refused(tmp_path / "A.csv").what == "the file is empty."


def test_only_a_header(tmp_path: Path) -> None:
    """Column names without rows are not bars, in CSV and in Parquet."""
    assert "no rows" in refused(csv(tmp_path / "A.csv", HEADER)).what
    path = parquet(tmp_path / "A.parquet", pl.Series(CLOSES))
    pl.read_parquet(path).head(0).write_parquet(path)
    assert "no rows" in refused(path).what


def test_missing_columns_are_listed_with_those_found(tmp_path: Path) -> None:
    """The error names what is missing, what was found and what was expected."""
    error = refused(csv(tmp_path / "A.csv", "when,open,top,low,close", "2024-01-02,1,1,1,1"))
    assert error.what == "no column for timestamp, high."
    assert error.remedy.startswith("Found: when, open, top, low, close. Expected")


def test_a_column_that_comes_twice(tmp_path: Path) -> None:
    """Two columns called open cannot both be the open."""
    error = refused(csv(tmp_path / "A.csv", HEADER + ",Open", *(f"{row},1" for row in BODY)))
    assert error.what == 'the column "open" is there 2 times.'


@pytest.mark.parametrize("name", ["bars.xlsx", "bars.parquet"])
def test_neither_csv_nor_parquet(tmp_path: Path, name: str) -> None:
    """Other files are refused by content, not trusted by name."""
    (tmp_path / name).write_bytes(b"PK\x03\x04 something else")
    assert refused(tmp_path / name).what == "the file is neither CSV nor Parquet."


def test_binary_that_calls_itself_csv(tmp_path: Path) -> None:
    """Zero bytes are not text."""
    (tmp_path / "A.csv").write_bytes(b"open\0close\0\1\2")
    assert "not text" in refused(tmp_path / "A.csv").what


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    """A Latin-1 file is refused with the line of its first foreign byte."""
    (tmp_path / "A.csv").write_bytes(f"{HEADER}\n{BODY[0]}\nM\xfcnchen".encode("latin-1"))
    error = refused(tmp_path / "A.csv")
    assert error.what == "the text is not UTF-8: byte 0xfc."
    assert error.where.endswith("A.csv, row 3")


def test_damaged_parquet(tmp_path: Path) -> None:
    """A Parquet file cut short is an integrity error, exit code 6."""
    path = parquet(tmp_path / "A.parquet", pl.Series(CLOSES))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(IntegrityError):
        read_bars(path, ReadOptions())


def test_too_many_fields(tmp_path: Path) -> None:
    """A row with more fields than the header is named by its line."""
    error = refused(csv(tmp_path / "A.csv", HEADER, BODY[0], BODY[1] + ",7"))
    assert error.what == "7 fields where the header names 6."
    assert error.where.endswith("A.csv, row 3")


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    """Broken quoting is refused, not read as one long field."""
    assert "quote" in refused(csv(tmp_path / "A.csv", HEADER, '"' + BODY[0], BODY[1])).what


def test_a_price_that_is_no_number(tmp_path: Path) -> None:
    """The cell, its column and its line are named; blank lines count as lines."""
    error = refused(csv(tmp_path / "A.csv", HEADER, BODY[0], "", BODY[1].replace("13", "$13.50")))
    assert error.what == '"$13.50" is not a number, in high.'
    assert error.where.endswith("A.csv, row 4")


def test_quarantine_sets_unreadable_cells_aside(tmp_path: Path) -> None:
    """With quarantine an unreadable price or time costs its row only."""
    rows = [*BODY, "soon,13,15,12,14,400", "2024-01-02 19:00,13,15,x,14,500"]
    checked = read_bars(csv(tmp_path / "A.csv", HEADER, *rows), ReadOptions(), quarantine=True)
    assert checked.rejected.select("row", "rule").rows() == [(5, "no_time"), (6, "missing_value")]
    assert checked.bars.height == 3


@pytest.mark.parametrize("cell", ["", "null", "N/A", "NaN", " "])
def test_cells_that_say_nothing_are_missing(tmp_path: Path, cell: str) -> None:
    """The usual words for no value break the rule for missing values."""
    path = csv(tmp_path / "A.csv", HEADER, *BODY, f"2024-01-02 18:00,13,15,12,{cell},400")
    assert refused(path).what == "1 of 4 rows break a rule: missing_value 1."


def test_a_time_that_is_none(tmp_path: Path) -> None:
    """One unreadable time among readable ones is named by its line."""
    error = refused(csv(tmp_path / "A.csv", HEADER, *BODY, "2024-13-45 00:00,1,1,1,1,1"))
    assert error.what == '"2024-13-45 00:00" is not a time.'
    assert error.where.endswith("A.csv, row 5")


def test_times_in_no_known_format(tmp_path: Path) -> None:
    """A time column nobody can read is refused as a whole, with formats that work."""
    error = refused(csv(tmp_path / "A.csv", HEADER, "bar 1,1,1,1,1,1", "bar 2,1,1,1,1,1"))
    assert error.what == 'the time column cannot be read: "bar 1".'


def test_row_counters_are_not_epochs(tmp_path: Path) -> None:
    """A time column 0, 1, 2 does not become 1970."""
    error = refused(csv(tmp_path / "A.csv", "time,open,high,low,close", "0,1,1,1,1", "1,1,1,1,1"))
    assert "cannot be read" in error.what


def test_day_and_month_that_cannot_be_told_apart(tmp_path: Path) -> None:
    """01/02/2024 may be January or February: refused, never guessed."""
    rows = ["01/02/2024,1,1,1,1,1", "02/02/2024,1,1,1,1,1"]
    error = refused(csv(tmp_path / "A.csv", HEADER, *rows))
    assert "%d/%m/%Y and as %m/%d/%Y" in error.what


def test_back_steps_are_refused_or_sorted(tmp_path: Path) -> None:
    """Rows that go back and forth are refused with the remedy --sort, which reads them."""
    path = csv(tmp_path / "A.csv", HEADER, BODY[1], BODY[0], BODY[2])
    error = refused(path)
    assert "`sort`" in error.remedy
    assert error.where.startswith("A.csv, row 3 (A, closing 2024-01-02 16:00:00 UTC)")
    assert read_bars(path, ReadOptions(sort=True)).bars["timestamp"].to_list() == CLOSES


def test_two_files_with_one_symbol(tmp_path: Path) -> None:
    """Two files that both hold a symbol are named."""
    csv(tmp_path / "AAPL.csv", HEADER, *BODY)
    csv(tmp_path / "other.csv", f"symbol,{HEADER}", *(f"AAPL,{row}" for row in BODY))
    error = refused(tmp_path)
    assert error.what == "two files hold the symbol AAPL."
    assert "AAPL.csv" in error.where
    assert "other.csv" in error.where


def test_files_of_which_some_have_volume(tmp_path: Path) -> None:
    """A volume that only some files have would be zero in silence for the others."""
    csv(tmp_path / "A.csv", HEADER, *BODY)
    csv(tmp_path / "B.csv", *(row.rsplit(",", 1)[0] for row in (HEADER, *BODY)))
    assert "some files have a volume column" in refused(tmp_path).what


def test_bars_of_different_intervals(tmp_path: Path) -> None:
    """A daily file among hourly ones would be stamped 23 hours early, so it is refused."""
    csv(tmp_path / "A.csv", HEADER, *BODY)
    csv(tmp_path / "B.csv", HEADER, "2024-01-02,1,1,1,1,1", "2024-01-03,1,1,1,1,1")
    assert refused(tmp_path).what.startswith(
        "bars of different intervals: B has a bar every 1d at most"
    )


def test_the_symbol_option_cannot_rename_symbols(tmp_path: Path) -> None:
    """A file that names its symbols contradicts the option."""
    path = csv(tmp_path / "A.csv", f"symbol,{HEADER}", *(f"X,{row}" for row in BODY))
    assert isinstance(refused(path, ReadOptions(symbol="Y")), ConfigError)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (ReadOptions(timezone="America/New_Yrok"), "America/New_York"),
        (ReadOptions(bar_label="middle"), "open, close"),  # type: ignore[arg-type]
        (ReadOptions(interval=timedelta()), "1 minute"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: ReadOptions, word: str) -> None:
    """An unknown zone, label or interval is a ConfigError that says what would do."""
    error = refused(csv(tmp_path / "A.csv", HEADER, *BODY), options)
    assert isinstance(error, ConfigError)
    assert word in error.remedy


# No look-ahead


def test_an_interval_shorter_than_the_bars_is_refused(tmp_path: Path) -> None:
    """Hourly bars taken for quarters of an hour would be stamped before they closed."""
    hours = [(datetime(2024, 1, 2) + timedelta(hours=hour)).isoformat(" ") for hour in range(120)]
    path = csv(tmp_path / "A.csv", HEADER, *(f"{hour},10,12,9,11,100" for hour in hours))
    error = refused(path, ReadOptions(interval=timedelta(minutes=15)))
    assert "closer than 1h, yet the interval given is 15m" in error.what


def test_later_rows_change_no_earlier_bar(tmp_path: Path) -> None:
    """The first two bars are the same whether or not the third is in the file."""
    two = read_bars(csv(tmp_path / "A.csv", HEADER, *BODY[:2]), ReadOptions())
    three = read_bars(csv(tmp_path / "A.csv", HEADER, *BODY), ReadOptions())
    assert three.bars.head(2).equals(two.bars)


# Real bars

REAL_FILES = {  # rows, seconds per bar, zone: as the folder's own README states them
    "ta4j_crypto/bars_4h": (41_370, 14_400, "UTC"),
    "ta4j_crypto/bars_1d": (9_487, 86_400, "UTC"),
    "snowguru_multi/stock_15m": (129_284, 900, "UTC"),
    "snowguru_multi/index_1h": (267_085, 3_600, "UTC"),
    "smc_eurusd_15m/bars_15m": (24_424, 900, "UTC"),
    "lean_us_equity/bars_1h_raw": (122_476, 3_600, "America/New_York"),
    "lean_us_equity/bars_1h_adjusted": (122_476, 3_600, "America/New_York"),
    "lean_us_equity/bars_1m_raw": (20_606, 60, "America/New_York"),
    "acl18_stocknet/bars_1d": (108_589, 86_400, "America/New_York"),
}


@pytest.mark.parametrize("name", REAL_FILES)
def test_real_bars_read_whole(market_bars: Path, name: str) -> None:
    """Hourly, daily, minute bars of shares, coins, currencies and indices: no row is rejected."""
    rows, seconds, zone = REAL_FILES[name]
    checked = read_bars(market_bars / f"{name}.parquet", ReadOptions(timezone=zone))
    assert checked.bars.height == rows
    assert checked.interval == timedelta(seconds=seconds)


def test_hourly_american_bars_close_with_the_exchange(market_bars: Path) -> None:
    """The bar that covers 09:30 to 10:00 is stamped 10:00, the day's last one 16:00."""
    bars = read_bars(market_bars / "lean_us_equity" / "bars_1h_raw.parquet", NEW_YORK).bars
    hours = bars["timestamp"].dt.convert_time_zone("America/New_York").dt.hour()
    assert (hours.min(), hours.max()) == (10, 16)


def test_a_table_that_is_no_bars_is_refused(market_bars: Path) -> None:
    """A file of adjusted closes alone has no open, high, low, close."""
    error = refused(market_bars / "acl18_stocknet" / "adj_close.parquet")
    assert error.what == "no column for open, high, low, close."


def test_intervals_in_the_words_of_the_settings() -> None:
    """The largest unit that divides."""
    times = [timedelta(days=1), timedelta(hours=4), timedelta(minutes=90), timedelta(seconds=45)]
    assert [interval_text(time) for time in times] == ["1d", "4h", "90m", "45s"]
