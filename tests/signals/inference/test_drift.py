"""Population stability of scores and charts, against sums by hand."""

from math import log, sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import check_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.in_memory import SamplesInMemory
from quantsig.data.samples.index import SampleRule
from quantsig.signals.inference.drift import (
    Drift,
    passing_figures,
    spread_out,
    stability_index,
)
from quantsig.signals.inputs.planes import figures
from quantsig.signals.thresholds.volatility import realised_at, volatility_ratio
from tests.planted import CHART, LABEL, build, planted_frame

HUNDRED = np.arange(100.0)


def test_the_index_by_hand() -> None:
    """Ten bins of a tenth each; the new values fill five of them with a fifth each."""
    high = np.repeat(HUNDRED[50:], 2)
    expected = 5 * (0.2 - 0.1) * log(2) + 5 * (1e-4 - 0.1) * log(1e-4 / 0.1)
    assert stability_index(HUNDRED, high) == pytest.approx(expected)
    assert stability_index(HUNDRED, HUNDRED) == 0.0


def test_a_constant_sees_any_other_value() -> None:
    """A plane that was always empty and is not any more has moved, both ways."""
    still = np.zeros(50)
    gone = (1 - 1e-4) * log(1e4) + (1e-4 - 1) * log(1e-4)
    for other in (np.full(20, 0.1), np.full(20, -0.1)):
        assert stability_index(still, other) == pytest.approx(gone)
    assert stability_index(still, still[:7]) == 0.0


def test_a_shifted_normal_is_beyond_the_bound_and_a_second_draw_is_not() -> None:
    """For means one deviation apart the divergence without bins is 1; binned it is a bit less."""
    random = np.random.default_rng(4)
    first, second = random.normal(size=(2, 4000))
    assert stability_index(first, second) < 0.02
    assert 0.8 < stability_index(first, second + 1.0) < 1.05


def test_ink_is_the_share_of_set_pixels(tmp_path: Path) -> None:
    """Counted on pictures one by one; bars that pass by give the same as stored ones."""
    frame = planted_frame(60)
    samples = build(frame, tmp_path / "samples")
    ids = np.arange(len(samples))
    by_hand = samples.read(ids).reshape(len(ids), CHART.shape[0], -1).mean(axis=2)
    np.testing.assert_allclose(figures(samples, ids), by_hand, rtol=0, atol=1e-15)
    rule = SampleRule(history_bars=CHART.history_bars, stride_bars=5, label=LABEL)
    passing = SamplesInMemory(checked=check_bars(frame), chart=CHART, rule=rule)
    assert len(passing) == len(samples)
    np.testing.assert_array_equal(passing_figures(passing, figures), figures(samples, ids))


def test_many_samples_are_judged_by_some_from_first_to_last() -> None:
    """At even distances; few are all taken."""
    chosen = spread_out(np.arange(10_000))
    assert (len(chosen), chosen[0], chosen[-1]) == (512, 0, 9999)
    assert set(np.diff(chosen)) == {19, 20}
    np.testing.assert_array_equal(spread_out(np.arange(7)), np.arange(7))


def test_what_moved_is_said() -> None:
    """The worst planes by name; a quarter is the bound; too few rows say nothing."""
    moved = Drift(rows=500, probability=0.3, inputs={"a": 0.26, "b": 0.25, "c": 1.5})
    scores, charts = moved.warnings()
    assert "index 0.30" in scores
    assert "2 of 3 planes or channels" in charts
    assert "(c 1.50, a 0.26)" in charts
    assert not list(Drift(rows=500, probability=0.25, inputs={"a": 0.1}).warnings())
    assert list(Drift(rows=99, probability=None, inputs={}).warnings()) == [
        "drift cannot be judged by 99 rows; it takes 100."
    ]


def test_an_empty_volume_is_drift_of_the_volume_planes(tmp_path: Path) -> None:
    """The rows' candles stay as they were."""
    frame = planted_frame(200)
    samples = build(frame, tmp_path / "samples")
    rule = SampleRule(history_bars=CHART.history_bars, stride_bars=5, label=LabelSpec())
    silent = check_bars(frame.with_columns(volume=pl.lit(0.0)))
    ids = spread_out(np.arange(len(samples)))
    before = figures(samples, ids)
    now = passing_figures(SamplesInMemory(checked=silent, chart=CHART, rule=rule), figures)
    moved = {
        name.partition(".")[0]
        for place, name in enumerate(samples.chart.planes)
        if stability_index(before[:, place], now[:, place]) > 0.25
    }
    assert moved == {"volume"}


def closes(moves: list[float], symbol: str = "A") -> pl.DataFrame:
    """Bars of one symbol that make these log returns."""
    price = 100 * np.exp(np.cumsum([0.0, *moves]))
    return pl.DataFrame({"symbol": symbol, "close": price, "adjustment": 1.0})


def test_volatility_at_decisions_by_hand() -> None:
    """Moves of .01 up and down have a deviation of .01 sqrt(20 / 19); early bars have none."""
    bars = closes([0.01, -0.01] * 15).with_columns(timestamp=pl.int_range(31))
    decisions = pl.DataFrame({"symbol": "A", "decision_time": [5, 19, 20, 30]})
    found = realised_at(bars, decisions)
    np.testing.assert_allclose(found, [0.01 * sqrt(20 / 19)] * 2)


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.6])
def test_volatility_is_compared_by_symbol(factor: float) -> None:
    """Moves so many times as large; a symbol that was not there before says nothing."""
    calm = [0.01, -0.02, 0.02, -0.01]
    before = pl.concat([closes(calm), closes([10 * move for move in calm], "B")])
    now = pl.concat(
        [closes([factor * move for move in calm]), closes([10 * factor * m for m in calm], "B")]
    )
    now = pl.concat([now, closes([0.9, -0.9], "NEW")])
    assert volatility_ratio([before], [now]) == pytest.approx(factor)
    assert volatility_ratio([before], [closes(calm, "NEW")]) is None
    said = list(Drift(rows=500, probability=0.02, inputs={"a": 0.05}, volatility=factor).warnings())
    assert len(said) == (factor != 1.0)
    assert all(f"{factor:.2f} times as volatile" in sentence for sentence in said)
