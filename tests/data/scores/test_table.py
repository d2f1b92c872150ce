"""Tables of scores: which column is judged, and what is never opened."""

import pickle
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.errors import DataError, UsageError
from quantsig.data.scores.table import ScoreOptions, read_score_frame, read_scores

QLIB = "datetime,instrument,score\n2024-03-04,SH600000,0.013\n2024-03-05,SH600000,-0.2\n"


def test_what_qlib_exports_is_read(tmp_path: Path) -> None:
    """Its columns are datetime, instrument, score."""
    (tmp_path / "pred.csv").write_text(QLIB)
    table = read_scores(tmp_path / "pred.csv", ScoreOptions())
    assert (table.column, table.kind) == ("score", "score")
    assert table.stamps.dates_only
    assert table.rows["symbol"].to_list() == ["SH600000"] * 2


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    """It says how to export it."""
    (tmp_path / "pred.pkl").write_bytes(pickle.dumps([1]))
    with pytest.raises(UsageError, match="pickle") as caught:
        read_scores(tmp_path / "pred.pkl", ScoreOptions())
    assert "to_parquet" in caught.value.remedy


def test_a_probability_is_known_by_its_name() -> None:
    """Or by what is said."""
    frame = pl.DataFrame({"time": ["2024-03-04"], "proba": [0.2]})
    assert read_score_frame(frame, ScoreOptions()).kind == "probability"
    assert read_score_frame(frame, ScoreOptions(kind="score")).kind == "score"


def test_two_columns_are_not_chosen_between() -> None:
    """The user does."""
    frame = pl.DataFrame({"time": ["2024-03-04"], "score": [2.0], "proba": [0.2], "mine": [3.0]})
    with pytest.raises(DataError, match="2 columns"):
        read_score_frame(frame, ScoreOptions())
    table = read_score_frame(frame, ScoreOptions(column="mine"))
    assert table.rows["score"].to_list() == [3.0]
    with pytest.raises(DataError, match="no column absent"):
        read_score_frame(frame, ScoreOptions(column="absent"))


@pytest.mark.parametrize("names", [("time", "symbol"), ("symbol", "score")])
def test_a_missing_column_is_named(names: tuple[str, str]) -> None:
    """With those that were found."""
    with pytest.raises(DataError, match="no column for") as caught:
        read_score_frame(pl.DataFrame({name: ["2024-03-04"] for name in names}), ScoreOptions())
    assert names[0] in caught.value.remedy


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    """Only names of columns."""
    (tmp_path / "pred.csv").write_text("datetime,instrument,score\n")
    with pytest.raises(DataError, match="no rows"):
        read_scores(tmp_path / "pred.csv", ScoreOptions())
