"""Stamps of opens that were read as closes are told by the ends of sessions."""

from datetime import UTC, datetime, timedelta

import polars as pl

from quantsig.data.audit.stamps import audit_stamps
from quantsig.data.calendar.sessions import SessionCalendar

FIVE = timedelta(minutes=5)
NEW_YORK = SessionCalendar(timezone="America/New_York")


def bars(first: timedelta) -> pl.DataFrame:
    """Twenty days of 78 bars each, the first stamped so long after 9:30 in New York."""
    opens = [datetime(2024, 1, day, 14, 30, tzinfo=UTC) for day in range(2, 22)]
    stamps = [start + first + n * FIVE for start in opens for n in range(78)]
    return pl.DataFrame({"symbol": ["A"] * len(stamps), "timestamp": stamps})


def test_closes_pass() -> None:
    """The first bar closes at 9:35, the last at 16:00."""
    assert audit_stamps(bars(FIVE), FIVE, NEW_YORK).answer == "passed"


def test_opens_are_found() -> None:
    """The first bar is stamped 9:30, the last 15:55."""
    (found,) = audit_stamps(bars(timedelta()), FIVE, NEW_YORK).findings
    assert "stamped 09:30" in found.sentence


def test_daily_bars_tell_nothing() -> None:
    """Nor do few breaks."""
    assert audit_stamps(bars(FIVE), timedelta(days=1), NEW_YORK).answer == "not asked"
    assert audit_stamps(bars(FIVE).head(200), FIVE, NEW_YORK).answer == "not asked"
