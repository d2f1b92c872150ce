"""The tensor fill and the compiled fill give the same bits."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from quantsig.data.charts import tensor_fill
from quantsig.data.charts.draw import BarMatrix, draw
from quantsig.data.charts.panels import PANELS
from quantsig.data.charts.spec import ChartSpec
from tests.data.charts.bars import random_matrix
from tests.data.charts.extents import any_extents, plain_fill

CPU = torch.device("cpu")
DTYPES = (torch.uint8, torch.bfloat16, torch.float32)
EDGES = ("plain", "flat", "gaps", "huge", "tiny", "no volume", "mixed")


def edge_bars(edge: str, seed: int) -> BarMatrix:
    """Bars of one kind of trouble."""
    bars = random_matrix(80, seed)
    prices, volume = bars.values[:, :4], bars.values[:, 4]
    if edge == "flat":
        prices[:] = 5.0
    if edge == "gaps":
        prices[::7] *= 3.0
    if edge == "huge":
        prices[40:] *= 1e12
        volume[40:] *= 1e12
    if edge == "tiny":
        prices *= 1e-12
    if edge == "no volume":
        volume[:] = 0.0
    if edge == "mixed":
        prices[30:50] = 5.0
        prices[60:] *= 1e9
        volume[70:] = 0.0
    return bars


@st.composite
def specs(draw: st.DrawFn) -> ChartSpec:
    """Charts of any panels and sizes, one bar and eight rows included."""
    bars = draw(st.sampled_from([1, 2, 7]))
    height = draw(st.sampled_from([8, 9, 40, 255, 256, 300]))
    margins = st.tuples(st.integers(0, 3), st.just(0))
    slow = draw(st.sampled_from([1, 5]))
    return ChartSpec(
        timeframes=draw(st.sampled_from([(1,), (3,), (1, 5)])),
        bars=bars,
        panels=tuple(draw(st.permutations(list(PANELS)))[: draw(st.integers(1, len(PANELS)))]),
        calendar=draw(st.sampled_from(["day", "week", "none"])),
        fast_bars=1,
        slow_bars=slow,
        height=height,
        width=draw(st.integers(bars, 40)),
        crop=draw(margins),
        pad=draw(margins),
        alignment=draw(st.sampled_from(["end", "calendar"])),
        bar_seconds=3600,
        merge=draw(st.booleans()),
    )


def on(
    device: torch.device, bars: BarMatrix, spec: ChartSpec, dtype: torch.dtype
) -> NDArray[np.uint8]:
    rows = np.array([54, 60, 79])
    planes = torch.empty((len(rows), *spec.shape), dtype=dtype, device=device)
    assert tensor_fill.draw_on(device, bars, rows, spec, out=planes) is planes
    return planes.cpu().to(torch.uint8).numpy()


@given(any_extents(), st.sampled_from(DTYPES))
def test_any_extents_give_the_definition(
    case: tuple[NDArray[np.int16], int], dtype: torch.dtype
) -> None:
    """1 where top <= y < bottom, else 0, in every number type."""
    expected = plain_fill(*case)
    out = torch.full(expected.shape, 7, dtype=dtype)
    tensor_fill.fill(torch.from_numpy(case[0]), out)
    np.testing.assert_array_equal(out.float().numpy(), expected)


@settings(deadline=None, max_examples=60)
@given(specs(), st.sampled_from(EDGES), st.integers(0, 99), st.sampled_from(DTYPES))
def test_both_fills_agree(spec: ChartSpec, edge: str, seed: int, dtype: torch.dtype) -> None:
    """Bit for bit, for every panel, size and kind of bars."""
    bars = edge_bars(edge, seed)
    expected = draw(bars, np.array([54, 60, 79]), spec)
    np.testing.assert_array_equal(on(CPU, bars, spec, dtype), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_gpu_agrees(edge: str, dtype: torch.dtype) -> None:
    """The same on the device that it is for."""
    spec = ChartSpec(
        panels=tuple(PANELS), bars=5, height=390, width=79, timeframes=(1, 2), slow_bars=6
    )
    bars = edge_bars(edge, seed=1)
    expected = draw(bars, np.array([54, 60, 79]), spec)
    np.testing.assert_array_equal(on(torch.device("cuda"), bars, spec, dtype), expected)
