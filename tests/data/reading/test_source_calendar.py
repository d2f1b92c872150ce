"""Whose days the bars of a source are: what is stated, what is found, what is left open."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.bars import write_bars
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.demo import demo_bars
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.reading.source_calendar import calendar_remarks

WEEK = [datetime(2024, 3, 4) + timedelta(days=number) for number in range(12)]
FIVE = timedelta(minutes=5)
DAY_SESSION = (("09:00", "10:15"), ("10:30", "11:30"), ("13:30", "15:00"))
HOURS = {
    "rebar": (*DAY_SESSION, ("21:00", "23:00")),
    "gold": (*DAY_SESSION, ("21:00", "24:00"), ("00:00", "02:30")),
    "index": (("09:30", "11:30"), ("13:00", "15:00")),  # no night session
    "istanbul": (("09:30", "18:15"), ("19:00", "23:00")),  # whose day is the evening?
    "chicago": (("00:00", "16:00"), ("17:00", "24:00")),
    "crypto": (("00:00", "24:00"),),
}


def minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def traded(market: str, day: datetime, clock: int) -> bool:
    """Whether a market is open at a minute of a local day, by its usual week."""
    if market == "crypto":
        return True
    night, tail = clock >= minutes("17:00"), clock < minutes("04:00")
    if market == "chicago":
        return {5: False, 6: night, 4: not night}.get(day.weekday(), True)
    if day.weekday() == 5:
        return tail and market == "gold"
    return day.weekday() < 5 and not (day.weekday() == 0 and tail)


def csv_of(path: Path, *markets: str) -> Path:
    """Two weeks of five-minute bars, labelled by their open on the market's own clock."""
    lines = ["symbol,timestamp,open,high,low,close,volume"]
    for market in markets:
        stamps = [
            day + timedelta(minutes=clock)
            for day in WEEK
            for start, end in HOURS[market]
            for clock in range(minutes(start), minutes(end), 5)
            if traded(market, day, clock)
        ]
        lines += [f"{market},{stamp},10,12,9,11,100" for stamp in sorted(stamps)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def calendar_read(path: Path, **options: str) -> SessionCalendar:
    return read_bars(path, ReadOptions(**options)).calendar  # type: ignore[arg-type]


@pytest.mark.parametrize("markets", [("gold",), ("rebar",), ("gold", "index", "rebar")])
def test_the_nights_of_chinese_futures_are_found(tmp_path: Path, markets: tuple[str, ...]) -> None:
    """Their hours are nobody else's; symbols without a night session do not hide them."""
    found = calendar_read(csv_of(tmp_path / "bars.csv", *markets), timezone="Asia/Shanghai")
    assert found == SessionCalendar(
        timezone="Asia/Shanghai", bar_label="open", session_start="21:00"
    )


def test_their_bars_are_of_the_trading_day(tmp_path: Path) -> None:
    """The first Monday's night was before the bars; the last Friday's is of the Monday after."""
    read = read_bars(csv_of(tmp_path / "b.csv", "gold"), ReadOptions(timezone="Asia/Shanghai"))
    days = read.calendar.dates(read.bars["timestamp"])
    counts = dict(days.value_counts().sort("timestamp").iter_rows())
    assert [day.isoformat() for day in counts] == [
        *(f"2024-03-{day:02}" for day in (4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18)),
    ]
    assert list(counts.values()) == [45, *[45 + 66] * 9, 36]  # 3:45 by day, 5:30 by night


@pytest.mark.parametrize("market", ["index", "istanbul", "crypto", "chicago"])
def test_other_evenings_stay_on_their_day(tmp_path: Path, market: str) -> None:
    """Two readings are possible, so midnight it is."""
    assert calendar_read(csv_of(tmp_path / "bars.csv", market)).session_start is None


def test_an_evening_is_the_next_days_where_it_is_said(tmp_path: Path) -> None:
    """Crypto goes on over the weekend, Chicago does not."""
    for market, zone, weekends in (("chicago", "America/Chicago", False), ("crypto", "UTC", True)):
        path = csv_of(tmp_path / f"{market}.csv", market)
        found = calendar_read(path, session_start="17:00", timezone=zone)
        assert (found.session_start, found.weekends) == ("17:00", weekends)


def test_midnight_can_be_said_too(tmp_path: Path) -> None:
    """Then nothing is looked for."""
    path = csv_of(tmp_path / "bars.csv", "gold")
    assert calendar_read(path, session_start="00:00").session_start is None


def test_daily_bars_are_named_by_their_day(tmp_path: Path) -> None:
    """A session start would move every one of them to the next."""
    lines = [f"2024-03-{day:02},10,12,9,11,100" for day in (4, 5, 6, 7)]
    path = tmp_path / "rebar.csv"
    path.write_text("\n".join(["date,open,high,low,close,volume", *lines]), encoding="utf-8")
    read = read_bars(path, ReadOptions(timezone="Asia/Shanghai", session_start="21:00"))
    assert [str(day) for day in read.calendar.dates(read.bars["timestamp"])] == [
        line[:10] for line in lines
    ]


def test_our_own_file_says_whose_days_it_holds(tmp_path: Path) -> None:
    """Written and read again, whatever the default of the time zone; a zone that is said goes."""
    calendar = SessionCalendar(timezone="Asia/Shanghai", bar_label="close", session_start="21:00")
    bars = read_bars(csv_of(tmp_path / "bars.csv", "gold"), ReadOptions(timezone="Asia/Shanghai"))
    path = tmp_path / "bars.parquet"
    write_bars(path, bars.bars, calendar=calendar)
    assert calendar_read(path) == calendar
    assert calendar_read(path, timezone="Asia/Tokyo").timezone == "Asia/Tokyo"


def test_the_demo_is_of_new_york() -> None:
    """2012-12-31 closed when it was 2013 in UTC."""
    bars = demo_bars()
    last = bars.calendar.dates(bars.bars["timestamp"]).filter(
        bars.bars["timestamp"].dt.date() == datetime(2013, 1, 1)
    )
    assert set(map(str, last)) == {"2012-12-31"}


def remarks(path: Path, **options: str) -> list[str]:
    """What is said of a set built from a file."""
    read = read_bars(path, ReadOptions(**options))  # type: ignore[arg-type]
    seconds = read.interval.total_seconds()
    return list(calendar_remarks(read.calendar, seconds, read.bars["timestamp"]))


def test_sundays_evening_is_a_doubt(tmp_path: Path) -> None:
    """The option that decides is named."""
    (doubt,) = remarks(csv_of(tmp_path / "a.csv", "chicago"), timezone="America/Chicago")
    assert "session start of 17:00" in doubt
    assert remarks(csv_of(tmp_path / "b.csv", "crypto")) == []


def test_what_was_found_is_said(tmp_path: Path) -> None:
    """And how to leave it."""
    (said,) = remarks(csv_of(tmp_path / "a.csv", "rebar"), timezone="Asia/Shanghai")
    assert said.startswith("bars from 21:00 on, Asia/Shanghai, are of the next trading day")


def test_chinese_hours_read_as_utc_are_a_doubt(tmp_path: Path) -> None:
    """The clock that nobody stated is hardly that of Greenwich."""
    said = remarks(csv_of(tmp_path / "a.csv", "rebar"))
    assert said[0].startswith("bars from 21:00 on, UTC, are of the next trading day")
    assert "time zone Asia/Shanghai" in said[1]
    chicago = remarks(csv_of(tmp_path / "b.csv", "chicago"), session_start="17:00")
    assert not any("Shanghai" in sentence for sentence in chicago)


def test_old_sets_say_that_they_go_by_utc() -> None:
    """Those without bars have no days at all."""
    times = pl.Series([], dtype=pl.Datetime("us", "UTC"))
    (said,) = calendar_remarks(SessionCalendar(daily=True), 86_400.0, times)
    assert said.startswith("days, months and years are those of UTC")
    assert list(calendar_remarks(SessionCalendar(), None, times)) == []


def test_daily_bars_that_close_in_the_morning_are_a_doubt(tmp_path: Path) -> None:
    """Midnight in New York, read on the clock of UTC; on their own clock there is none."""
    lines = [f"2024-03-{day:02} 00:00:00-05:00,10,12,9,11,100" for day in (4, 5, 6, 7)]
    path = tmp_path / "AAPL.csv"
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *lines]), encoding="utf-8")
    (doubt,) = remarks(path)
    assert doubt.startswith("daily bars close at 05:00, UTC, and are of the day before")
    assert remarks(path, timezone="America/New_York") == []
    for zone in ("UTC", "America/New_York"):
        read = read_bars(path, ReadOptions(timezone=zone))
        days = read.calendar.dates(read.bars["timestamp"])
        assert [str(day) for day in days] == [line[:10] for line in lines]
