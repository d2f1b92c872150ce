"""Pixels as a PNG file."""

import io
from pathlib import Path

from quantsig.data.charts.layout import Pixels
from quantsig.data.storage import atomic


def write_png(target: Path, pixels: Pixels) -> None:
    """Replace `target` by a PNG of (H, W, 3) red, green, blue, atomically."""
    atomic.write_bytes(target, png_bytes(pixels))


def png_bytes(pixels: Pixels) -> bytes:
    """The content of a PNG file of (H, W, 3) red, green, blue."""
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    return content.getvalue()
