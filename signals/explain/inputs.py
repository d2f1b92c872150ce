"""What a model is shown of some samples, drawn once, so that parts of it can be exchanged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.charts.draw import column_extents, fill_charts
from quantsig.data.charts.scaled_bars import FIELDS
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.samples.store import SampleSet
from quantsig.signals.models import Reads
from quantsig.signals.scoring.feeds import Feed, as_they_are, filled_feed

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
Draw = Callable[[Integers, NDArray[Any]], None]  # places (B,), and a buffer to fill with them
NO_BAR = -1  # the age of a column that draws none


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldInputs:
    """What a model reads of n samples, in the smallest form that parts can be exchanged in.

    Pictures are held as the extents of their layers' columns, a fraction of their pixels.

    Attributes:
        reads: planes or bars.
        chart: what the samples show.
        values: (n, L, 2, W) extents of layers and columns, or (n, L, W) scaled bars.
        names: (L,) of the layers, such as `candles.wicks@5`, or of the channels, such as `close@5`.
        ages: (L, W) base bars from the decision back to the newest one that is drawn there.
    """

    reads: Reads
    chart: ChartSpec
    values: NDArray[Any]
    names: tuple[str, ...]
    ages: Integers

    def __len__(self) -> int:
        return len(self.values)

    def exchanged(self, mask: Mask, donors: Integers) -> Draw:
        """What draws the samples with a masked part that is that of others.

        Args:
            mask: (L, W) what is exchanged.
            donors: (n,) whose part each sample gets.
        """
        chosen = self.spread(mask)

        def draw(places: Integers, out: NDArray[Any]) -> None:
            np.copyto(out, self.values[places])
            np.copyto(out, self.values[donors[places]], where=chosen)

        return draw

    def spread(self, mask: Mask) -> Mask:
        """A mask (..., L, W) over the axes of `values`."""
        return mask[..., None, :] if self.reads == "planes" else mask

    def feed(self, draw: Draw, device: torch.device) -> Feed:
        """What is drawn in the form of `values`, for a model on a device."""
        if self.reads == "bars":
            shape, dtype = self.values.shape[1:], self.values.dtype
            return Feed(shape=shape, dtype=dtype, draw=draw, finish=as_they_are)
        if device.type == "cuda":
            return filled_feed(self.chart, draw)

        def pixels(places: Integers, out: NDArray[Any]) -> None:
            extents = np.empty((len(places), *self.values.shape[1:]), self.values.dtype)
            draw(places, extents)
            fill_charts(extents, self.chart, out)

        dtype = np.dtype(np.uint8)
        return Feed(shape=self.chart.shape, dtype=dtype, draw=pixels, finish=as_they_are)


def held_inputs(samples: SampleSet, sample_ids: Integers, reads: Reads) -> HeldInputs:
    """Draw what a model reads of some samples.

    Args:
        samples: a set of storage `bars`.
        sample_ids: (n,) which ones.
        reads: planes, or the scaled bars.
    """
    chart = samples.chart
    if reads == "bars":
        values: NDArray[Any] = samples.scaled_bars(sample_ids)
        names = tuple(f"{field}@{frame}" for frame in chart.timeframes for field in FIELDS)
        back = np.arange(chart.bars)[::-1]
    else:
        values = column_extents(samples.matrix, samples.decision_rows[sample_ids], chart)
        names, back = chart.layers, _bars_back(chart)
    multiples = np.array([_multiple(name) for name in names])
    ages = np.where(back == NO_BAR, NO_BAR, back * multiples[:, None])
    return HeldInputs(reads=reads, chart=chart, values=values, names=names, ages=ages)


def _bars_back(chart: ChartSpec) -> Integers:
    """(W,) drawn bars from the newest back to the one that each column of the picture draws."""
    left = chart.width - chart.bars * chart.bar_pixels
    column = np.arange(chart.shape[2]) - chart.pad[1] + chart.crop[1]
    drawn = (column >= max(left, chart.crop[1])) & (column < chart.width - chart.crop[1])
    back = chart.bars - 1 - (column - left) // chart.bar_pixels
    return np.where(drawn, back, NO_BAR)


def _multiple(name: str) -> int:
    """Base bars in a drawn bar of a layer; the calendar draws base bars."""
    return int(name.partition("@")[2] or 1)
