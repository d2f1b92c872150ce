"""The bars of a chart as numbers: what the charts show, scaled inside the window only."""

from dataclasses import replace
from math import log, sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.sequences.draw import sequences
from tests.data.charts.bars import HOUR_US, matrix_of, random_matrix

SPEC = ChartSpec(timeframes=(1, 3), bars=6, calendar="none")
CLOCK = replace(SPEC, alignment="calendar", bar_seconds=3600)
BARS = random_matrix(200)
ROWS = np.array([60, 61, 150, 199])


def of_rows(rows: list[list[float]], spec: ChartSpec) -> NDArray[np.float32]:
    """The last row's channels."""
    (scaled,) = sequences(matrix_of(rows), np.array([len(rows) - 1]), spec)
    return np.asarray(scaled)


def test_prices_and_volume_of_three_bars() -> None:
    """By hand: closes 100, 110, 121 rise by log 1.1 each, which is the unit."""
    rows = [[90.0, 110, 80, 100, 10], [100.0, 110, 100, 110, 20], [110.0, 133.1, 110, 121, 30]]
    scaled = of_rows(rows, ChartSpec(timeframes=(1,), bars=3, calendar="none"))
    assert scaled.dtype == np.float32
    unit = log(1.1)
    assert scaled[3] == pytest.approx([-2, -1, 0], abs=1e-6)  # close
    assert scaled[1] == pytest.approx([-1, -1, 1], abs=1e-6)  # high
    assert scaled[2] == pytest.approx([log(80 / 121) / unit, -2, -1], abs=1e-6)  # low
    assert scaled[0] == pytest.approx([log(90 / 121) / unit, -2, -1], abs=1e-6)  # open
    assert scaled[4] == pytest.approx([0.5, 1, 1.5])


@pytest.mark.parametrize("spec", [SPEC, CLOCK])
def test_they_are_the_bars_of_each_timeframe(spec: ChartSpec) -> None:
    """An independent grouping by polars and the formula in numpy agree."""
    values, hours = BARS.values[: ROWS[2] + 1], BARS.times_us[: ROWS[2] + 1] // HOUR_US
    frame = pl.DataFrame(values[:, :5], schema=["open", "high", "low", "close", "volume"])
    expected = []
    for multiple in spec.timeframes:
        clock = (hours - 1 - 4 * 24) // multiple
        counted = (np.arange(len(values)) - len(values)) // multiple
        groups = frame.with_columns(group=clock if spec is CLOCK else counted)
        bars = groups.group_by("group", maintain_order=True).agg(
            pl.first("open"), pl.max("high"), pl.min("low"), pl.last("close"), pl.sum("volume")
        )
        window = bars.drop("group").to_numpy()[-spec.bars :]
        unit = sqrt(np.mean(np.diff(np.log(window[:, 3])) ** 2))
        expected.append(np.log(window[:, :4].T / window[-1, 3]) / unit)
        expected.append(window[:, 4:].T / window[:, 4].mean())
    scaled = sequences(BARS, ROWS[2:3], spec)[0]
    np.testing.assert_allclose(scaled, np.concatenate(expected), rtol=1e-5, atol=1e-6)


def test_what_did_not_move_is_zero() -> None:
    """Flat prices have the unit 1; missing volume stays 0."""
    spec = ChartSpec(timeframes=(1,), bars=3, calendar="none")
    assert not of_rows([[100.0, 100, 100, 100, 0]] * 3, spec).any()
    spread = of_rows([[100.0, 110, 100, 100, 0]] * 3, spec)
    assert spread[1] == pytest.approx([log(1.1)] * 3)


def test_a_window_of_one_bar() -> None:
    """It has no return, so its unit is 1."""
    spec = ChartSpec(timeframes=(1,), bars=1, calendar="none")
    scaled = of_rows([[90.0, 110, 80, 100, 7]], spec)
    assert scaled[:, 0] == pytest.approx([log(0.9), log(1.1), log(0.8), 0, 1])


def test_a_split_and_another_currency_change_nothing() -> None:
    """Adjusted alike, prices and volume are scaled away."""
    values = BARS.values.copy()
    values[:100, :4] *= 2.0
    values[:100, 4] /= 2.0
    values[:100, 5] = 0.5
    split = sequences(BarMatrix(values=values, times_us=BARS.times_us), ROWS, SPEC)
    np.testing.assert_allclose(split, sequences(BARS, ROWS, SPEC), rtol=1e-5, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    row=st.integers(20, 198),
    factor=st.floats(0.01, 100.0),
    clock=st.booleans(),
    adjustment=st.floats(0.1, 10.0),
)
def test_later_bars_change_nothing(row: int, factor: float, clock: bool, adjustment: float) -> None:
    """Whatever happens after the decision, to prices, volume or adjustment."""
    spec = CLOCK if clock else SPEC
    values = BARS.values.copy()
    values[row + 1 :, :5] *= factor
    values[row + 1 :, 5] = adjustment
    later = sequences(BarMatrix(values=values, times_us=BARS.times_us), np.array([row]), spec)
    np.testing.assert_array_equal(later, sequences(BARS, np.array([row]), spec))


def test_a_buffer_is_filled_in_any_order_of_rows() -> None:
    """More rows than are worked on at once; a sample does not depend on those beside it."""
    rows = np.random.default_rng(3).permutation(np.arange(40, 199))
    out = np.full((len(rows), 10, 6), np.nan, np.float32)
    assert sequences(BARS, rows, SPEC, out=out) is out
    for row, one in zip(rows, out, strict=True):
        np.testing.assert_array_equal(sequences(BARS, np.array([row]), SPEC)[0], one)


def test_no_rows_give_no_bars() -> None:
    """An empty batch is empty."""
    assert sequences(BARS, ROWS[:0], SPEC).shape == (0, 10, 6)
