"""How a sample gets from its set to the model's device."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.signals.inputs.parts import Inputs, Part, made

Ids = NDArray[np.int64]
Draw = Callable[[Ids, Any], object]  # ids (U,) of units, and a buffer to fill, or one by part
SCORED_AT_ONCE = 64  # units of a scoring batch


class Units(NamedTuple):
    """What is drawn once for several samples, and where each of these finds its output.

    A model gives outputs (U, S, K): those of sample n stand at `[unit[n], slot[n]]`.

    Attributes:
        ids: (U,) the sample that each unit is drawn by, whichever of its samples are asked for.
        unit: (n,) places in `ids`.
        slot: (n,) places inside the unit.
    """

    ids: Ids
    unit: Ids
    slot: Ids

    def between(self, start: int, stop: int) -> tuple["Units", Ids]:
        """Some neighbouring units, and the places of their samples."""
        places = np.flatnonzero((self.unit >= start) & (self.unit < stop))
        found = Units(
            ids=self.ids[start:stop], unit=self.unit[places] - start, slot=self.slot[places]
        )
        return found, places

    def rows(self, outputs: torch.Tensor) -> torch.Tensor:
        """Outputs (U, S, K) to those of the samples, (n, K)."""
        unit, slot = (torch.from_numpy(one).to(outputs.device) for one in (self.unit, self.slot))
        return outputs[unit, slot]


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What is drawn into host buffers, and how that becomes the model's input on the device.

    Attributes:
        parts: of a unit in the host buffer.
        draw: `draw(ids, out)` fills (U, *shape), or a dict of these by the names of the parts;
            threads call it side by side.
        finish: turns the same on the device into what the model reads there.
        units: the units of samples (n,); None: each sample is one, and its outputs are (U, K).
        scored_at_once: units of a scoring batch, always as many.
        sequences: what is drawn (U, ...) to the sequences (b, C, N) that standardisation learns
            from; None: it is these.
    """

    parts: tuple[Part, ...]
    draw: Draw
    finish: Callable[[Any], Inputs]
    units: Callable[[Ids], Units] | None = None
    scored_at_once: int = SCORED_AT_ONCE
    sequences: Callable[[Any], NDArray[Any]] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the first part of a unit."""
        return self.parts[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the first part."""
        return np.dtype(self.parts[0].dtype)

    @property
    def unit_bytes(self) -> int:
        """Bytes of one unit in the host buffers, which are those that cross the bus."""
        return sum(prod(part.shape) * np.dtype(part.dtype).itemsize for part in self.parts)

    def units_of(self, sample_ids: Ids) -> Ids:
        """The ids that samples (n,) are drawn by, each unit once."""
        return sample_ids if self.units is None else self.units(sample_ids).ids

    def buffer(self, units: int, *, pinned: bool) -> Inputs:
        """Host buffers for so many units, on pages that cannot be moved where `pinned`."""

        def made_for(part: Part) -> torch.Tensor:
            shape = (units, *part.shape)
            if not pinned:  # numpy asks for huge pages, which are many times cheaper to touch first
                return torch.from_numpy(np.empty(shape, part.dtype))
            return torch.empty(shape, dtype=torch_type(part), pin_memory=True)

        found: Inputs = made(self.parts, made_for)
        return found


def torch_type(part: Part) -> torch.dtype:
    """The type that torch has for what a part holds."""
    return torch.from_numpy(np.empty(0, part.dtype)).dtype


def of_one_part(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    draw: Draw,
    finish: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> Feed:
    """A feed of one array a sample; see `Feed`."""
    part = Part(shape=shape, dtype=dtype.name)
    return Feed(parts=(part,), draw=draw, finish=finish or as_they_are)


def as_they_are(inputs: Any) -> Any:
    """What needs nothing done to it on the device."""
    return inputs
