"""Scores at bars: never before they were known, and every row that is odd is refused by name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import DataError
from quantsig.data.scores.placing import PlacedScores, place_scores
from quantsig.data.scores.table import ScoreOptions, read_score_frame

HOUR = timedelta(hours=1)
OPEN = datetime(2024, 3, 4, 9, tzinfo=UTC)  # of the first bar of an hour; six a day
CLOSES = [OPEN + timedelta(days=day) + HOUR * (hour + 1) for day in range(3) for hour in range(6)]


def bars(symbols: tuple[str, ...] = ("A",), closes: list[datetime] = CLOSES) -> CheckedBars:
    """Bars that stand still."""
    frame = pl.DataFrame(
        [
            {"symbol": name, "timestamp": close, "volume": 1.0, "adjustment": 1.0}
            | dict.fromkeys(("open", "high", "low", "close"), 10.0)
            for name in symbols
            for close in closes
        ],
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
    return check_bars(frame)


def placed(times: list[Any], stamped: str | None = "close", **options: Any) -> PlacedScores:
    """Scores of A at some times."""
    frame = pl.DataFrame(
        {"symbol": "A", "time": times, "score": [float(n) for n in range(len(times))]}
    )
    options = {"stamped": stamped, **options}
    return place_scores(read_score_frame(frame, ScoreOptions(**options)), bars())


def decided(times: list[Any], stamped: str | None = "close", **options: Any) -> list[datetime]:
    """When they are decided."""
    return placed(times, stamped, **options).rows["decision_time"].to_list()


def test_a_score_known_at_a_close_is_decided_there() -> None:
    """No delay."""
    assert decided([CLOSES[2]]) == [CLOSES[2]]


def test_a_score_known_within_a_bar_waits_for_its_close() -> None:
    """The open of that bar, at which a trade of the bar before would enter, was past."""
    assert decided([CLOSES[2] + timedelta(minutes=1)]) == [CLOSES[3]]


def test_a_score_known_between_sessions_is_laid_to_the_newest_closed_bar() -> None:
    """The next open comes later than the score."""
    late = CLOSES[5] + timedelta(hours=3)
    found = placed([late])
    assert found.rows["decision_time"].to_list() == [CLOSES[5]]
    assert (found.delays.older, found.delays.older_median_s) == (1, 3 * 3600)


def test_a_score_after_the_newest_bar_is_laid_to_it() -> None:
    """No bar follows whose close it could wait for; an interval later it is refused."""
    found = placed([CLOSES[-1] + timedelta(minutes=30), CLOSES[-1] + HOUR])
    assert found.rows["bar"].to_list() == [len(CLOSES) - 1]
    assert found.rows["decision_time"].to_list() == [CLOSES[-1]]
    with pytest.raises(DataError, match="after the newest bar"):
        placed([CLOSES[-1] + timedelta(minutes=61)])


def test_no_trade_enters_before_its_score_was_known() -> None:
    """Of every minute of two days: the open of the bar after the decision is not past."""
    minutes = [CLOSES[0] + timedelta(minutes=n) for n in range(0, 2 * 24 * 60, 7)]
    rows = placed(minutes).rows
    for row in rows.iter_rows(named=True):
        entry = CLOSES[row["bar"] + 1] - HOUR
        assert entry >= row["known"], row
        assert row["decision_time"] == CLOSES[row["bar"]]


def test_a_time_that_names_an_open_counts_from_the_close() -> None:
    """As those of bars do, unless something else is said."""
    opens = CLOSES[3] - HOUR
    assert decided([opens], stamped="open") == [CLOSES[3]]
    assert decided([opens], stamped=None) == [CLOSES[3]]


def test_a_column_of_decision_times_holds_moments() -> None:
    """The name that our own predictions have."""
    frame = pl.DataFrame({"symbol": "A", "decision_time": [CLOSES[3]], "score": 1.0})
    found = place_scores(read_score_frame(frame, ScoreOptions()), bars())
    assert found.rows["decision_time"].to_list() == [CLOSES[3]]


def test_a_date_means_the_close_of_its_session() -> None:
    """Nothing of a day is known before its last bar."""
    assert decided([OPEN.date()]) == [CLOSES[5]]


def test_dates_of_daily_bars_are_their_bars() -> None:
    """On the clock of the bars, whatever it does in spring."""
    zone = "America/New_York"
    days = pl.date_range(pl.date(2024, 3, 7), pl.date(2024, 3, 13), eager=True)
    closes = (days.cast(pl.Datetime("us")) + timedelta(days=1)).dt.replace_time_zone(zone)
    daily = bars(closes=closes.dt.convert_time_zone("UTC").to_list())
    daily = CheckedBars(
        **{**daily.__dict__, "calendar": SessionCalendar(timezone=zone, daily=True)}
    )
    frame = pl.DataFrame({"symbol": "A", "date": days, "score": range(len(days))})
    found = place_scores(read_score_frame(frame, ScoreOptions()), daily)
    assert found.rows["bar"].to_list() == list(range(len(days)))
    assert found.delays.exact == len(days)


def test_of_two_scores_of_a_bar_the_newer_counts() -> None:
    """And it is said how many gave way."""
    found = placed([CLOSES[2] + timedelta(minutes=m) for m in (1, 2)])
    assert found.rows["score"].to_list() == [1.0]
    assert found.delays.superseded == 1


ODD: dict[str, dict[str, Any]] = {
    "before any bar": {"time": CLOSES[0] - timedelta(days=9)},
    "after the newest bar": {"time": CLOSES[-1] + timedelta(days=9)},
    "NaN": {"score": float("nan")},
    "without bars": {"symbol": "B"},
    "of an earlier row": {},
    "no symbol": {"symbol": None},
    "outside 0..1": {"score": 1.5},
}


@pytest.mark.parametrize("reason", ODD)
def test_an_odd_row_is_refused_by_name_or_set_aside(reason: str) -> None:
    """With its row, in three lines; with quarantine it is counted."""
    good: dict[str, Any] = {"symbol": "A", "time": CLOSES[2], "score": 0.5}
    frame = pl.DataFrame([good, {**good, **ODD[reason]}])
    if "0..1" in reason:
        frame = frame.rename({"score": "probability"}).with_columns(
            time=pl.Series([CLOSES[2], CLOSES[3]])
        )
    with pytest.raises(DataError, match="1 of 2 rows") as caught:
        place_scores(read_score_frame(frame, ScoreOptions(stamped="close")), bars())
    assert reason in caught.value.what
    assert "row 2" in caught.value.where
    options = ScoreOptions(stamped="close", quarantine=True)
    found = place_scores(read_score_frame(frame, options), bars())
    assert sum(found.set_aside.values()) == 1
    assert len(found.rows) == 1


def test_a_file_of_one_symbol_needs_no_column_for_it() -> None:
    """Of several it does."""
    table = read_score_frame(pl.DataFrame({"time": [CLOSES[2]], "score": [1.0]}), ScoreOptions())
    assert place_scores(table, bars()).rows["symbol"].to_list() == ["A"]
    with pytest.raises(DataError, match="2 symbols"):
        place_scores(table, bars(("A", "B")))
