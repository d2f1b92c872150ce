"""One rule for every date of a page, and for what its tables save."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from quantsig.backtest.record import Drawdown
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.language.saying import reading, retell
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage.documents import read_json
from quantsig.data.storage.parquet import read_parquet
from quantsig.reports.inputs import Inputs, read_inputs, session_days, shown_stats
from quantsig.reports.page.content import Section, Table
from quantsig.reports.report import table_data
from quantsig.reports.sections import backtest, reproduce
from tests.reports.backtest_files import Traded, write_traded_run
from tests.stats_records import with_stats

NIGHTS = SessionCalendar(timezone="Asia/Shanghai", session_start="21:00")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of daily bars that close at 21:00 UTC."""
    return write_traded_run(tmp_path_factory.mktemp("days") / "runs" / "run", Traded(trades=20))


def table(shown: Section, title: str) -> Table:
    every = [*shown.tables, *(each for part in shown.parts for each in part.tables)]
    return next(each for each in every if each.title == title)


def saved(shown: Table) -> pl.DataFrame:
    """The rows that the buttons of a table save."""
    text = str(table_data(shown))
    document = json.loads(text[text.index(">") + 1 : text.rindex("<")])
    return pl.DataFrame(document["rows"], schema=document["columns"], orient="row")


def intraday(inputs: Inputs, calendar: SessionCalendar) -> SampleSet:
    assert inputs.samples is not None
    kept = replace(inputs.samples.manifest, interval_seconds=300.0, calendar=calendar)
    return replace(inputs.samples, manifest=kept)


def test_daily_trades_are_saved_with_the_days_their_bars_cover(run: Path) -> None:
    """Those of trades.parquet on the calendar of the samples; no time, no zone."""
    trades = read_parquet(run / "backtest" / "trades.parquet")
    found = saved(table(backtest.section(read_inputs(run)), "List of trades"))
    for name in ("entry_time", "exit_time"):
        closes = trades[name]
        assert found[name].to_list() == closes.dt.strftime("%Y-%m-%d").to_list()  # 21:00 UTC


def test_intraday_trades_are_saved_with_the_stamps_of_their_file(run: Path) -> None:
    """To the microsecond, in UTC, so that a join finds them."""
    inputs = read_inputs(run)
    trades = read_parquet(run / "backtest" / "trades.parquet")
    inputs = replace(inputs, samples=intraday(inputs, NIGHTS), trades=trades)
    found = saved(table(backtest.section(inputs), "List of trades"))
    assert found["entry_time"].str.to_datetime(time_zone="UTC").to_list() == list(
        trades["entry_time"]
    )


def test_the_backtest_as_it_was_run_says_what_stats_says(run: Path) -> None:
    """Start and end are those stored, whatever the page shows elsewhere."""
    stored = read_json(run / "backtest" / "stats.json")
    shown = dict(table(reproduce.section(read_inputs(run)), "Backtest as it was run").rows)
    assert (shown["From"], shown["Until"]) == (stored["start"], stored["end"])


def test_the_page_says_which_rule_its_dates_follow(run: Path) -> None:
    """Days of sessions, or closes in UTC; in Chinese too."""
    inputs = read_inputs(run)
    others = replace(inputs, samples=intraday(inputs, NIGHTS))
    for given, word in ((inputs, "Dates on this page"), (others, "Times on this page")):
        paragraphs = reproduce.section(given).paragraphs
        assert any(str(paragraph).startswith(word) for paragraph in paragraphs)


def test_times_of_a_night_are_of_the_next_trading_day(run: Path) -> None:
    """22:00 on a Friday in Shanghai is Monday's: in drawdowns, start and end, and months."""
    inputs = read_inputs(run)
    samples = intraday(inputs, NIGHTS)
    friday = "2024-03-29T14:00:00+00:00"
    fallen = Drawdown(start=friday, bottom=friday, end=None, depth=-0.1, days=1.0)
    stored = with_stats(inputs, start=friday, end=friday, drawdowns=(fallen,)).stats
    shown = shown_stats(stored, samples)
    assert shown is not None
    monday = "2024-04-01T00:00:00+00:00"
    assert (shown.start, shown.end) == (monday, monday)
    assert shown.drawdowns == (replace(fallen, start=monday, bottom=monday),)
    times = pl.Series([friday]).str.to_datetime(time_unit="us", time_zone="UTC")
    days = session_days(times, replace(inputs, samples=samples))
    assert days.dt.month().to_list() == [4]


@pytest.mark.parametrize(
    "sentence",
    [
        "Days, months and years are those of UTC, as this set does not say the time zone of its "
        "bars; build it again with --timezone to have those of the market.",
        "Bars from 21:00 on, Asia/Shanghai, are of the next trading day; --session-start 00:00 "
        "leaves them on their own.",
        "Sunday's bars begin at 17:00 and are of Sunday, a day of their own; --session-start "
        "17:00 gives every evening to the next trading day.",
        "These are the hours of Chinese futures, though read as UTC; --timezone Asia/Shanghai "
        "names their clock.",
        "Daily bars close at 05:00, UTC, and are of the day before; --timezone names the clock "
        "of their market.",
    ],
)
def test_what_is_to_be_known_of_days_is_told_in_chinese(sentence: str) -> None:
    """As `calendar_remarks` says it."""
    with reading("zh") as reader:
        assert retell(sentence) != sentence
    assert reader.lacking == set()
