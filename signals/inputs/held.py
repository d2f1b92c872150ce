"""What a model is shown of some samples, drawn once, so that parts of it can be exchanged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.charts.spec import ChartSpec
from quantsig.signals.inputs import Reads
from quantsig.signals.inputs.feed import Draw, Feed

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
NO_BAR = -1  # the age of a column that draws none


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldInputs:
    """What a model reads of n samples, in the smallest form that parts can be exchanged in.

    Pictures are held as the extents of their layers' columns, a fraction of their pixels.

    Attributes:
        reads: the kind of input.
        chart: what the samples show.
        values: (n, L, 2, W) extents of layers and columns, or (n, L, W) of sequences.
        names: (L,) of the layers, such as `candles.wicks@5`, or of the channels, such as `close@5`.
        smallest: (L,) the smallest part, a plane or a channel, that each of them belongs to.
        ages: (L, W) base bars from the decision back to the newest one that is drawn there.
        fed: `fed(draw, device)` is the feed of what is drawn in the form of `values`.
    """

    reads: Reads
    chart: ChartSpec
    values: NDArray[Any]
    names: tuple[str, ...]
    smallest: tuple[str, ...]
    ages: Integers
    fed: Callable[[Draw, torch.device], Feed]

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
        for _ in range(self.values.ndim - 3):
            mask = mask[..., None, :]
        return mask


def base_bars(back: Integers, names: tuple[str, ...]) -> Integers:
    """(L, W) ages in base bars of what stands so many drawn bars back (W,), by its timeframe."""
    multiples = np.array([int(name.partition("@")[2] or 1) for name in names])
    return np.where(back == NO_BAR, NO_BAR, back * multiples[:, None])
