"""Splits are cut at common times and share no label."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.folds import ended_before
from quantsig.data.split_spec import SPLITS, SplitSpec
from quantsig.data.splits import assign, cut_times, doubts

START = datetime(2024, 1, 1, tzinfo=UTC)


def index(days: int, horizon: int = 3, symbols: tuple[str, ...] = ("A", "B")) -> pl.DataFrame:
    """One sample a day and symbol; the last `horizon` labels are unknown."""
    rows = [
        {
            "symbol": symbol,
            "decision_time": START + timedelta(days=day),
            "label_end": START + timedelta(days=day + horizon),
            "label": 1.0 if day + horizon < days else None,
        }
        for symbol in symbols
        for day in range(days)
    ]
    return pl.DataFrame(rows)


def test_shares_and_order() -> None:
    """60/10/15/15 of the labelled samples, in the order of time, less the purged ones."""
    rows = index(203).with_columns(assign(index(203), SplitSpec()))
    counts = dict(rows["split"].value_counts().iter_rows())
    assert counts["train"] == 2 * (120 - 3)
    assert counts["validation"] == 2 * (20 - 3)
    assert counts["calibration"] == 2 * (30 - 3)
    assert counts["test"] == 2 * 30
    order = rows.drop_nulls("split").sort("decision_time")["split"].unique(maintain_order=True)
    assert order.to_list() == list(SPLITS)


def test_no_label_reaches_the_next_split() -> None:
    """Brute force: every kept label ends before any later split begins."""
    rows = index(100).with_columns(assign(index(100), SplitSpec()))
    for earlier, later in pairwise(SPLITS):
        last_label = rows.filter(pl.col("split") == earlier)["label_end"].max()
        first_decision = rows.filter(pl.col("split") == later)["decision_time"].min()
        assert last_label < first_decision  # type: ignore[operator]


def test_all_symbols_share_the_cuts() -> None:
    """At one time all symbols are in the same split."""
    rows = index(100).with_columns(assign(index(100), SplitSpec()))
    per_time = rows.drop_nulls("split").group_by("decision_time").agg(pl.col("split").n_unique())
    assert per_time["split"].max() == 1


def test_unknown_labels_belong_to_no_split() -> None:
    """The newest rows are not test rows."""
    rows = index(50).with_columns(assign(index(50), SplitSpec()))
    assert rows.filter(pl.col("label").is_null())["split"].null_count() == 2 * 3


def test_cut_times_are_the_first_times_of_the_later_splits() -> None:
    """With 100 labelled days the cuts fall on days 60, 70 and 85."""
    cuts = cut_times(index(103), SplitSpec())
    assert cuts == [START + timedelta(days=day) for day in (60, 70, 85)]


def test_shares_that_do_not_add_up_are_refused() -> None:
    """The error names the shares."""
    with pytest.raises(ConfigError, match="0.5"):
        SplitSpec(train=0.5)


def test_too_few_samples_are_refused() -> None:
    """Four samples cannot be cut into four splits."""
    with pytest.raises(DataError, match="too few"):
        cut_times(index(4, symbols=("A",)), SplitSpec())


def test_samples_without_times_are_cut_in_their_order() -> None:
    """60/10/15/15 by sample_id, nothing purged, and that is said."""
    rows = pl.DataFrame(
        {
            "sample_id": range(100),
            "decision_time": None,
            "label_end": None,
            "label": [0.0, 1.0] * 50,
        },
        schema_overrides={"decision_time": pl.Datetime("us", "UTC")},
    )
    split = assign(rows, SplitSpec())
    assert cut_times(rows, SplitSpec()) == [60, 70, 85]
    assert split.rle().struct.field("len").to_list() == [60, 10, 15, 15]
    assert "order of their files" in doubts(rows)[0]


def test_labels_that_end_nobody_knows_when_are_not_purged() -> None:
    """Times alone: the row counts as ending when it was decided, and that is said."""
    rows = index(100).with_columns(label_end=pl.lit(None, pl.Datetime("us", "UTC")))
    assert assign(rows, SplitSpec()).null_count() == rows["label"].null_count()
    assert "reach into the next" in doubts(rows)[0]
    assert not doubts(index(100))


DATES = ("2024-02-01", "2024-02-11")
DAILY = SessionCalendar(timezone="America/New_York", daily=True)


def closes(days: int, symbols: tuple[str, ...] = ("A", "B")) -> pl.DataFrame:
    """Decisions at 16:00 in New York in winter, a label of the next day's close behind each."""
    return index(days, horizon=1, symbols=symbols).with_columns(
        pl.col("decision_time", "label_end") + timedelta(hours=21)
    )


def test_a_date_cuts_what_is_foreseen() -> None:
    """The split that begins at a day holds the decision before it; labels end with that one."""
    spec = SplitSpec(at=("2024-02-01", "2024-02-11", "2024-02-21"))
    rows = closes(60).with_columns(assign(closes(60), spec, DAILY))
    moves = rows.drop_nulls("split").with_columns(pl.col("label_end").dt.date())
    spans = {
        name: (str(part["label_end"].min()), str(part["label_end"].max()))
        for (name,), part in moves.group_by("split")
    }
    assert spans == {
        "train": ("2024-01-02", "2024-01-31"),
        "validation": ("2024-02-01", "2024-02-10"),
        "calibration": ("2024-02-11", "2024-02-20"),
        "test": ("2024-02-21", "2024-02-29"),
    }
    assert rows["split"].null_count() == rows["label"].null_count()


def test_dates_purge_labels_that_reach_into_the_next_split() -> None:
    """Of three-day labels the two decided last before the decision that begins a split."""
    rows = index(60).with_columns(pl.col("decision_time", "label_end") + timedelta(hours=21))
    spec = SplitSpec(at=("2024-02-01", "2024-02-11", "2024-02-21"))
    split = assign(rows, spec, DAILY)
    assert split.null_count() == rows["label"].null_count() + 3 * 2 * 2
    kept = rows.with_columns(split)
    for earlier, later in pairwise(SPLITS):
        last_label = kept.filter(pl.col("split") == earlier)["label_end"].max()
        first_decision = kept.filter(pl.col("split") == later)["decision_time"].min()
        assert last_label <= first_decision  # type: ignore[operator]


def test_dates_are_those_of_the_sessions() -> None:
    """A bar that closes at 02:00 in UTC is of the evening before in New York."""
    rows = index(60).with_columns(pl.col("decision_time", "label_end") + timedelta(hours=2))
    spec = SplitSpec(at=("2024-02-01", "2024-02-11", "2024-02-21"))
    clock = SessionCalendar(timezone="America/New_York")
    cuts = [cut_times(rows, spec, calendar)[0] for calendar in (clock, SessionCalendar())]
    assert cuts == [datetime(2024, 2, 1, 2, tzinfo=UTC), datetime(2024, 1, 31, 2, tzinfo=UTC)]


@pytest.mark.parametrize("at", [DATES, (*DATES, DATES[1])])
def test_two_dates_leave_no_calibration(at: tuple[str, ...]) -> None:
    """As two equal ones do; nothing else changes."""
    spec = SplitSpec(at=at)
    split = assign(closes(60), spec, DAILY)
    assert not spec.calibrates
    assert dict(split.drop_nulls().value_counts().iter_rows()) == {
        "train": 60,
        "validation": 20,
        "test": 2 * 19,
    }


def test_a_share_of_zero_leaves_no_calibration() -> None:
    """The rows go to validation and test, as the shares say."""
    spec = SplitSpec(validation=0.25, calibration=0.0)
    split = assign(index(103), spec)
    assert not spec.calibrates
    assert dict(split.drop_nulls().value_counts().iter_rows()) == {
        "train": 2 * 57,
        "validation": 2 * 22,
        "test": 2 * 15,
    }


def test_a_first_and_a_last_date_leave_the_rest_to_no_split() -> None:
    """The days of training begin at `since`, and those of the test end before `until`."""
    spec = SplitSpec(at=("2024-02-01", "2024-02-11"), since="2024-01-11", until="2024-02-21")
    rows = closes(60).with_columns(assign(closes(60), spec, DAILY)).drop_nulls("split")
    days = rows["label_end"].dt.date()
    assert [str(days.min()), str(days.max())] == ["2024-01-11", "2024-02-20"]
    free = ended_before(closes(60), spec, calendar=DAILY)
    assert str(free["label_end"].min())[:10] == "2024-01-11"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"at": ("2024-02-01",)}, "1 dates do not cut"),
        ({"at": ("2024-02-11", "2024-02-01")}, "2024-02-01 does not come after 2024-02-11"),
        ({"at": ("2024-02-01", "2024-02-01", "2024-02-11")}, "only calibration may be empty"),
        ({"at": ("2024-2-1", "2024-02-11")}, '"2024-2-1" is no date'),
        ({"at": ("2024-02-01", "2024-02-11"), "train": 0.5, "test": 0.25}, "both given"),
        ({"since": "2024-02-01"}, "goes with splits"),
        ({"at": ("2024-02-01", "2024-02-11"), "until": "2024-02-11"}, "does not come after"),
        ({"calibration": 0.25, "test": 0.0, "validation": 0.15}, "do not make a whole"),
    ],
)
def test_dates_that_cut_nothing_are_refused(wrong: dict[str, Any], says: str) -> None:
    """Out of order, incomplete, beside shares: the error names what was given."""
    with pytest.raises(ConfigError, match=says):
        SplitSpec(**wrong)


@pytest.mark.parametrize("at", [("2023-02-01", "2024-02-11"), ("2024-02-01", "2025-02-11")])
def test_dates_outside_of_the_samples_are_refused(at: tuple[str, ...]) -> None:
    """The error says from when to when the samples go."""
    with pytest.raises(DataError, match="from 2024-01-01 to 2024-02-29"):
        cut_times(closes(60), SplitSpec(at=at), DAILY)


def test_dates_need_times() -> None:
    """Imported samples without times are not cut by a date."""
    rows = closes(60).with_columns(decision_time=pl.lit(None, pl.Datetime("us", "UTC")))
    with pytest.raises(DataError, match="no date can cut them"):
        cut_times(rows, SplitSpec(at=("2024-02-01", "2024-02-11")), DAILY)


def test_a_run_keeps_what_was_given() -> None:
    """Splits by share under the four names that they always had, or the dates."""
    assert SplitSpec().as_dict() == dict(zip(SPLITS, (0.6, 0.1, 0.15, 0.15), strict=True))
    dates = ("2024-02-01", "2024-02-11")
    kept = SplitSpec(at=dates, since="2024-01-11").as_dict()
    assert kept == {"at": list(dates), "since": "2024-01-11"}
