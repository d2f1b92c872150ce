"""From column extents to pixels by a tensor compare, on any device; bit for bit `raster.fill`."""

import torch


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
