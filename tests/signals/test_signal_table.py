"""Whoever makes signals, they have the same columns, and rows at their threshold are signals."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantsig.data.label_spec import LabelSpec
from quantsig.data.storage.parquet import write_parquet
from quantsig.signals.signal_table import COLUMNS, read_signals, signal_rows
from tests.golden.opened import STORED

RUN, WALK = STORED / "runs" / "first", STORED / "runs" / "walk-logistic-anchored-2-1e7b8aeb"
GIVEN = {"signal", "take", "size", "horizon_bars", "delay_bars", "choice_id", "trial_id", "run_id"}


def rows_of(**said: list[Any]) -> pl.DataFrame:
    """Three rows below, at and above .5, the last one in a fold without a threshold."""
    known = {name: kind for name, kind in COLUMNS.items() if name not in GIVEN}
    rows = pl.DataFrame({"probability": [0.4, 0.5, 0.9], "threshold": [0.5, 0.5, None]})
    nothing = {name: pl.lit(None, kind) for name, kind in known.items() if name not in rows.columns}
    return rows.with_columns(**nothing).with_columns(**{k: pl.Series(v) for k, v in said.items()})


def signals_of(rows: pl.DataFrame, *more: str) -> pl.DataFrame:
    label = LabelSpec(horizon_bars=3, delay_bars=2)
    return signal_rows(rows, label, choice_id="c", trial_id="t", run_id="r", more=more)


def test_a_row_at_its_threshold_is_a_signal() -> None:
    """Taken whole where nobody else is asked; without a threshold there is none."""
    signals = signals_of(rows_of())
    assert dict(signals.schema) == COLUMNS
    assert signals["signal"].to_list() == signals["take"].to_list() == [False, True, False]
    assert signals["size"].to_list() == [0.0, 1.0, 0.0]
    assert signals.row(0)[-3:] == ("c", "t", "r")
    assert signals.select("horizon_bars", "delay_bars").row(0) == (3, 2)


def test_a_second_model_has_its_word() -> None:
    """What it takes, and how much of it."""
    signals = signals_of(rows_of(take=[False, True, False], size=[0.0, 0.3, 0.0]))
    assert signals.select("signal", "take", "size").row(1) == (True, True, 0.3)


def test_more_columns_come_first() -> None:
    """A walk's fold, for one."""
    assert signals_of(rows_of(fold=[0, 0, 1]), "fold").columns == ["fold", *COLUMNS]


@pytest.mark.parametrize(
    "source",
    [RUN / "signals.parquet", RUN / "signals-20200107T121500Z.parquet", WALK / "signals.parquet"],
)
def test_stored_signals_have_all_columns(source: Path) -> None:
    """Of a run, of bars, and of a walk whose file has neither take nor size nor choice."""
    read = read_signals(source)
    assert {name: read.schema[name] for name in COLUMNS} == COLUMNS


def test_files_of_before_take_every_signal(tmp_path: Path) -> None:
    """Their strategy is the choice alone."""
    decided = datetime(2024, 1, 2, tzinfo=UTC)
    older = pl.DataFrame(
        {"decision_time": [decided] * 2, "signal": [True, False], "trial_id": ["a", "a"]}
    )
    write_parquet(tmp_path / "signals.parquet", older)
    read = read_signals(tmp_path / "signals.parquet")
    assert read["take"].to_list() == [True, False]
    assert read["size"].to_list() == [1.0, 0.0]
    assert read["choice_id"].to_list() == ["a", "a"]
