"""Stretches of time: how long they are, and that nights and sessions end them."""

import numpy as np
import pytest

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.signals.significance.label_days import DAY
from quantsig.signals.significance.stretches import effective_stretches, stretches

HOUR = DAY // 24
BAR = DAY // 288


def minutes(days: range, bars: int = 48) -> np.ndarray:
    """Closes of five-minute bars from 14:30 on."""
    return np.concatenate([day * DAY + 14 * HOUR + np.arange(1, bars + 1) * BAR for day in days])


def daily(days: int) -> np.ndarray:
    """Two symbols that close at the end of each day."""
    return np.repeat((np.arange(days) + 1) * DAY, 2)


@pytest.mark.parametrize(
    ("days", "run", "length"),
    [(60, 1, 1), (61, 1, 2), (500, 1, 9), (500, 5, 10), (500, 2, 9), (100, 20, 40), (30, 1, 1)],
)
def test_about_sixty_and_no_shorter_than_two_labels(days: int, run: int, length: int) -> None:
    """By hand: the more of a sixtieth of the days, rounded up, and twice the label's run."""
    decided = daily(days)
    found = stretches(decided, decided + run * DAY)
    assert found.tolist() == (np.repeat(np.arange(days), 2) // length).tolist()


def test_days_of_short_labels_are_stretches() -> None:
    """Sixty days of five-minute bars: a stretch a day, however short the label."""
    decided = minutes(range(60))
    found = stretches(decided, decided + BAR)
    assert found.tolist() == np.repeat(np.arange(60), 48).tolist()


def test_few_days_are_cut_into_parts_that_end_with_the_day() -> None:
    """Twenty days: three parts of sixteen bars each; labels of twelve bars: two of twenty-four."""
    decided = minutes(range(20))
    found = stretches(decided, decided + BAR)
    assert found.tolist() == np.repeat(np.arange(60), 16).tolist()
    longer = stretches(decided, decided + 12 * BAR)
    assert longer.tolist() == np.repeat(np.arange(40), 24).tolist()


def test_markets_that_never_close_are_cut_by_days_all_the_same() -> None:
    """Sixty days of hourly decisions; labels of three hours reach over midnight."""
    decided = np.arange(60 * 24) * HOUR + HOUR
    assert stretches(decided, decided + 3 * HOUR).tolist() == (np.arange(60 * 24) // 24).tolist()


def test_a_night_session_is_of_the_day_that_follows() -> None:
    """Closes at 23:00 in Shanghai on a Monday and at 10:00 on Tuesday are one day."""
    monday = 4 * DAY  # 1970-01-05
    night = np.array([monday + 15 * HOUR, monday + 26 * HOUR])  # UTC
    later = np.concatenate([night + day * DAY for day in range(4)])
    calendar = SessionCalendar(timezone="Asia/Shanghai", session_start="21:00")
    label = later + BAR
    parts = stretches(later, label, calendar)
    of_day = (parts // (parts.max() // 4 + 1)).tolist()
    assert of_day == [0, 0, 1, 1, 2, 2, 3, 3]


def test_no_rows_have_no_stretch() -> None:
    """An empty split."""
    none = np.empty(0, np.int64)
    assert stretches(none, none).tolist() == []


def test_uneven_stretches_count_as_fewer() -> None:
    """Four equal ones are four; 3, 1, 0, 0 signals are 16 / 10."""
    signals = np.array([[2.0, 3.0], [2.0, 1.0], [2.0, 0.0], [2.0, 0.0]])
    assert effective_stretches(signals).tolist() == [4.0, 1.6]
