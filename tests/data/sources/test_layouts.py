"""The usual sources: what each writes becomes the bars of a frame made by hand."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest

from quantsig.data.errors import ConfigError, DataError, ResourceError
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.sources.layouts import LAYOUTS

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
VALUES = [[10.0, 12.0, 9.0, 11.0, 100.0], [11.0, 13.0, 10.0, 12.0, 200.0]]  # o, h, l, c, volume


class Case(NamedTuple):
    """A file of one source, and what its bars are."""

    write: Callable[[Path], Path]
    symbol: str
    closes: list[datetime]
    layout: str | None = None  # that is found, and said
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed
    values: list[list[float]] = VALUES
    adjustment: tuple[float, ...] = (1.0, 1.0)


def text(name: str, *lines: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text("\n".join(lines) + "\n", encoding=encoding)
        return folder / name

    return write


def zipped(name: str, inside: str, *lines: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(inside, "\n".join(lines) + "\n")
        return folder / name

    return write


def utc(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


def local(zone: ZoneInfo, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, minute, tzinfo=zone).astimezone(UTC)


def epoch(hour: int, units: int = 1000) -> int:
    return int(utc(2, hour).timestamp()) * units


def klines(units: int) -> list[str]:
    hour = 3600 * units
    return [
        f"{epoch(1, units)},10,12,9,11,100,{epoch(1, units) + hour - 1},1100,5,50,550,0",
        f"{epoch(2, units)},11,13,10,12,200,{epoch(2, units) + hour - 1},2400,5,50,1200,0",
    ]


def freqtrade(folder: Path) -> Path:
    columns = dict(
        zip(("open", "high", "low", "close", "volume"), zip(*VALUES, strict=True), strict=True)
    )
    frame = pl.DataFrame({"date": [utc(2, 1), utc(2, 2)], **columns})
    frame.write_ipc(folder / "BTC_USDT-1h.feather", compression="lz4")
    return folder / "BTC_USDT-1h.feather"


def candles(folder: Path) -> Path:
    rows = [[epoch(hour), *row] for hour, row in zip((1, 2), VALUES, strict=True)]
    (folder / "ETH_USDT_USDT-1h-futures.json").write_text(json.dumps(rows))
    return folder / "ETH_USDT_USDT-1h-futures.json"


def qlib(folder: Path) -> Path:
    """Half of the raw price and twice the volume, which the factor says; the first day is empty."""
    source = folder / "cn_data"
    (source / "calendars").mkdir(parents=True)
    (source / "calendars" / "day.txt").write_text("2024-01-01\n2024-01-02\n2024-01-03\n")
    (source / "features" / "sh600000").mkdir(parents=True)
    opened, high, low, close, volume = np.array(VALUES).T
    fields = {
        "open": opened / 2,
        "high": high / 2,
        "low": low / 2,
        "close": close / 2,
        "volume": volume * 2,
        "factor": np.array([0.5, 0.5]),
    }
    for name, values in fields.items():
        np.array([1, *values], "<f4").tofile(source / "features" / "sh600000" / f"{name}.day.bin")
    return source


def pandas_index(folder: Path) -> Path:
    frame = pd.DataFrame(
        VALUES,
        columns=["Open", "High", "Low", "Close", "Volume"],
        index=pd.DatetimeIndex(["2024-01-02", "2024-01-03"], name="Date"),
    )
    frame.to_parquet(folder / "MSFT.parquet")
    return folder / "MSFT.parquet"


DAYS = [utc(3), utc(4)]
HOURS = [utc(2, 2), utc(2, 3)]
CASES = {
    "yfinance": Case(
        text(
            "AAPL.csv",
            "Date,Open,High,Low,Close,Adj Close,Volume",
            "2024-01-02,10,12,9,11,5.5,100",
            "2024-01-03,11,13,10,12,12,200",
        ),
        "AAPL",
        DAYS,
        adjustment=(0.5, 1.0),
    ),
    "yfinance, two lines": Case(
        text(
            "bars.csv",
            "Price,Close,High,Low,Open,Volume",
            "Ticker,MSFT,MSFT,MSFT,MSFT,MSFT",
            "Date,,,,,",
            "2024-01-02,11,12,9,10,100",
            "2024-01-03,12,13,10,11,200",
        ),
        "MSFT",
        DAYS,
        "yfinance",
    ),
    "akshare": Case(
        text(
            "000001.csv",
            "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率",
            "2024-01-02,000001,10,11,12,9,100,1,1,1,1,1",
            "2024-01-03,000001,11,12,13,10,200,1,1,1,1,1",
        ),
        "000001",
        [local(SHANGHAI, 3), local(SHANGHAI, 4)],
        "akshare",
    ),
    "baostock": Case(
        text(
            "minutes.csv",
            "date,time,code,open,high,low,close,volume,amount,adjustflag",
            "2024-01-02,20240102093500000,sh.600000,10,12,9,11,100,1,3",
            "2024-01-02,20240102094000000,sh.600000,11,13,10,12,200,1,3",
        ),
        "sh.600000",
        [local(SHANGHAI, 2, 9, 35), local(SHANGHAI, 2, 9, 40)],
        "baostock",
    ),
    "tushare": Case(
        text(
            "daily.csv",
            "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount",
            "600519.SH,20240103,11,13,10,12,11,1,9,200,1",
            "600519.SH,20240102,10,12,9,11,10,1,10,100,1",
        ),
        "600519.SH",
        [local(SHANGHAI, 3), local(SHANGHAI, 4)],
        "tushare",
    ),
    "ccxt": Case(
        text(
            "BTC.csv",
            "timestamp,open,high,low,close,volume",
            f"{epoch(1)},10,12,9,11,100",
            f"{epoch(2)},11,13,10,12,200",
        ),
        "BTC",
        HOURS,
    ),
    "stooq": Case(
        text(
            "aapl.us.txt",
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
            "AAPL.US,D,20240102,000000,10,12,9,11,100,0",
            "AAPL.US,D,20240103,000000,11,13,10,12,200,0",
        ),
        "AAPL.US",
        DAYS,
        "stooq",
    ),
    "binance": Case(text("BTCUSDT-1h-2024-01.csv", *klines(1000)), "BTCUSDT", HOURS, "binance"),
    "binance, zip": Case(
        zipped("BTCUSDT-1h-2025-01.zip", "BTCUSDT-1h-2025-01.csv", *klines(1_000_000)),
        "BTCUSDT",
        HOURS,
        "binance",
    ),
    "mt4": Case(
        text(
            "EURUSD60.csv",
            "2024.01.02,01:00,10,12,9,11,100",
            "2024.01.02,02:00,11,13,10,12,200",
        ),
        "EURUSD60",
        HOURS,
        "mt4",
    ),
    "mt5": Case(
        text(
            "EURUSD.csv",
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            "2024.01.02\t01:00:00\t10\t12\t9\t11\t100\t0\t4",
            "2024.01.02\t02:00:00\t11\t13\t10\t12\t200\t0\t4",
            encoding="utf-16",
        ),
        "EURUSD",
        HOURS,
        "mt5",
    ),
    "freqtrade": Case(freqtrade, "BTC/USDT", HOURS, "freqtrade"),
    "qlib": Case(qlib, "SH600000", DAYS, "qlib", adjustment=(0.5, 0.5)),
    "lean": Case(
        zipped(
            "aapl.zip",
            "aapl.csv",
            "20240102 10:00,100000,120000,90000,110000,100",
            "20240102 11:00,110000,130000,100000,120000,200",
        ),
        "AAPL",
        [local(NEW_YORK, 2, 11), local(NEW_YORK, 2, 12)],
        "lean",
    ),
    "cryptodatadownload": Case(
        text(
            "Binance_BTCUSDT_1h.csv",
            "https://www.CryptoDataDownload.com",
            "Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount",
            f"{epoch(2)},2024-01-02 02:00:00,BTC/USDT,11,13,10,12,200,2400,9",
            f"{epoch(1)},2024-01-02 01:00:00,BTC/USDT,10,12,9,11,100,1100,5",
        ),
        "BTC/USDT",
        HOURS,
        "cryptodatadownload",
    ),
    "cryptodatadownload, without epochs": Case(
        text(
            "Kraken_XBTUSD_1h.csv",
            "Date,Symbol,Open,High,Low,Close,Volume USD,Volume BTC",
            "2024-01-02 02-AM,XBTUSD,11,13,10,12,2400,200",
            "2024-01-02 01-AM,XBTUSD,10,12,9,11,1100,100",
        ),
        "XBTUSD",
        HOURS,
        "cryptodatadownload",
    ),
    "investing": Case(
        text(
            "ABC Stock Price History.csv",
            '"Date","Price","Open","High","Low","Vol.","Change %"',
            '"01/15/2024","1,012.00","1,011.00","1,013.00","1,010.00","1.23M","0.10%"',
            '"01/12/2024","1,011.00","1,010.00","1,012.00","1,009.00","45.6K","-0.10%"',
            encoding="utf-8-sig",
        ),
        "ABC",
        [utc(13), utc(16)],
        "investing",
        options={"interval": timedelta(days=1)},
        values=[
            [1010.0, 1012.0, 1009.0, 1011.0, 45_600.0],
            [1011.0, 1013.0, 1010.0, 1012.0, 1_230_000.0],
        ],
    ),
    "pandas": Case(pandas_index, "MSFT", DAYS),
    "lean, minutes": Case(
        zipped(
            "20240102_trade.zip",
            "20240102_spy_minute_trade.csv",
            "34200000,100000,120000,90000,110000,100",
            "34260000,110000,130000,100000,120000,200",
        ),
        "SPY",
        [local(NEW_YORK, 2, 9, 31), local(NEW_YORK, 2, 9, 32)],
        "lean",
    ),
    "freqtrade, json": Case(candles, "ETH/USDT:USDT", HOURS, "freqtrade"),
    "histdata": Case(
        text(
            "DAT_ASCII_EURUSD_M1.csv",
            "20240102 030000;10;12;9;11;100",
            "20240102 030100;11;13;10;12;200",
        ),
        "DAT_ASCII_EURUSD_M1",
        [utc(2, 8, 1), utc(2, 8, 2)],
        "histdata",
    ),
    "tongdaxin": Case(
        text(
            "SZ#000001.txt",
            "000001 平安银行 日线 不复权",
            "      日期\t    开盘\t    最高\t    最低\t    收盘\t    成交量\t    成交额",
            "2024/01/02\t10\t12\t9\t11\t100\t1",
            "2024/01/03\t11\t13\t10\t12\t200\t1",
            "数据来源:通达信",
            encoding="gbk",
        ),
        "SZ#000001",
        [local(SHANGHAI, 3), local(SHANGHAI, 4)],
        "tongdaxin",
    ),
}


@pytest.mark.parametrize("source", CASES)
def test_a_source_is_read_as_it_is(tmp_path: Path, source: str) -> None:
    """Symbol, closing times, prices, volume and adjustment, without an option."""
    case = CASES[source]
    checked = read_bars(case.write(tmp_path), ReadOptions(**case.options))
    expected = pl.DataFrame(
        {
            "symbol": [case.symbol] * 2,
            "timestamp": case.closes,
            **dict(
                zip(
                    ("open", "high", "low", "close", "volume"),
                    zip(*case.values, strict=True),
                    strict=True,
                )
            ),
            "adjustment": case.adjustment,
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
    assert checked.bars.equals(expected), checked.bars
    said = [note for note in checked.notes if note.startswith("layout ")]
    assert [note.split(":")[0] for note in said] == ([f"layout {case.layout}"] * bool(case.layout))


def test_newest_first_is_put_in_order_and_said(tmp_path: Path) -> None:
    """As Tushare's daily bars come."""
    checked = read_bars(CASES["tushare"].write(tmp_path), ReadOptions())
    assert any("newest first" in note for note in checked.notes)


def test_gz_of_a_csv(tmp_path: Path) -> None:
    """The symbol is the name without both endings."""
    path = CASES["ccxt"].write(tmp_path)
    (tmp_path / "ETH.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    checked = read_bars(tmp_path / "ETH.csv.gz", ReadOptions())
    assert checked.bars["symbol"].unique().to_list() == ["ETH"]
    assert checked.bars["timestamp"].to_list() == HOURS


def test_two_lines_of_several_tickers(tmp_path: Path) -> None:
    """Every ticker's own rows, without the days it has no price on."""
    write = text(
        "bars.csv",
        "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume",
        "Ticker,AAPL,IPO,AAPL,IPO,AAPL,IPO,AAPL,IPO,AAPL,IPO",
        "Date,,,,,,,,,,",
        "2024-01-02,11,,12,,9,,10,,100,",
        "2024-01-03,12,22,13,23,10,20,11,21,200,300",
    )
    bars = read_bars(write(tmp_path), ReadOptions(interval=pd.Timedelta(days=1))).bars
    assert bars.select("symbol", "close", "volume").rows() == [
        ("AAPL", 11.0, 100.0),
        ("AAPL", 12.0, 200.0),
        ("IPO", 22.0, 300.0),
    ]


def test_a_header_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    """No guess which column is which."""
    path = text("A.csv", "2024-01-02,10,12,9,11,100", "2024-01-03,11,13,10,12,200")(tmp_path)
    with pytest.raises(DataError) as caught:
        read_bars(path, ReadOptions())
    assert caught.value.what.startswith("a header is missing")
    assert "`layout`" in caught.value.remedy
    named = read_bars(path, ReadOptions(layout="ccxt"))
    assert named.bars["close"].to_list() == [11.0, 12.0]


def test_the_user_goes_before_the_layout(tmp_path: Path) -> None:
    """A zone and a label that are stated are kept."""
    options = ReadOptions(timezone="UTC", bar_label="open")
    bars = read_bars(CASES["baostock"].write(tmp_path), options).bars
    assert bars["timestamp"].to_list() == [utc(2, 9, 40), utc(2, 9, 45)]


def test_an_unknown_layout_lists_the_known(tmp_path: Path) -> None:
    """And the nearest first."""
    with pytest.raises(ConfigError) as caught:
        read_bars(CASES["ccxt"].write(tmp_path), ReadOptions(layout="binanse"))
    assert caught.value.remedy.startswith("Did you mean binance?")


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_goes_by_its_name(name: str) -> None:
    """The table's key is what the layout calls itself."""
    assert LAYOUTS[name].name == name


def test_a_zip_of_two_files_is_refused(tmp_path: Path) -> None:
    """It may be two symbols, or bars and something else."""
    with zipfile.ZipFile(tmp_path / "A.zip", "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(DataError) as caught:
        read_bars(tmp_path / "A.zip", ReadOptions())
    assert "2 files" in caught.value.what


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    """100 MB of nothing in 100 kB."""
    content = io.BytesIO()
    with gzip.GzipFile(fileobj=content, mode="wb") as file:
        file.write(bytes(100_000_000))
    (tmp_path / "A.csv.gz").write_bytes(content.getvalue())
    with pytest.raises(ResourceError):
        read_bars(tmp_path / "A.csv.gz", ReadOptions())


INVESTING = (
    '"Date","Price","Open","High","Low","Vol.","Change %"',
    '"02/01/2024","12","11","13","10","","0.10%"',
    '"01/01/2024","11","10","12","9","","0.10%"',
)


def test_a_day_that_may_be_a_month_is_asked_for(tmp_path: Path) -> None:
    """Two days of January, or two months: the option decides, in either way."""
    path = text("ABC Historical Data.csv", *INVESTING)(tmp_path)
    with pytest.raises(DataError) as caught:
        read_bars(path, ReadOptions())
    assert len(str(caught.value).splitlines()) == 3
    assert "day_first = true or false" in caught.value.remedy
    days = read_bars(path, ReadOptions(day_first=True)).bars["timestamp"].to_list()
    assert days == [utc(2), utc(3)]
    months = read_bars(path, ReadOptions(day_first=False)).bars["timestamp"]
    assert months[1] - months[0] == timedelta(days=31)
