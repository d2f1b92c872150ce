"""A forward test of a run that reads every symbol of a time together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.forward.verify import verify_forward
from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.inference.bar_scores import BarsRequest, score_bars
from quantsig.signals.inference.input_weeks import InputWeeks
from quantsig.signals.models.sequences.settings import ModelSettings
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.backtest.forward.replays import called, copied, lines_of, newest, until
from tests.signals.inputs.cross_sections import (
    HALTED,
    OTHER_HOURS,
    SPEC,
    uneven_bars,
    uneven_samples,
)

LEARNT = 280  # times, those of the symbol of other hours among them
PLAN = Plan(
    train=TrainSettings(model="dtml", epochs=1, batch_size=64, seed=2),
    model=ModelSettings(hidden_size=8, heads=2),
    input=SPEC,
)
KEY = ["symbol", "decision_time"]


@pytest.fixture(scope="module")
def bars() -> CheckedBars:
    return check_bars(uneven_bars())


@pytest.fixture(scope="module")
def trained(bars: CheckedBars, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("uneven")
    samples = uneven_samples(folder / "samples", until(bars, LEARNT).bars)
    run = train(samples, folder / "runs" / "dtml", PLAN, SplitSpec())
    choose(run, AskedRule(name="number", value=0.2), 0.0)
    return run


def test_decisions_are_those_of_signals(bars: CheckedBars, trained: Run, tmp_path: Path) -> None:
    """Bit for bit, called as bars come, a symbol of other hours among them; and drawn again."""
    run = copied(trained, tmp_path)
    for count in range(LEARNT, bars.bars["timestamp"].n_unique() + 1, 8):
        called(run, until(bars, count))
    whole = score_bars(run, bars, BarsRequest(stride_bars=1)).table
    said = pl.DataFrame([line for line in lines_of(run) if line["kind"] == "decision"])
    said = said.with_columns(pl.col("decision_time").str.to_datetime("%+", time_zone="UTC"))
    both = said.join(whole, on=KEY, how="left", suffix="_of_signals")
    assert set(both["symbol"]) >= {HALTED, OTHER_HOURS}
    np.testing.assert_array_equal(both["probability"], both["probability_of_signals"])
    found = verify_forward(run, bars, device="cpu")
    assert (found.decisions, found.corrected, found.faults) == (len(said), 0, ())


def test_a_bar_of_another_symbol_that_comes_late_is_no_fault(
    bars: CheckedBars, trained: Run, tmp_path: Path
) -> None:
    """What the others were decided on is noted as changed, and their decisions stand."""
    run = copied(trained, tmp_path)
    whole = until(bars, LEARNT + 9)
    late = (pl.col("symbol") == "P00") & (pl.col("timestamp") == newest(whole))
    called(run, until(bars, LEARNT))
    called(run, replace(whole, bars=whole.bars.filter(~late)), allow_different=True)
    before = {
        (line["symbol"], line["decision_time"]): line["probability"]
        for line in lines_of(run)
        if line["kind"] == "decision"
    }
    called(run, until(bars, LEARNT + 10))
    lines = lines_of(run)
    revised = {line["symbol"] for line in lines if line["kind"] == "revision"}
    assert len(revised) == 7  # all that decided at that time but the one that was late
    decided = [line for line in lines if line["kind"] == "decision"]
    assert all(
        before.get((line["symbol"], line["decision_time"]), line["probability"])
        == line["probability"]
        for line in decided
    )
    found = verify_forward(run, until(bars, LEARNT + 10), device="cpu")
    assert (found.corrected, found.faults) == (7, ())


def test_a_week_shows_the_whole_universe(
    bars: CheckedBars, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though few of its symbols are looked at, all of them are there."""
    week = f"{newest(bars):%G-W%V}"
    since = bars.bars["timestamp"].min()
    seen: list[float] = []
    weeks = InputWeeks(trained)
    figures = weeks._figures

    def watched(samples: SampleSet, ids: np.ndarray) -> np.ndarray:
        found: np.ndarray = figures(samples, ids)
        seen.extend(found[:, -1])
        return found

    monkeypatch.setattr(weeks, "_figures", watched)
    monkeypatch.setattr("quantsig.signals.inference.input_weeks.SYMBOLS", 2)
    weeks.week(week, bars, since)  # type: ignore[arg-type]
    assert np.median(seen) == 1.0
