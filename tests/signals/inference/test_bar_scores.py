"""Bars as a run judges them, without a command line."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.errors import DataError
from quantsig.data.progress import Listener
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.inference.bar_scores import (
    BarsRequest,
    bar_signals_file,
    score_bars,
    unseen_signals,
)
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import Run
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import SETTINGS, build, planted_frame

CELLS = 300
REQUEST = BarsRequest(threshold=0.2, cost_fraction=0.001, device="cpu")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of one epoch, with no threshold yet."""
    samples = build(planted_frame(CELLS), tmp_path / "samples")
    plan = Plan(
        train=replace(SETTINGS.train, model="logistic", epochs=1), optimiser=SETTINGS.optimiser
    )
    return train(samples, tmp_path / "runs/one", plan, SplitSpec(), launch=Launch(device="cpu"))


@pytest.fixture
def bars() -> CheckedBars:
    """What it was trained on, and as much again."""
    return check_bars(planted_frame(2 * CELLS))


def test_a_threshold_is_frozen_and_applied(run: Run, bars: CheckedBars) -> None:
    """Once; afterwards the choice holds."""
    scores = score_bars(run, bars, replace(REQUEST, stride_bars=1))
    rises = (scores.table["probability"] >= 0.2).sum()
    assert scores.figures["signals"] == rises > 0
    assert scores.figures["last_decision"] == bars.bars["timestamp"].max()
    again = score_bars(run, bars, replace(REQUEST, threshold=None, stride_bars=1))
    assert again.table.equals(scores.table)
    assert len(run.choices()) == 1


def test_without_a_choice_nothing_is_scored(run: Run, bars: CheckedBars) -> None:
    """Nothing is told either."""
    told: list[str] = []
    with pytest.raises(DataError, match="no threshold was chosen"):
        score_bars(run, bars, replace(REQUEST, threshold=None), Listener(tell=told.append))
    assert told == []


def test_a_listener_hears_what_is_unlike_the_training(run: Run, bars: CheckedBars) -> None:
    """A new symbol, and one that is too short."""
    told: list[str] = []
    new, short = (bars.bars.with_columns(symbol=pl.lit(name)) for name in ("NEW", "SHORT"))
    both = replace(bars, bars=pl.concat([new, short.head(9)]))
    score_bars(run, both, replace(REQUEST, latest=True), Listener(tell=told.append))
    assert "not seen in training: NEW." in told
    assert any(line.startswith("left out: 1 symbols") and "SHORT" in line for line in told)


def test_signals_on_what_was_learnt_are_not_unseen(run: Run, bars: CheckedBars) -> None:
    """What is left begins with the test split, which is opened and recorded."""
    _, rows = unseen_signals(run, bars, REQUEST)
    opens = run.samples().cut_times(run.splits)[-1]
    assert rows["decision_time"].min() >= opens  # type: ignore[operator]
    assert [line["event"] for line in read_ledger(run.runs_folder)].count("opening") == 1
    old = replace(bars, bars=bars.bars.filter(pl.col("timestamp") < opens))
    with pytest.raises(DataError, match="trained and calibrated in"):
        unseen_signals(run, old, replace(REQUEST, threshold=None))


def test_a_file_is_named_after_the_newest_bar(run: Run, bars: CheckedBars) -> None:
    """In UTC, to the second; the latest apart."""
    stamp = f"{bars.bars['timestamp'].to_list()[-1]:%Y%m%dT%H%M%SZ}"
    whole = bar_signals_file(run, bars, latest=False, form="csv")
    assert whole == run.path / f"signals-{stamp}.csv"
    latest = bar_signals_file(run, bars, latest=True, form="csv")
    assert latest.name == f"signals-{stamp}-latest.csv"
