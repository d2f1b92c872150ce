"""Splits are cut at common times and share no label."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.splits import SPLITS, SplitSpec, assign, cut_times, doubts

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
