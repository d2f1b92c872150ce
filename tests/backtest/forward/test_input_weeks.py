"""What a model reads in a week of a forward test, beside what it learnt from."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from quantsig.data.bars import CheckedBars
from quantsig.signals.inference import input_weeks
from quantsig.signals.inference.drift import figures_of
from quantsig.signals.inference.input_weeks import InputWeeks
from quantsig.signals.inference.predict import passing_of
from quantsig.signals.runs import Run
from tests.backtest.forward.replays import newest, until
from tests.backtest.forward.test_call import BEGIN

pytestmark = pytest.mark.xdist_group("forward")

WEEK, SINCE = "2020-W03", datetime(2020, 1, 13, tzinfo=UTC)
LAST_OF_IT = BEGIN + 60  # bars, on Tuesday


def stability(expected: NDArray[np.float64], actual: NDArray[np.float64]) -> float:
    """Siddiqi's index by his definition, value by value."""
    edges = [float(np.quantile(expected, tenth / 10)) for tenth in range(1, 10)]
    bounds = sorted({*edges, *(np.nextafter(edge, 9.0) for edge in edges if edges.count(edge) > 1)})
    total = 0.0
    for low, high in zip([-np.inf, *bounds], [*bounds, np.inf], strict=True):
        was, now = (
            max(float(np.mean((values >= low) & (values < high))), 1e-4)
            for values in (expected, actual)
        )
        total += (now - was) * np.log(now / was)
    return total


def test_every_decision_of_a_small_week_counts(run: Run, held_bars: CheckedBars) -> None:
    """The index is that of all that was read of it, against what was read in training."""
    bars = until(held_bars, LAST_OF_IT)
    found = InputWeeks(run).week(WEEK, bars, SINCE)
    samples = run.samples()
    split = samples.with_splits(run.splits)
    trained = split.filter(pl.col("split") == "train")["sample_id"].to_numpy()
    assert len(trained) < 512  # so none is left out
    figures = figures_of(run)
    learnt = figures(samples, trained)
    read = []
    for piece in passing_of(run, bars).pieces():
        ids = piece.index.filter(pl.col("decision_time") >= SINCE)["sample_id"].to_numpy()
        read.append(figures(piece, ids))
    now = np.concatenate(read)
    indices = [stability(learnt[:, at], now[:, at]) for at in range(learnt.shape[1])]
    assert found is not None
    assert found.median == pytest.approx(np.median(indices))
    assert (found.moved, found.inputs) == (sum(np.array(indices) > 0.25), len(indices))


def test_another_market_moves_the_inputs(run: Run, held_bars: CheckedBars) -> None:
    """Bars of one price, with the same volumes."""
    bars = until(held_bars, LAST_OF_IT)
    flat = pl.when(pl.col("timestamp") >= SINCE)
    price = [flat.then(pl.lit(100.0)).otherwise(name).alias(name) for name in ("open", "close")]
    more = [
        flat.then(pl.lit(level)).otherwise(name).alias(name)
        for name, level in (("high", 100.5), ("low", 99.5))
    ]
    other = replace(bars, bars=bars.bars.with_columns(*price, *more))
    usual, found = (InputWeeks(run).week(WEEK, one, SINCE) for one in (bars, other))
    assert usual is not None
    assert found is not None
    assert found.median > usual.median


def test_a_week_that_is_over_is_looked_at_once(
    run: Run, held_bars: CheckedBars, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars that come later change nothing of it."""
    since = datetime(2020, 1, 6, tzinfo=UTC)
    weeks = InputWeeks(run)
    first = weeks.week("2020-W02", until(held_bars, BEGIN), since)
    monkeypatch.setattr(input_weeks, "passing_of", None)
    assert weeks.week("2020-W02", until(held_bars, BEGIN + 50), since) == first
    monkeypatch.undo()
    assert InputWeeks(run).week("2020-W02", held_bars, since) == first


def test_few_decisions_tell_nothing(run: Run, held_bars: CheckedBars) -> None:
    """With fewer than a hundred the index passes its bound by chance."""
    bars = until(held_bars, LAST_OF_IT)
    since = newest(until(held_bars, LAST_OF_IT - 10))
    assert InputWeeks(run).week(WEEK, bars, since) is None
    assert InputWeeks(run).week("2020-W09", bars, SINCE) is None


def test_the_calibration_rows_stand_beside(run: Run) -> None:
    """Where there are a hundred of them."""
    rows = run.predictions().filter(pl.col("split") == "calibration")
    found = InputWeeks(run).calibration
    assert (found is None) == (len(rows) < 100)
