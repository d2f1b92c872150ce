"""How a sample gets from its set to the model's device: as pixels, extents or scaled bars."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.charts import tensor_fill
from quantsig.data.charts.draw import column_extents
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.samples.store import SampleSet


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What is drawn into a host buffer, and how that becomes planes on the device.

    Attributes:
        shape: of one sample in the host buffer.
        dtype: of the host buffer.
        draw: `draw(sample_ids, out)` fills (B, *shape); threads call it side by side.
        finish: turns (B, *shape) on the device into what the model reads there.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    draw: Callable[[NDArray[np.int64], NDArray[Any]], object]
    finish: Callable[[torch.Tensor], torch.Tensor]

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample in the host buffer, which are those that cross the bus."""
        return prod(self.shape) * self.dtype.itemsize

    def buffer(self, samples: int, *, pinned: bool) -> torch.Tensor:
        """A host buffer for so many samples, on pages that cannot be moved where `pinned`."""
        if not pinned:  # numpy asks for huge pages, which are many times cheaper to touch first
            return torch.from_numpy(np.empty((samples, *self.shape), self.dtype))
        dtype = torch.from_numpy(np.empty(0, self.dtype)).dtype
        return torch.empty((samples, *self.shape), dtype=dtype, pin_memory=True)


def feed_for(
    samples: SampleSet, device: torch.device, reads: Literal["planes", "bars"] = "planes"
) -> Feed:
    """Scaled bars where the model reads them; else extents for a GPU that can draw, or pixels.

    Raises:
        DataError: scaled bars are asked of imported pictures.
    """
    if reads == "bars":
        return bars_feed(samples)
    if device.type == "cuda" and samples.drawn:
        return extents_feed(samples)
    return pixels_feed(samples)


def bars_feed(samples: SampleSet) -> Feed:
    """The scaled bars (B, C, N) float32 of a set of storage `bars`."""
    shape = samples.scaled_shape
    samples.scaled_bars(np.zeros(1, np.int64))  # opens what the threads will share
    return Feed(
        shape=shape, dtype=np.dtype(np.float32), draw=samples.scaled_bars, finish=as_they_are
    )


def pixels_feed(samples: SampleSet) -> Feed:
    """Planes as the set reads them, drawn or decoded on the CPU."""
    first = _first(samples)
    return Feed(shape=first.shape[1:], dtype=first.dtype, draw=samples.read, finish=as_they_are)


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
    draw: Callable[[NDArray[np.int64], NDArray[Any]], object],
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
    return Feed(shape=shape, dtype=np.dtype(np.int16), draw=draw, finish=fill)


def _first(samples: SampleSet) -> NDArray[Any]:
    """The first sample, which also opens what the threads will share."""
    return samples.read(np.zeros(1, np.int64))


def as_they_are(inputs: torch.Tensor) -> torch.Tensor:
    """What needs nothing done to it on the device."""
    return inputs
