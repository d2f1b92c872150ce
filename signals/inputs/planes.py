"""Charts, or pictures as they are stored: planes (B, C, H, W) as pixels, or extents for a GPU."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.charts import tensor_fill
from quantsig.data.charts.draw import column_extents, fill_charts
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.inputs.feed import Draw, Feed, of_one_part
from quantsig.signals.inputs.held import NO_BAR, HeldInputs, Integers, base_bars

AT_ONCE = 8  # pictures in memory where their ink is counted


def feed(samples: SampleSet, spec: SequenceSpec, device: torch.device) -> Feed:
    """Extents for a GPU that can draw, or pixels; sequences are not asked for."""
    if device.type == "cuda" and samples.drawn:
        return extents_feed(samples)
    return pixels_feed(samples)


def hold(samples: SampleSet, sample_ids: NDArray[np.int64], spec: SequenceSpec) -> HeldInputs:
    """The extents of some charts.

    Args:
        samples: a set of storage `bars`.
        sample_ids: (n,) which ones.
        spec: of sequences, which are not asked for.
    """
    chart = samples.chart
    return HeldInputs(
        reads="planes",
        chart=chart,
        values=column_extents(samples.matrix, samples.decision_rows[sample_ids], chart),
        names=chart.layers,
        smallest=_planes_of_layers(chart),
        ages=base_bars(_bars_back(chart), chart.layers),
        fed=lambda draw, device: _of_extents(chart, draw, device),
    )


def figures(
    samples: SampleSet, sample_ids: NDArray[np.int64], spec: SequenceSpec | None = None
) -> NDArray[np.float64]:
    """Share of set pixels of each plane (n, C) of charts."""
    ink = np.empty((len(sample_ids), samples.shape[0]))
    drawn = np.empty((AT_ONCE, *samples.shape), samples.dtype)
    for start in range(0, len(sample_ids), AT_ONCE):
        ids = sample_ids[start : start + AT_ONCE]
        planes = samples.read(ids, drawn[: len(ids)])
        flat = planes.reshape(*planes.shape[:2], -1)
        ink[start : start + len(ids)] = flat.sum(axis=2, dtype=np.int32)
    return ink / (samples.shape[1] * samples.shape[2])


def figure_names(samples: SampleSet, spec: SequenceSpec) -> tuple[str, ...]:
    """The planes."""
    return samples.manifest.planes or ()


def pixels_feed(samples: SampleSet) -> Feed:
    """Planes as the set reads them, drawn or decoded on the CPU."""
    first = _first(samples)
    return of_one_part(first.shape[1:], first.dtype, samples.read)


def extents_feed(samples: SampleSet, dtype: torch.dtype = torch.uint8) -> Feed:
    """Column extents from the CPU, a fraction of the pixels, which the device fills.

    The planes come channels last in memory, as convolutions on a GPU want them.

    Args:
        samples: a set of storage `bars`.
        dtype: of the planes.
    """
    chart, bars, decision_rows = samples.chart, samples.matrix, samples.decision_rows

    def draw(sample_ids: NDArray[np.int64], out: NDArray[Any]) -> None:
        column_extents(bars, decision_rows[sample_ids], chart, out)

    feed = filled_feed(chart, draw, dtype)
    draw(np.zeros(1, np.int64), np.empty((1, *feed.shape), np.int16))  # loads the compiled code
    return feed


def filled_feed(
    chart: ChartSpec,
    draw: Draw,
    dtype: torch.dtype = torch.uint8,
) -> Feed:
    """Extents that `draw` gives, which the device fills; see `extents_feed`."""

    def fill(extents: torch.Tensor) -> torch.Tensor:
        out = torch.empty(
            (len(extents), *chart.shape),
            dtype=dtype,
            device=extents.device,
            memory_format=torch.channels_last,
        )
        tensor_fill.fill_charts(extents, chart, out)
        return out

    shape = (len(chart.layers), 2, chart.shape[2])
    return of_one_part(shape, np.dtype(np.int16), draw, fill)


def _first(samples: SampleSet) -> NDArray[Any]:
    """The first sample, which also opens what the threads will share."""
    return samples.read(np.zeros(1, np.int64))


def _of_extents(chart: ChartSpec, draw: Draw, device: torch.device) -> Feed:
    """Charts whose extents are drawn, as a device wants them."""
    if device.type == "cuda":
        return filled_feed(chart, draw)
    extent_shape = (len(chart.layers), 2, chart.shape[2])

    def pixels(places: Integers, out: NDArray[Any]) -> None:
        extents = np.empty((len(places), *extent_shape), np.int16)
        draw(places, extents)
        fill_charts(extents, chart, out)

    return of_one_part(chart.shape, np.dtype(np.uint8), pixels)


def _planes_of_layers(chart: ChartSpec) -> tuple[str, ...]:
    """(L,) the plane that each layer is drawn on; itself unless they are merged."""
    if not chart.merge:
        return chart.layers
    ends = (*chart.first_layers[1:], len(chart.layers))
    planes: list[str] = []
    for plane, end in zip(chart.planes, ends, strict=True):
        planes += [plane] * (end - len(planes))
    return tuple(planes)


def _bars_back(chart: ChartSpec) -> Integers:
    """(W,) drawn bars from the newest back to the one that each column of the picture draws."""
    left = chart.width - chart.bars * chart.bar_pixels
    column = np.arange(chart.shape[2]) - chart.pad[1] + chart.crop[1]
    drawn = (column >= max(left, chart.crop[1])) & (column < chart.width - chart.crop[1])
    back = chart.bars - 1 - (column - left) // chart.bar_pixels
    return np.where(drawn, back, NO_BAR)
