"""Calibration on the test rows: nothing while they are locked, and what came once they are not."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.storage.documents import read_json, write_json
from quantsig.reports.inputs import read_inputs
from quantsig.reports.page.content import Table
from quantsig.reports.sections import calibration

WriteRun = Callable[..., Path]


def _tables(run: Path) -> dict[str, Table]:
    (part,) = calibration.section(read_inputs(run)).parts
    return {table.title: table for table in part.tables}


def test_a_locked_split_shows_nothing_of_it(write_run: WriteRun) -> None:
    """No part, and no drawing with a test row."""
    section = calibration.section(read_inputs(write_run(steps=("train", "thresholds"))))
    assert section.parts == ()
    assert all("test" not in str(figure.name) for figure in section.figures)


def test_the_bins_hold_every_test_row(write_run: WriteRun) -> None:
    """Rows and events add up to those of predictions.parquet, counted apart."""
    run = write_run()
    rows = pl.read_parquet(run / "predictions.parquet").filter(split="test")
    bins = _tables(run)["Reliability by bin of the test rows"].rows
    assert sum(row[2] for row in bins) == rows.height
    events = sum(row[2] * row[5] for row in bins)
    assert events == pytest.approx(rows["label"].sum())


def test_thirds_of_volatility_have_ratios_of_their_own(write_run: WriteRun) -> None:
    """Observed over the sum of probabilities, of all rows and of each third."""
    run = write_run(bars=True)
    rows = pl.read_parquet(run / "predictions.parquet").filter(split="test")
    every, *thirds = _tables(run)["Events by volatility"].rows
    assert every[0] == "all"
    happened, foreseen = (rows[name].to_numpy().sum() for name in ("label", "probability"))
    assert every[4] == pytest.approx(happened / foreseen)
    assert [row[0] for row in thirds] == ["calm", "usual", "restless"]
    for column in (1, 2, 3):
        assert sum(row[column] for row in thirds) == pytest.approx(every[column])


def test_without_bars_the_ratio_of_all_rows_stands(write_run: WriteRun) -> None:
    """No volatility is made up."""
    assert len(_tables(write_run())["Events by volatility"].rows) == 1


@pytest.mark.parametrize("kind", ["earlier", "right", "off"])
def test_what_was_not_right_is_a_warning(write_run: WriteRun, kind: str) -> None:
    """An interval that leaves out 1, and another volatility; an earlier choice says nothing."""
    run = write_run()
    source = run / "choices" / "trial-7.json"
    choice = read_json(source)
    found = {
        "earlier": {},
        "right": {"event_ratio": 1.1, "event_ratio_low": 0.9, "event_ratio_high": 1.3},
        "off": {
            "event_ratio": 1.9,
            "event_ratio_low": 1.4,
            "event_ratio_high": 2.4,
            "volatility_ratio": 1.6,
        },
    }[kind]
    write_json(source, choice | {"test": choice["test"] | found})
    warnings = calibration.section(read_inputs(run)).warnings
    assert len(warnings) == (2 if kind == "off" else 0)
    if warnings:
        assert "1.90 times as many events" in warnings[0]
        assert "1.60 times as volatile" in warnings[1]
