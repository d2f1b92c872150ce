"""From column extents to pixels by a tensor compare, on any device; bit for bit `raster.fill`."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix, column_extents
from quantsig.data.charts.spec import ChartSpec

Tensor = torch.Tensor  # for the annotations of rooms that leave torch alone


def fill(extents: torch.Tensor, out: torch.Tensor) -> None:
    """Set the pixels `top <= y < bottom` of every column to 1, the rest to 0.

    One sample at a time, so that only one sample's comparisons take memory beside `out`.

    Args:
        extents: (B, C, 2, W) int16 top and bottom of each plane's columns, on the device of `out`.
        out: (B, C, H, W) of any number type, overwritten.
    """
    rows = torch.arange(out.shape[2], dtype=extents.dtype, device=out.device)[:, None]  # (H, 1)
    for columns, picture in zip(extents, out, strict=True):
        top, bottom = columns[:, 0, None], columns[:, 1, None]  # (C, 1, W)
        torch.logical_and(top <= rows, rows < bottom, out=picture)


def fill_charts(extents: torch.Tensor, spec: ChartSpec, out: torch.Tensor) -> None:
    """Fill the planes of charts, merged where the spec says so.

    Args:
        extents: (B, L, 2, W) of `spec.layers`, on the device of `out`.
        spec: what they show.
        out: (B, C, H, W) of any number type and memory format, overwritten.
    """
    if spec.merge:
        _fill_merged(extents, spec, out)
    elif out.is_contiguous(memory_format=torch.channels_last):
        # each column of each plane is filled alike, so the axes that lie innermost may change
        # places: neighbours in memory are then written together
        fill(extents.permute(0, 3, 2, 1), out.permute(0, 3, 2, 1))
    else:
        fill(extents, out)


def _fill_merged(extents: torch.Tensor, spec: ChartSpec, out: torch.Tensor) -> None:
    _, layers, _, width = extents.shape
    ends = (*spec.first_layers[1:], layers)
    apart = torch.empty((1, layers, out.shape[2], width), dtype=torch.bool, device=out.device)
    for sample, picture in zip(extents, out, strict=True):
        fill(sample[None], apart)
        for plane, first, end in zip(picture, spec.first_layers, ends, strict=True):
            plane.copy_(apart[0, first:end].any(dim=0))


def copy_onto(pictures: NDArray[Any], out: Tensor) -> Tensor:
    """Copy pictures into a tensor of their shape, on any device and of any number type."""
    return out.copy_(torch.from_numpy(pictures))


def draw_on(
    device: torch.device,
    bars: BarMatrix,
    decision_rows: NDArray[np.int64],
    spec: ChartSpec,
    *,
    out: torch.Tensor | None = None,
    threads: int = 1,
) -> torch.Tensor:
    """Draw charts on a device: only their extents, four bytes a column, cross the bus.

    Args:
        device: where to draw.
        bars, decision_rows, spec: as for `draw.draw`.
        out: (B, C, H, W) on the device, to draw into; made of uint8 when None.
        threads: how many share the extents of the batch.

    Returns:
        (B, C, H, W) zeros and ones.
    """
    if out is None:
        shape = (len(decision_rows), *spec.shape)
        out = torch.empty(shape, dtype=torch.uint8, device=device)
    extents = torch.from_numpy(column_extents(bars, decision_rows, spec, threads=threads))
    fill_charts(extents.to(device), spec, out)
    return out
