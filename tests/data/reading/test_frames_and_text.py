"""Frames of other libraries, and text as people save it."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.readers import read_bars, read_frame
from quantsig.data.reading.options import ReadOptions
from quantsig.data.storage.parquet import write_parquet
from quantsig.data.tables.table import CANONICAL_MARK

DAYS = ["2024-01-02", "2024-01-03"]
CLOSES = [datetime(2024, 1, 3, tzinfo=UTC), datetime(2024, 1, 4, tzinfo=UTC)]
COLUMNS = {
    "Open": [10.0, 11.0],
    "High": [12.0, 13.0],
    "Low": [9.0, 10.0],
    "Close": [11.0, 12.0],
    "Volume": [100, 200],
}
INDEX = pd.DatetimeIndex(DAYS, name="Date")
FRAMES = {
    "polars": pl.DataFrame({"date": DAYS, **COLUMNS}),
    "pandas column": pd.DataFrame({"date": DAYS, **COLUMNS}),
    "pandas index": pd.DataFrame(COLUMNS, index=INDEX),
    "pandas index without a name": pd.DataFrame(COLUMNS, index=INDEX.rename(None)),
    "pyarrow": pa.table({"date": DAYS, **COLUMNS}),
}


@pytest.mark.parametrize("library", FRAMES)
def test_a_frame_of_any_library(library: str) -> None:
    """The same bars, whichever holds them."""
    checked = read_frame(FRAMES[library], ReadOptions(symbol="600519.SH"))
    assert checked.bars["timestamp"].to_list() == CLOSES
    assert checked.bars.row(1)[2:7] == (11.0, 13.0, 10.0, 12.0, 200.0)
    assert set(checked.bars["symbol"]) == {"600519.SH"}


class Relation:
    """What DuckDB and others give: a stream of Arrow, and nothing else."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as a capsule."""
        return self.table.__arrow_c_stream__(requested_schema)


def test_a_relation_that_only_streams_arrow() -> None:
    """With the types of a database: decimals, dates and long integers."""
    table = FRAMES["pyarrow"]
    assert isinstance(table, pa.Table)
    kinds = [pa.date32(), *[pa.decimal128(10, 2)] * 4, pa.decimal128(38, 0)]
    dated = table.set_column(0, "date", table["date"].cast(pa.date32()))
    typed = dated.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))
    bars = read_frame(Relation(typed)).bars
    assert bars.equals(read_frame(FRAMES["polars"]).bars)


def test_a_frame_of_prices_and_tickers() -> None:
    """As yfinance downloads several at once."""
    names = pd.MultiIndex.from_product([list(COLUMNS), ["AAPL", "BRK.B"]])
    values = np.repeat(np.array(list(COLUMNS.values()), dtype=float).T, 2, axis=1)
    bars = read_frame(pd.DataFrame(values, index=INDEX, columns=names)).bars
    assert bars["symbol"].to_list() == ["AAPL", "AAPL", "BRK.B", "BRK.B"]
    assert bars["close"].to_list() == [11.0, 12.0, 11.0, 12.0]


@pytest.mark.parametrize("frame", [[1, 2], None, pl.LazyFrame(COLUMNS), pl.DataFrame()])
def test_what_is_no_frame_of_bars_is_refused(frame: object) -> None:
    """In three lines, never by an AttributeError."""
    with pytest.raises(DataError) as caught:
        read_frame(frame)
    assert len(str(caught.value).splitlines()) == 3


# Text

HEADER = "Date;Open;High;Low;Close;Volume"


def saved(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-8-sig"])
def test_chinese_headers_of_any_encoding(tmp_path: Path, encoding: str) -> None:
    """Told by the bytes, without an option."""
    rows = ("日期,开盘价,最高价,最低价,收盘价,成交量", "2024-01-02,10,12,9,11,100")
    text = "\n".join([*rows, "2024-01-03,11,13,10,12,200"])
    bars = read_bars(saved(tmp_path / "A.csv", text, encoding), ReadOptions()).bars
    assert bars.row(0)[2:7] == (10.0, 12.0, 9.0, 11.0, 100.0)


def test_another_encoding_is_named_by_the_user(tmp_path: Path) -> None:
    """Latin letters of one byte can be of many encodings."""
    text = "Date,Open,High,Low,Close,Börse\n2024-01-02,1,1,1,1,München\n2024-01-03,1,1,1,1,x\n"
    path = saved(tmp_path / "A.csv", text, "cp1252")
    with pytest.raises(DataError, match="not UTF-8"):
        read_bars(path, ReadOptions())
    assert read_bars(path, ReadOptions(encoding="cp1252")).bars.height == 2
    with pytest.raises(ConfigError, match="unknown encoding"):
        read_bars(path, ReadOptions(encoding="utf-9"))


@pytest.mark.parametrize(
    "row",
    ["10,5;1.012,5;9,25;11;1.234", "10,50;1012,5;9,25;11,0;1234"],
)
def test_decimal_commas(tmp_path: Path, row: str) -> None:
    """And points between thousands, in every column of such a file."""
    path = saved(tmp_path / "A.csv", f"{HEADER}\n02.01.2024;{row}\n15.01.2024;{row}\n")
    checked = read_bars(path, ReadOptions())
    assert checked.bars.row(0)[2:7] == (10.5, 1012.5, 9.25, 11.0, 1234.0)
    assert any("comma" in note for note in checked.notes)


def test_commas_between_thousands(tmp_path: Path) -> None:
    """As spreadsheets write volumes."""
    text = f"{HEADER}\n2024-01-02;10.5;12;9;11;1,234,567\n2024-01-03;10.5;12;9;11;1,234\n"
    volume = read_bars(saved(tmp_path / "A.csv", text), ReadOptions()).bars["volume"]
    assert volume.to_list() == [1234567.0, 1234.0]


def test_a_comma_that_can_be_either_is_refused(tmp_path: Path) -> None:
    """1,234 is one and a bit, or a thousand and more; the option decides."""
    text = f"{HEADER}\n2024-01-02;1,234;1,236;1,230;1,235;5\n2024-01-03;1,234;1,236;1,230;1,235;5\n"
    path = saved(tmp_path / "A.csv", text)
    with pytest.raises(DataError) as caught:
        read_bars(path, ReadOptions())
    assert caught.value.what == '"1,234" can be read as 1234 and as 1.234.'
    assert "decimal" in caught.value.remedy
    assert read_bars(path, ReadOptions(decimal=",")).bars["open"][0] == 1.234
    assert read_bars(path, ReadOptions(decimal=".")).bars["open"][0] == 1234.0


@pytest.mark.parametrize("symbol", ["000001", "TRUE", "NaN", "BRK.B", "BTC/USDT", "600519.SH"])
def test_symbols_stay_text(tmp_path: Path, symbol: str) -> None:
    """In text and in Parquet."""
    rows = [f"{symbol},{day},10,12,9,11,100" for day in DAYS]
    path = saved(tmp_path / "A.csv", "\n".join(["symbol,date,open,high,low,close,volume", *rows]))
    assert set(read_bars(path, ReadOptions()).bars["symbol"]) == {symbol}
    frame = FRAMES["polars"]
    assert isinstance(frame, pl.DataFrame)
    frame.with_columns(symbol=pl.lit(symbol)).write_parquet(tmp_path / "B.parquet")
    assert set(read_bars(tmp_path / "B.parquet", ReadOptions()).bars["symbol"]) == {symbol}


COMMAS = "timestamp,open,high,low,close"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            "timestamp,open,high,low,close\n2024-01-02,1,1,1,1\n2024-01-03,1,1,1,"
            + "1" * 3_000_000,
            3,
        ),
        ("timestamp,open,high,low,close\n" + "x" * 70_000_000, None),
        (",".join(f"column{number}" for number in range(100_000)) + "\n1\n", None),
    ],
    ids=["cell", "no line break", "columns"],
)
def test_a_line_longer_than_any_bar_is_refused(
    tmp_path: Path, text: str, where: int | None
) -> None:
    """At once, and without showing all of it."""
    source = tmp_path / "A.csv"
    source.write_text(text)
    with pytest.raises(DataError, match="bytes") as caught:
        read_bars(source, ReadOptions())
    assert len(str(caught.value)) < 1000
    assert where is None or caught.value.where.endswith(f"row {where}")


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.binary(), pa.duration("s")], ids=str)
def test_a_column_of_no_plain_values_is_refused(kind: pa.DataType) -> None:
    """Lists, bytes and lengths of time are neither prices nor symbols."""
    table = pa.table({"date": DAYS, **COLUMNS, "symbol": pa.nulls(2, kind)})
    with pytest.raises(DataError, match="the column symbol holds"):
        read_frame(table, ReadOptions())


def test_a_day_that_no_calendar_has_is_no_time() -> None:
    """The farthest numbers that a column of days can hold."""
    days = pa.array([2**31 - 1, -(2**31)], pa.date32())
    with pytest.raises(DataError):
        read_frame(pa.table({"date": days, **COLUMNS}), ReadOptions())


def test_bars_marked_as_ours_without_volume_are_read(tmp_path: Path) -> None:
    """The mark is in the file's metadata, which other programs copy with fewer columns."""
    prices = {name.lower(): values for name, values in COLUMNS.items() if name != "Volume"}
    frame = pl.DataFrame({"symbol": ["A", "A"], "timestamp": CLOSES, **prices})
    source = tmp_path / "bars.parquet"
    write_parquet(source, frame, metadata=dict([CANONICAL_MARK]))
    assert read_bars(source, ReadOptions()).bars["close"].to_list() == COLUMNS["Close"]
