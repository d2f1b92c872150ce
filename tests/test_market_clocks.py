"""Worlds whose clock does something odd: closes, trading days, windows and trades, by hand.

Each has four bars, 0 to 3, whose opens are 1, 2, 3 and 4. A window of two bars ends at bar 1; the
trade decided there enters at the open of bar 2 and leaves at that of bar 3, whatever lies between
them by the clock.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from quantsig.backtest.statistics.sessions import sessions
from quantsig.data.bars import CheckedBars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.samples.index import SampleRule, index_rows

NOW = datetime(2030, 1, 1, tzinfo=UTC)
HOUR, HALF, DAY = timedelta(hours=1), timedelta(minutes=30), timedelta(days=1)
RULE = SampleRule(
    history_bars=2,
    stride_bars=1,
    label=LabelSpec(name="rise", horizon_bars=1, delay_bars=1, rise_fraction=0.01),
)


@dataclass(frozen=True, kw_only=True)
class World:
    """Bars as their source writes them, and what they are.

    Attributes:
        zone: of the source's clock.
        opens: what it shows as each bar begins.
        closes: in UTC.
        days: of the month, which sessions the bars are of.
        interval: that a bar covers.
        session_start: where a session begins in the evening.
    """

    zone: str
    opens: tuple[str, str, str, str]
    closes: tuple[str, str, str, str]
    days: tuple[int, int, int, int]
    interval: timedelta = HOUR
    session_start: str | None = None


WORLDS = {
    "New York's clocks go forward over the weekend": World(
        zone="America/New_York",
        opens=("2024-03-08 14:00", "2024-03-08 15:00", "2024-03-11 14:00", "2024-03-11 15:00"),
        closes=("2024-03-08 20:00", "2024-03-08 21:00", "2024-03-11 19:00", "2024-03-11 20:00"),
        days=(8, 8, 11, 11),
    ),
    "and back": World(
        zone="America/New_York",
        opens=("2024-11-01 14:00", "2024-11-01 15:00", "2024-11-04 14:00", "2024-11-04 15:00"),
        closes=("2024-11-01 19:00", "2024-11-01 20:00", "2024-11-04 20:00", "2024-11-04 21:00"),
        days=(1, 1, 4, 4),
    ),
    "Berlin's go forward while bars are traded": World(
        zone="Europe/Berlin",
        opens=("2024-03-31 00:00", "2024-03-31 01:00", "2024-03-31 03:00", "2024-03-31 04:00"),
        closes=("2024-03-31 00:00", "2024-03-31 01:00", "2024-03-31 02:00", "2024-03-31 03:00"),
        days=(31, 31, 31, 31),
    ),
    "and back: the hour from two comes twice": World(
        zone="Europe/Berlin",
        opens=("2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"),
        closes=("2024-10-27 00:00", "2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 03:00"),
        days=(27, 27, 27, 27),
    ),
    "the holidays of Easter, with summer time among them": World(
        zone="Europe/Berlin",
        opens=("2024-03-28 15:00", "2024-03-28 16:00", "2024-04-02 09:00", "2024-04-02 10:00"),
        closes=("2024-03-28 15:00", "2024-03-28 16:00", "2024-04-02 08:00", "2024-04-02 09:00"),
        days=(28, 28, 2, 2),
    ),
    "Friday's night is Monday's, midnight and Saturday included": World(
        zone="Asia/Shanghai",
        opens=("2024-03-01 14:00", "2024-03-01 21:00", "2024-03-02 01:00", "2024-03-04 09:00"),
        closes=("2024-03-01 07:00", "2024-03-01 14:00", "2024-03-01 18:00", "2024-03-04 02:00"),
        days=(1, 4, 4, 4),
        session_start="21:00",
    ),
    "a lunch break": World(
        zone="Asia/Shanghai",
        opens=("2024-03-04 10:30", "2024-03-04 11:00", "2024-03-04 13:00", "2024-03-04 13:30"),
        closes=("2024-03-04 03:00", "2024-03-04 03:30", "2024-03-04 05:30", "2024-03-04 06:00"),
        days=(4, 4, 4, 4),
        interval=HALF,
    ),
    "half a day, then Independence Day": World(
        zone="America/New_York",
        opens=("2024-07-03 11:00", "2024-07-03 12:00", "2024-07-05 09:00", "2024-07-05 10:00"),
        closes=("2024-07-03 16:00", "2024-07-03 17:00", "2024-07-05 14:00", "2024-07-05 15:00"),
        days=(3, 3, 5, 5),
    ),
    "a market that never closes": World(
        zone="UTC",
        opens=("2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"),
        closes=("2024-03-02 00:00", "2024-03-03 00:00", "2024-03-04 00:00", "2024-03-05 00:00"),
        days=(1, 2, 3, 4),
        interval=DAY,
    ),
    "a leap second in the last stamp": World(
        zone="UTC",
        opens=(
            "2016-12-31 21:00:00",
            "2016-12-31 22:00:00",
            "2016-12-31 23:00:00",
            "2016-12-31 23:59:60",
        ),
        closes=("2016-12-31 22:00", "2016-12-31 23:00", "2017-01-01 00:00", "2017-01-01 01:00"),
        days=(31, 31, 31, 1),
    ),
}
SESSIONS = {  # their returns where the equity doubles from bar to bar, and steps a calendar day
    "New York's clocks go forward over the weekend": ([1, 3], 1 / 3),
    "and back": ([1, 3], 1 / 3),
    "the holidays of Easter, with summer time among them": ([1, 3], 1 / 5),
    "Friday's night is Monday's, midnight and Saturday included": ([7], None),
    "a lunch break": ([7], None),
    "half a day, then Independence Day": ([1, 3], 1 / 2),
    "a market that never closes": ([1, 1, 1], 1),
}

every_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)


def bars_of(world: World, folder: Path) -> CheckedBars:
    """Read as a user's file is."""
    source = folder / "A.csv"
    rows = [f"{stamp},{n},{n + 1},{n},{n}.5\n" for n, stamp in enumerate(world.opens, start=1)]
    source.write_text("".join(["timestamp,open,high,low,close\n", *rows]))
    options = ReadOptions(
        timezone=world.zone,
        bar_label="open",
        interval=world.interval,
        session_start=world.session_start,
    )
    return read_bars(source, options, now=NOW)


def in_utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@every_world
def test_closes_and_sessions(world: World, tmp_path: Path) -> None:
    """When each bar closed, and the session it is of."""
    checked = bars_of(world, tmp_path)
    closes = checked.bars["timestamp"]
    assert closes.to_list() == [in_utc(close) for close in world.closes]
    days: list[date] = checked.calendar.dates(closes).to_list()
    assert [day.day for day in days] == list(world.days)


@every_world
def test_windows_and_trades_count_bars(world: World, tmp_path: Path) -> None:
    """A window of two bars; in at 3, out at 4; the label ends with the bar that is left at."""
    checked = bars_of(world, tmp_path)
    bars = checked.bars.with_columns(adjustment=1.0)
    row = index_rows(bars, RULE, first=0, end=4, first_id=0).row(0, named=True)
    assert row["window_start"] == in_utc(world.closes[0])
    assert row["decision_time"] == in_utc(world.closes[1])
    assert row["label_end"] == in_utc(world.closes[3])
    assert row["forward_return"] == pytest.approx(4 / 3 - 1)


@pytest.mark.parametrize("name", SESSIONS)
def test_returns_of_sessions(name: str, tmp_path: Path) -> None:
    """A year is 365.2425 days, whatever hours its days have; one return makes no year."""
    checked = bars_of(WORLDS[name], tmp_path)
    times = checked.bars["timestamp"].dt.epoch("us").to_numpy()
    found = sessions(times, np.array([1.0, 2.0, 4.0, 8.0]), checked.calendar)
    returns, a_day = SESSIONS[name]
    assert found.returns.tolist() == returns
    if a_day is not None:
        assert found.per_year == pytest.approx(a_day * 365.2425)
