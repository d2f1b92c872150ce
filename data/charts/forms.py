"""The forms a drawing can take: how a pixel is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts import raster
from quantsig.data.charts.panels.panel import Extents

if TYPE_CHECKING:
    import torch

BF16_ONE = 0x3F80  # the bits of 1.0 in bfloat16


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How pixels are stored, and the kernel that fills them from extents."""

    dtype: type[np.generic]
    fill: Callable[[Extents, int, NDArray[Any]], None]  # extents, height, out
    columns_per_item: int = 1

    def shape(self, samples: int, planes: int, height: int, width: int) -> tuple[int, ...]:
        """Shape of an array that holds so many charts of the given size."""
        return samples, planes, height, -(-width // self.columns_per_item)


def _fill_with(extents: Extents, height: int, out: NDArray[Any], *, ink: int) -> None:
    raster.fill(extents, out, ink)


FORMS: dict[str, Form] = {
    "uint8": Form(dtype=np.uint8, fill=partial(_fill_with, ink=1)),
    "packed": Form(dtype=np.uint8, fill=raster.fill_packed, columns_per_item=8),
    "float32": Form(dtype=np.float32, fill=partial(_fill_with, ink=1)),
    "bf16": Form(dtype=np.uint16, fill=partial(_fill_with, ink=BF16_ONE)),  # numpy has no bfloat16
}


def merge(layers: NDArray[Any], first_layers: Sequence[int], out: NDArray[Any]) -> None:
    """Lay layers over each other: a pixel of a plane is set where one of its layers sets it.

    Args:
        layers: (B, L, ...) of any form.
        first_layers: (C,) the layer at which each plane begins.
        out: (B, C, ...) of the same form, overwritten.
    """
    bits = f"u{layers.itemsize}"  # in every form an empty pixel is all zeros, a set one the ink
    np.bitwise_or.reduceat(layers.view(bits), first_layers, axis=1, out=out.view(bits))


def as_tensor(drawing: NDArray[Any], form: str) -> "torch.Tensor":
    """A drawing as a tensor over the same memory; that of form `bf16` is a bfloat16 tensor."""
    import torch  # noqa: PLC0415 - opening a sample set should not wait for it

    tensor = torch.from_numpy(drawing)
    return tensor.view(torch.bfloat16) if form == "bf16" else tensor
