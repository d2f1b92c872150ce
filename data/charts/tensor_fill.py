"""From column extents to pixels on whatever device the extents lie: a batched tensor compare."""

import torch


def fill_tensor(
    extents: torch.Tensor, height: int, dtype: torch.dtype = torch.uint8
) -> torch.Tensor:
    """Set the pixels `top <= y < bottom` of every column, clear the rest.

    Args:
        extents: (B, C, 2, W) int16, top and bottom of each plane's columns.
        height: H.
        dtype: of the planes.

    Returns:
        (B, C, H, W) zeros and ones, channels last in memory, which is how convolutions on a GPU
        want them.
    """
    tops, bottoms = extents.permute(2, 0, 3, 1).contiguous().unsqueeze(2)  # (B, 1, W, C) each
    rows = torch.arange(height, dtype=extents.dtype, device=extents.device)[:, None, None]
    inside = (tops <= rows) & (rows < bottoms)  # (B, H, W, C)
    return inside.to(dtype).permute(0, 3, 1, 2)
