"""Symbol and time from the names of files."""

from datetime import UTC, datetime, timedelta

import pytest

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.samples.legacy.file_names import NameOptions, read_names

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{symbol}_{time}", "AAPL_2024-01-05_10-30.zst"),
        ("{symbol}_{time}", "AAPL_20240105_1030.xz"),
        ("{symbol}_{time}", "AAPL_202401051030.pt"),
        ("{symbol}_{time}", "AAPL_2024-01-05 10:30:00.zst"),
        ("{symbol}_{time}", "AAPL_2024-01-05T10-30-00.zst"),
        ("{symbol}_{time}", "AAPL_1704450600.zst"),
        ("{symbol}_{time}", "deep/AAPL_20240105_1030.zst"),
        ("{symbol}/{time}", "AAPL/20240105_1030.zst"),
        ("*-{symbol}-{time}-*", "x-AAPL-20240105_1030-17.zst"),
        (r"(?P<symbol>[A-Z]+).(?P<time>\d{8}_\d{4})", "AAPL.20240105_1030.zst"),
    ],
)
def test_patterns(pattern: str, name: str) -> None:
    """Braces or a regular expression, on the whole path or its last part."""
    rows = read_names([name], NameOptions(pattern=pattern, bar_label="close"))
    assert rows.row(0) == ("AAPL", datetime(2024, 1, 5, 10, 30, tzinfo=UTC))


def test_a_symbol_with_the_separator_in_it() -> None:
    """The time is as short as it can be read only by a stricter pattern."""
    options = NameOptions(pattern=r"(?P<symbol>.+)_(?P<time>\d+)", bar_label="close")
    assert read_names(["BRK_B_20240105.zst"], options)["symbol"][0] == "BRK_B"


def test_times_become_closes_in_utc() -> None:
    """A bar labelled with its open closes a minute later, in the zone of the names."""
    options = NameOptions(pattern="{symbol}_{time}", timezone="America/New_York", interval=MINUTE)
    time = read_names(["A_20240105_0930.zst"], options)["decision_time"][0]
    assert time == datetime(2024, 1, 5, 14, 31, tzinfo=UTC)


def test_days_close_at_their_end() -> None:
    """A sample named after a day was decided when it was over."""
    options = NameOptions(pattern="{symbol}_{time}", interval=timedelta(days=1))
    time = read_names(["A_20240105.zst"], options)["decision_time"][0]
    assert time == datetime(2024, 1, 6, tzinfo=UTC)


def test_a_stated_format() -> None:
    """Where the times cannot be told otherwise."""
    options = NameOptions(pattern="{symbol}_{time}", time_format="%d%m%y-%H%M", bar_label="close")
    time = read_names(["A_050124-1030.zst"], options)["decision_time"][0]
    assert time == datetime(2024, 1, 5, 10, 30, tzinfo=UTC)


def test_names_that_do_not_fit_are_null() -> None:
    """Without a symbol where the pattern fails, without a time where that fails."""
    names = ["A_20240105.zst", "readme.zst", "A_soon.zst"]
    rows = read_names(names, NameOptions(pattern="{symbol}_{time}"))
    assert rows["symbol"].to_list() == ["A", None, "A"]
    assert rows["decision_time"].is_null().to_list() == [False, True, True]


def test_a_pattern_without_time() -> None:
    """Symbols alone."""
    rows = read_names(["A_1.zst"], NameOptions(pattern="{symbol}_*"))
    assert rows.row(0) == ("A", None)


@pytest.mark.parametrize("pattern", ["(?P<symbol>", "nothing", "(?P<other>.*)"])
def test_a_pattern_that_says_nothing_is_refused(pattern: str) -> None:
    """The error shows one that works."""
    with pytest.raises(ConfigError, match="symbol"):
        read_names(["a.zst"], NameOptions(pattern=pattern))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("{sym}_{time}", "a field {sym}"), ("{symbol}_{symbol}", "twice"), ("{}_{time}", "field {}")],
)
def test_fields_that_do_not_exist_are_refused(pattern: str, said: str) -> None:
    """Rather than that no file fits."""
    with pytest.raises(ConfigError, match=said):
        read_names(["a_b.zst"], NameOptions(pattern=pattern))


@pytest.mark.parametrize("time_format", [None, "%Y"])
def test_times_that_nobody_can_read_are_refused(time_format: str | None) -> None:
    """All of them: then the format is wrong, not a file."""
    options = NameOptions(pattern="{symbol}_{time}", time_format=time_format)
    with pytest.raises(DataError):
        read_names(["a_b.zst", "a_c.zst"], options)
