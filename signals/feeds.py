"""How a sample gets from its set to the model's device: as pixels, or as extents filled there."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.charts.draw import column_extents
from quantsig.data.charts.tensor_fill import fill_tensor
from quantsig.data.samples.store import SampleSet


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What is drawn into a host buffer, and how that becomes planes on the device.

    Attributes:
        shape: of one sample in the host buffer.
        dtype: of the host buffer.
        draw: `draw(sample_ids, out)` fills (B, *shape); threads call it side by side.
        finish: turns (B, *shape) on the device into planes (B, C, H, W) there.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    draw: Callable[[NDArray[np.int64], NDArray[Any]], object]
    finish: Callable[[torch.Tensor], torch.Tensor]

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample in the host buffer, which are those that cross the bus."""
        return prod(self.shape) * self.dtype.itemsize


def feed_for(samples: SampleSet, device: torch.device) -> Feed:
    """Extents for a GPU where charts are drawn, else pixels."""
    if device.type == "cuda" and samples.manifest["storage"] == "bars":
        return extents_feed(samples)
    return pixels_feed(samples)


def pixels_feed(samples: SampleSet) -> Feed:
    """Planes as the set reads them, drawn or decoded on the CPU."""
    first = samples.read(np.zeros(1, np.int64))  # also opens what the threads will share
    return Feed(
        shape=first.shape[1:],
        dtype=torch.from_numpy(first).dtype,
        draw=samples.read,
        finish=_as_they_are,
    )


def extents_feed(samples: SampleSet, dtype: torch.dtype = torch.uint8) -> Feed:
    """Column extents from the CPU, a hundredth of the pixels, which the device fills.

    Args:
        samples: a set of storage `bars`.
        dtype: of the planes.
    """
    chart, bars, decision_rows = samples.chart, samples.matrix, samples.decision_rows

    def draw(sample_ids: NDArray[np.int64], out: NDArray[Any]) -> None:
        out[:] = column_extents(bars, decision_rows[sample_ids], chart)

    def fill(extents: torch.Tensor) -> torch.Tensor:
        return fill_tensor(extents, chart.height, dtype)

    return Feed(
        shape=(len(chart.planes), 2, chart.width), dtype=torch.int16, draw=draw, finish=fill
    )


def _as_they_are(planes: torch.Tensor) -> torch.Tensor:
    return planes
