"""Pixels as a PNG file."""

import io
from pathlib import Path

from quantsig.data import files
from quantsig.data.charts.layout import Pixels


def write_png(target: Path, pixels: Pixels) -> None:
    """Replace `target` by a PNG of (H, W, 3) red, green, blue, atomically."""
    files.write_bytes(target, as_png(pixels))


def as_png(pixels: Pixels) -> bytes:
    """(H, W, 3) red, green, blue as the bytes of a PNG file."""
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    return content.getvalue()
