"""What is said of bars that a run scores."""

from datetime import UTC, datetime, timedelta

import polars as pl

from quantsig.signals.inference.bar_remarks import outdated

START = datetime(2024, 1, 1, tzinfo=UTC)


def newest(days: list[int]) -> pl.DataFrame:
    """The newest row of symbols 0, 1, ..., so many days after the first of January."""
    times = [START + timedelta(days=day) for day in days]
    return pl.DataFrame({"symbol": [str(number) for number in range(len(days))]}).with_columns(
        decision_time=pl.Series(times)
    )


def test_symbols_that_end_a_step_earlier_are_no_news() -> None:
    """One step may be a bar that is still running."""
    assert list(outdated(newest([9, 9, 8]), timedelta(days=1))) == []


def test_symbols_that_ended_before_are_named_the_oldest_first() -> None:
    """Five of them, and how many more there are."""
    (said,) = outdated(newest([9, 3, 2, 1, 4, 5, 6]), timedelta(days=1))
    assert said.startswith("warning: 6 of 7 symbols end before the newest: 3 2024-01-02 00:00, 2 ")
    assert said.endswith("5 2024-01-06 00:00 and 1 more.")
