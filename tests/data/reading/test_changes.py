"""When files of bars change."""

from datetime import timedelta
from pathlib import Path

import pytest

from quantsig.data.reading.changes import changes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that go by only while somebody sleeps."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_a_pause_and_a_change_each_give_an_item(tmp_path: Path, clock: list[float]) -> None:
    """Files that are as they were are told apart from those that changed."""
    source = tmp_path / "bars.csv"
    source.write_text("a")
    found = changes([source], timedelta(minutes=15))
    assert next(found) is True
    assert next(found) is False
    assert clock[0] == 900.0
    source.write_text("ab")
    assert next(found) is True
    assert clock[0] < 910.0
    assert next(found) is False


def test_a_folder_that_gains_a_file_changed(tmp_path: Path, clock: list[float]) -> None:
    """A file that is gone changes it, too."""
    (tmp_path / "a.csv").write_text("a")
    found = changes([tmp_path], timedelta(minutes=15))
    assert next(found)
    (tmp_path / "b.csv").write_text("b")
    assert next(found)
    (tmp_path / "a.csv").unlink()
    assert next(found)
    assert not next(found)


def test_what_an_address_has_may_be_others_each_time(tmp_path: Path, clock: list[float]) -> None:
    """It is asked for after each pause, and files beside it wake as ever."""
    news = tmp_path / "news.csv"
    news.write_text("a")
    found = changes([Path("s3://bucket/bars"), news], timedelta(minutes=15))
    assert next(found) is True
    assert next(found) is True
    assert clock[0] == 900.0
    news.write_text("ab")
    assert next(found) is True
    assert clock[0] < 910.0
