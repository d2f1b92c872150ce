"""How a sample gets from its set to the model's device."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Draw = Callable[[NDArray[np.int64], NDArray[Any]], object]  # ids (B,), and a buffer to fill


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What is drawn into a host buffer, and how that becomes the model's input on the device.

    Attributes:
        shape: of one sample in the host buffer.
        dtype: of the host buffer.
        draw: `draw(sample_ids, out)` fills (B, *shape); threads call it side by side.
        finish: turns (B, *shape) on the device into what the model reads there.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    draw: Draw
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


def as_they_are(inputs: torch.Tensor) -> torch.Tensor:
    """What needs nothing done to it on the device."""
    return inputs
